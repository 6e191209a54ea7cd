import type { Account, PasswordRecord } from '../accounts/index.ts';
import type { Clock } from '../base/index.ts';
import type { Policy } from '../tenants/index.ts';
import type { Hasher } from './hasher.ts';
import { canonicalPassword, type StrengthProblem, strengthProblems } from './strength.ts';

export interface Passwords {
  /** @returns `right` or `wrong`; a missing account, a missing password and a dead temporary one cost the same and are wrong */
  verify(account: Account | undefined, password: string): Promise<'right' | 'wrong'>;
  /** Every rule that a new password breaks, history included; somebody else's choice is held to them too (PWD-4). */
  problems(
    account: Account | undefined,
    password: string,
    policy: Policy,
    hasFactor: boolean,
  ): Promise<StrengthProblem[]>;
  /** Hashes a password that was found acceptable. `temporary`: set by somebody else under PWD-7. */
  make(password: string, policy: Policy, temporary: boolean): Promise<PasswordRecord>;
  /** The account with the new password, the former one in its history. */
  withPassword(account: Account, password: PasswordRecord): Account;
  /** A better hash of the password just verified, or undefined when today's parameters made it. */
  rehash(account: Account, password: string): Promise<PasswordRecord | undefined>;
}

/** As many as the longest history compares with, so that a raised count acts at once (PWD-4). */
const HASHES_KEPT = 25;

/** A temporary password that nobody used in time answers as a wrong one (PWD-7). */
function passwordIsUsable(account: Account, now: number): boolean {
  const { password } = account;
  return password !== null && (password.temporary === null || now < password.temporary.expiresAt);
}

export function createPasswords({ hasher, clock }: { hasher: Hasher; clock: Clock }): Passwords {
  const isReused = async (account: Account, password: string, historyCount: number) => {
    const hashes = [...(account.password ? [account.password.hash] : []), ...account.history].slice(
      0,
      historyCount,
    );
    for (const hash of hashes) if (await hasher.verify(hash, password)) return true;
    return false;
  };
  return {
    async verify(account, password) {
      const typed = canonicalPassword(password);
      const known =
        account?.password && passwordIsUsable(account, clock.now()) ? account.password : undefined;
      const isRight = known ? await hasher.verify(known.hash, typed) : await hasher.verifyNothing(typed);
      return isRight ? 'right' : 'wrong';
    },
    async problems(account, password, policy, hasFactor) {
      const { strength, minLength, historyCount } = policy.password;
      const problems = strengthProblems(password, { strength, minLength, hasFactor });
      if (problems.some(({ rule }) => rule === 'too-long')) return problems;
      if (account && (await isReused(account, canonicalPassword(password), historyCount)))
        problems.push({ rule: 'reused', historyCount });
      return problems;
    },
    async make(password, policy, temporary) {
      const now = clock.now();
      const expiresAt = now + policy.password.temporaryLifetimeHours * 3_600;
      return {
        hash: await hasher.hash(canonicalPassword(password)),
        setAt: now,
        temporary: temporary ? { expiresAt } : null,
      };
    },
    withPassword(account, password) {
      const former = account.password ? [account.password.hash, ...account.history] : account.history;
      return { ...account, password, history: former.slice(0, HASHES_KEPT - 1) };
    },
    async rehash(account, password) {
      if (!account.password || !hasher.isOutdated(account.password.hash)) return undefined;
      return { ...account.password, hash: await hasher.hash(canonicalPassword(password)) };
    },
  };
}
