import type { Clock } from '../../foundation/base/index.ts';
import type { Account, PasswordRecord } from '../accounts/index.ts';
import type { Policy } from '../tenants/index.ts';
import { holdsPersonalData, isBlocked, type PersonalData } from './guessable.ts';
import type { Hasher } from './hasher.ts';
import { canonicalPassword, type StrengthProblem, strengthProblems } from './strength.ts';

/** `temporary-expired`: it would be right, but no one used it in time (PWD-7). Strangers learn `right` or not. */
export type PasswordVerdict = 'right' | 'wrong' | 'temporary-expired';

/** What a new password is held against. */
export interface NewPassword {
  password: string;
  policy: Policy;
  /** Whose it is. */
  person: PersonalData;
  /** With what was used before; undefined for an account that is being made. */
  account?: Account | undefined;
  /** The account has, or must set up before its first session, a second factor. */
  hasFactor: boolean;
}

export interface Passwords {
  /** A missing account, a missing password and a dead temporary one cost the same as a wrong one. */
  verify(account: Account | undefined, password: string): Promise<PasswordVerdict>;
  /**
   * Every rule that a new password breaks, history included; one that someone else chose is held to them too (PWD-4,
   * PWD-8).
   */
  problems(candidate: NewPassword): Promise<StrengthProblem[]>;
  /** Hashes a password that was found acceptable. `temporary`: set by someone else under PWD-7. */
  make(password: string, policy: Policy, temporary: boolean): Promise<PasswordRecord>;
  /** The account with the new password, the former one in its history, and no link left that would set another. */
  withPassword(account: Account, password: PasswordRecord): Account;
  /** A better hash of the password just verified, or undefined when today's parameters made it. */
  rehash(account: Account, password: string): Promise<PasswordRecord | undefined>;
}

/** As many as the longest history compares with, so that a raised count acts at once (PWD-4). */
const HASHES_KEPT = 25;

export function createPasswords({ hasher, clock }: { hasher: Hasher; clock: Clock }): Passwords {
  const isReused = (account: Account, password: string, historyCount: number) => {
    const current = account.password ? [account.password.hash] : [];
    return hasher.verifyAny([...current, ...account.history].slice(0, historyCount), password);
  };
  return {
    async verify(account, password) {
      const typed = canonicalPassword(password);
      const known = account?.password;
      const isRight = known ? await hasher.verify(known.hash, typed) : await hasher.verifyNothing(typed);
      if (!isRight || !known) return 'wrong';
      const isDead = known.temporary !== null && clock.now() >= known.temporary.expiresAt;
      return isDead ? 'temporary-expired' : 'right';
    },
    async problems({ password, policy, person, account, hasFactor }) {
      const { strength, minLength, historyCount, personalData } = policy.password;
      const problems = strengthProblems(password, { strength, minLength, hasFactor });
      if (problems.some(({ rule }) => rule === 'too-long')) return problems;
      const typed = canonicalPassword(password);
      if (await isBlocked(typed, policy)) problems.push({ rule: 'blocked' });
      if (personalData && holdsPersonalData(typed, person)) problems.push({ rule: 'personal' });
      if (account && (await isReused(account, typed, historyCount)))
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
      return { ...account, password, link: null, history: former.slice(0, HASHES_KEPT - 1) };
    },
    async rehash(account, password) {
      if (!account.password || !hasher.isOutdated(account.password.hash)) return undefined;
      return { ...account.password, hash: await hasher.hash(canonicalPassword(password)) };
    },
  };
}
