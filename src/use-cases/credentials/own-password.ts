import type { Account } from '../../capabilities/accounts/index.ts';
import { type KeptSession, keptTogether, type Sessions } from '../../capabilities/credential-events/index.ts';
import { type GuessParts, guess, withStrangersAdmitted } from '../../capabilities/lockout/index.ts';
import type { Mail } from '../../capabilities/mail/index.ts';
import {
  MAX_PASSWORD_LENGTH,
  type Passwords,
  type StrengthProblem,
} from '../../capabilities/passwords/index.ts';
import { mustHaveFactor, type TrustedBrowsers } from '../../capabilities/second-factor/index.ts';
import type { Claimant } from './claimant.ts';

/** Why a new password is not taken; every broken rule at once (PWD-8). */
export interface Refusal {
  notice: 'passwords-differ' | 'new-password-refused';
  problems: StrengthProblem[];
}

export interface Change {
  newPassword: string;
  /** Whether what was proved still holds for the document that is replaced. */
  isStillProved(current: Account): boolean;
  /** `reset`: under a mailed link, which admits strangers again (S23). */
  kind: 'changed' | 'reset';
  keepAttempt?: string;
  keepSession?: KeptSession;
}

export interface OwnPassword {
  /** The current password, reserved before it is checked. */
  tryCurrent(claimant: Claimant, typed: string): Promise<boolean>;
  judge(claimant: Claimant, newPassword: string, again: string): Promise<Refusal | undefined>;
  /**
   * The new password and the new epoch in one step, the record of it, and a mail to the person.
   * @returns undefined when the proof no longer held
   */
  set(claimant: Claimant, change: Change): Promise<Account | undefined>;
}

export interface OwnPasswordParts extends GuessParts {
  passwords: Passwords;
  trustedBrowsers: TrustedBrowsers;
  sessions: Sessions;
  mail: Mail;
}

export function createOwnPassword(parts: OwnPasswordParts): OwnPassword {
  const { passwords, trustedBrowsers, sessions, audit, mail } = parts;

  return {
    async tryCurrent({ account, tenant, browser, where }, typed) {
      if ([...typed].length > MAX_PASSWORD_LENGTH) return false;
      return guess(parts, {
        subject: { account, browser },
        policy: tenant.policy,
        kind: 'password',
        factor: 'password',
        where,
        check: async () => ({
          wrong: (await passwords.verify(account, typed)) === 'right' ? undefined : 'wrong current password',
        }),
      });
    },

    async judge({ account, tenant }, newPassword, again) {
      if (newPassword !== again) return { notice: 'passwords-differ', problems: [] };
      const problems = await passwords.problems({
        account,
        password: newPassword,
        policy: tenant.policy,
        person: { ...account, clientCode: tenant.clientCode },
        hasFactor: mustHaveFactor(account, tenant.policy),
      });
      return problems.length > 0 ? { notice: 'new-password-refused', problems } : undefined;
    },

    async set(claimant, { newPassword, isStillProved, kind, keepAttempt, keepSession }) {
      const { account, tenant, where } = claimant;
      const made = await passwords.make(newPassword, tenant.policy, false);
      const admit = kind === 'reset' ? withStrangersAdmitted : (one: Account) => one;
      const { address = '', browser = '' } = where;
      const trust = trustedBrowsers.keeping(claimant.trustToken, claimant);
      const session = keptTogether([keepSession, trust]);
      const attempt = keepAttempt === undefined ? {} : { attempt: keepAttempt };
      const event = await sessions.credentialEvent({
        accountId: account.id,
        kind: `password-${kind}`,
        change: (current) =>
          isStillProved(current) ? admit(passwords.withPassword(current, made)) : undefined,
        context: { actor: account.id, address, browser },
        ...(kind === 'changed' ? { keep: { member: claimant, session, ...attempt } } : {}),
      });
      if (!event) return undefined;
      const { account: changed } = event;
      await audit.write({ ...where, type: `password.${kind}`, outcome: 'success', actor: account.id });
      await mail.notify(changed, 'changed');
      return changed;
    },
  };
}
