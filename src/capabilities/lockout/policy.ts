import type { AttemptRule, Pace } from '../../foundation/stores/index.ts';
import type { Account, Population } from '../accounts/index.ts';
import type { Policy } from '../tenants/index.ts';

/** What was tried: each kind has its counter, and clearing one never clears the other (LCK-2). */
export type GuessKind = 'password' | 'second-factor';

/** Whose try it was: a browser that finished a sign-in of this account before, or any other (LCK-7). */
export type BrowserClass = 'known' | 'stranger';

/** How long a counter is kept after the last try: for names that do not exist, as long as their "lock" lasts (LCK-4). */
export const SHADOW_SECONDS = 30 * 86_400;

/** The limit of an account: the Nth failure in a row locks (LCK-1 to LCK-3). */
export function limitFor(kind: GuessKind, population: Population, policy: Policy): number {
  return kind === 'second-factor' ? policy.lockout.secondFactor : policy.lockout[population];
}

/** The waits between tries, where the tenant has them (LCK-7, MFA-12). */
export function paceFor(kind: GuessKind, policy: Policy): Pace | undefined {
  const { waitFrom, waitSeconds, waitGrowth } = kind === 'password' ? policy.lockout : policy.secondFactor;
  return waitFrom === null ? undefined : { from: waitFrom, seconds: waitSeconds, growth: waitGrowth };
}

export function ruleFor(kind: GuessKind, population: Population, policy: Policy): AttemptRule {
  return { limit: limitFor(kind, population, policy), pace: paceFor(kind, policy) };
}

/**
 * The counter of an account. The rounds are part of it: an unlock raises the one, a completed reset the other, so that every
 * older counter and lease is dead at once, whichever process holds it (P14). Codes are counted by round of the second factor:
 * a reset clears their count, and no lock (MFA-7). Strangers have a counter of their own only where budgets are split.
 */
export function counterKey(
  account: Pick<Account, 'id' | 'lockRound' | 'strangersRound' | 'secondFactor'>,
  kind: GuessKind,
  isStranger: boolean,
): string {
  const whose = isStranger ? `strangers:${account.strangersRound}:` : '';
  const round = kind === 'second-factor' ? `:${account.secondFactor.round}` : '';
  return `account:${account.id}:${account.lockRound}:${whose}${kind}${round}`;
}

/** Whether these failures are as many as the limit allows. */
export function isFull(failures: number, limit: number): boolean {
  return failures >= limit;
}
