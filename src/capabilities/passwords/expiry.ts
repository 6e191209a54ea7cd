import type { Account } from '../accounts/index.ts';
import type { Policy, Spread } from '../tenants/index.ts';

/**
 * What stands in the way of a password that is right:
 * - `temporary`: set by someone else, to be changed (PWD-7)
 * - `expired`: older than the policy lets it be (PWD-5)
 * - `compromised`: someone else may know it (S6)
 */
export type PasswordState = 'missing' | 'temporary' | 'expired' | 'compromised' | 'fine';

const DAY = 86_400;
const SHARES = 0x1_0000_0000;

/** An account's place in a spread, from 0 to below 1: even over accounts, and the same each time it is asked. */
function share(accountId: string): number {
  // FNV-1a, then the finisher of MurmurHash3: ids that differ only at their end lie far apart.
  let hash = 0x811c9dc5;
  for (const character of accountId) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / SHARES;
}

/**
 * The epoch second from which on the password is expired, or null where it never is (PWD-5). In a spread, a password that the
 * change would expire at once has until its account's turn (PWD-16).
 */
export function passwordExpiresAt(
  account: Pick<Account, 'id' | 'password'>,
  policy: Policy,
  spread: Spread | null,
): number | null {
  const days = policy.password.expireAfterDays;
  if (days === null || !account.password) return null;
  const due = account.password.setAt + days * DAY;
  if (!spread) return due;
  return Math.max(due, Math.ceil(spread.from + share(account.id) * spread.days * DAY));
}

/** Whole days left, rounded up, never below 0 (PWD-14). */
export function daysUntil(expiresAt: number, now: number): number {
  return Math.max(0, Math.ceil((expiresAt - now) / DAY));
}

export function passwordState(
  account: Pick<Account, 'id' | 'password'>,
  policy: Policy,
  spread: Spread | null,
  now: number,
): PasswordState {
  const { password } = account;
  if (!password) return 'missing';
  if (password.temporary) return 'temporary';
  if (password.compromisedAt !== undefined) return 'compromised';
  const expiresAt = passwordExpiresAt(account, policy, spread);
  return expiresAt !== null && now >= expiresAt ? 'expired' : 'fine';
}

/** The days left where a sign-in should say so, or undefined (PWD-14). */
export function daysToWarnOf(
  account: Pick<Account, 'id' | 'password'>,
  policy: Policy,
  spread: Spread | null,
  now: number,
): number | undefined {
  const expiresAt = passwordExpiresAt(account, policy, spread);
  if (expiresAt === null || expiresAt <= now) return undefined;
  return expiresAt - now <= policy.password.warnDays * DAY ? daysUntil(expiresAt, now) : undefined;
}
