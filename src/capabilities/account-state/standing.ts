// How an account stands: the facts that several rooms know of it, as reasons of the one table (PWD-17).
import type { Clock } from '../../foundation/base/index.ts';
import type { Account } from '../accounts/index.ts';
import type { Member } from '../credential-events/index.ts';
import type { Policy, Spread, Tenant } from '../tenants/index.ts';
import {
  endsApiSession,
  endsRunningSession,
  type Facts,
  type FirstProof,
  type Reason,
  reasonsFor,
  reasonsFrom,
} from './reasons.ts';

/** The rules of other rooms that say how an account stands. */
export interface StandingRules {
  passwordState(account: Account, policy: Policy, spread: Spread | null, now: number): Facts['password'];
  passwordExpiresAt(account: Account, policy: Policy, spread: Spread | null): number | null;
  daysUntil(at: number, now: number): number;
  daysToWarnOf(account: Account, policy: Policy, spread: Spread | null, now: number): number | undefined;
  mustHaveFactor(account: Account, policy: Policy): boolean;
  mayUseSessionApi(member: Member): boolean;
}

export interface Standings {
  /** Every reason for which a fresh sign-in of the account is refused or asks for more. */
  reasons(member: Member): Reason[];
  /** Whether sessions and tokens of the account may be used that began with this proof. */
  isUsable(member: Member, first: FirstProof): boolean;
  /** Whether sessions of programs of the account may be used at all (API-6, API-7). */
  isApiUsable(member: Member): boolean;
  /** Days until the password expires, where it does. */
  daysUntilPasswordExpires(member: Member): number | undefined;
  /** Days until the password expires, where a sign-in should warn (PWD-14). */
  daysToWarn(member: Member): number | undefined;
}

type Rules = Pick<Tenant, 'policy' | 'spread'>;

export function createStandings({ clock, rules }: { clock: Clock; rules: StandingRules }): Standings {
  const reasonsAt = (account: Account, { policy, spread }: Rules, now: number): Reason[] =>
    reasonsFrom({
      isDisabled: account.status !== 'enabled',
      isLocked: account.lock !== null,
      password: rules.passwordState(account, policy, spread, now),
      owesFactor: account.secondFactor.status !== 'active' && rules.mustHaveFactor(account, policy),
    });

  return {
    reasons: ({ account, tenant }) => reasonsAt(account, tenant, clock.now()),
    isUsable: ({ account, tenant }, first) => {
      const now = clock.now();
      const { deadline } = tenant;
      const duesPast = deadline && now >= deadline.at ? reasonsAt(account, deadline, deadline.at) : [];
      return !endsRunningSession(reasonsFor(first, reasonsAt(account, tenant, now)), duesPast);
    },
    isApiUsable: (member) =>
      rules.mayUseSessionApi(member) &&
      !endsApiSession(reasonsAt(member.account, member.tenant, clock.now())),
    daysUntilPasswordExpires: ({ account, tenant }) => {
      const expiresAt = rules.passwordExpiresAt(account, tenant.policy, tenant.spread);
      return expiresAt === null ? undefined : rules.daysUntil(expiresAt, clock.now());
    },
    daysToWarn: ({ account, tenant }) =>
      rules.daysToWarnOf(account, tenant.policy, tenant.spread, clock.now()),
  };
}
