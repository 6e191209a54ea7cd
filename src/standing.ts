// How an account stands: the facts that several rooms know of it, as reasons of the one table (PWD-17).
import { type Account, may } from './accounts/index.ts';
import type { Clock } from './base/index.ts';
import { daysToWarnOf, daysUntil, passwordExpiresAt, passwordState } from './passwords/index.ts';
import { mustHaveFactor } from './second-factor/index.ts';
import { endsApiSession, endsRunningSession, type Reason, reasonsFrom } from './sessions/index.ts';
import type { Tenant } from './tenants/index.ts';

export interface Standings {
  /** Every reason for which a fresh sign-in of the account is refused or asks for more. */
  reasons(account: Account, tenant: Tenant): Reason[];
  /** Whether sessions and tokens of the account may be used at all. */
  isUsable(account: Account, tenant: Tenant): boolean;
  /** Whether sessions of programs of the account may be used at all (API-6, API-7). */
  isApiUsable(account: Account, tenant: Tenant): boolean;
  /** Days until the password expires, where it does. */
  daysUntilPasswordExpires(account: Account, tenant: Tenant): number | undefined;
  /** Days until the password expires, where a sign-in should warn (PWD-14). */
  daysToWarn(account: Account, tenant: Tenant): number | undefined;
}

type Rules = Pick<Tenant, 'policy' | 'spread'>;

function reasonsAt(account: Account, { policy, spread }: Rules, now: number): Reason[] {
  return reasonsFrom({
    isDisabled: account.status !== 'enabled',
    isLocked: account.lock !== null,
    password: passwordState(account, policy, spread, now),
    owesFactor: account.secondFactor.status !== 'active' && mustHaveFactor(account, policy),
  });
}

export function createStandings(clock: Clock): Standings {
  return {
    reasons: (account, tenant) => reasonsAt(account, tenant, clock.now()),
    isUsable: (account, tenant) => {
      const now = clock.now();
      const { deadline } = tenant;
      const duesPast = deadline && now >= deadline.at ? reasonsAt(account, deadline, deadline.at) : [];
      return !endsRunningSession(reasonsAt(account, tenant, now), duesPast);
    },
    isApiUsable: (account, tenant) =>
      may(account, tenant, 'use-session-api') && !endsApiSession(reasonsAt(account, tenant, clock.now())),
    daysUntilPasswordExpires: (account, { policy, spread }) => {
      const expiresAt = passwordExpiresAt(account, policy, spread);
      return expiresAt === null ? undefined : daysUntil(expiresAt, clock.now());
    },
    daysToWarn: (account, { policy, spread }) => daysToWarnOf(account, policy, spread, clock.now()),
  };
}
