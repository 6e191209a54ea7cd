import type { Account, Population } from '../accounts/index.ts';
import type { Policy } from '../tenants/index.ts';

/** What was tried: each kind has its counter, and clearing one never clears the other (LCK-2). */
export type AttemptKind = 'password' | 'second-factor';

/** How long a counter is kept after the last try: for names that do not exist, as long as their "lock" lasts (LCK-4). */
export const SHADOW_SECONDS = 30 * 86_400;

/** The limit of an account: the Nth failure in a row locks (LCK-1 to LCK-3). */
export function limitFor(kind: AttemptKind, population: Population, policy: Policy): number {
  return kind === 'second-factor' ? policy.lockout.secondFactor : policy.lockout[population];
}

/**
 * The counter of an account. The round is part of it: an unlock raises the round, so that every older counter and lease is
 * dead at once, whichever process holds it (P14).
 */
export function counterKey(account: Pick<Account, 'id' | 'lockRound'>, kind: AttemptKind): string {
  return `account:${account.id}:${account.lockRound}:${kind}`;
}

/** Whether these failures are as many as the limit allows. */
export function isFull(failures: number, limit: number): boolean {
  return failures >= limit;
}
