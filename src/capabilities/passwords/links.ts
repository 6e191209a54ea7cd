import { fingerprint, newSecret, sameSecret } from '../../foundation/base/index.ts';
import type { Account, PasswordLink } from '../accounts/index.ts';

/** How long a link lives: 30 minutes for one that was asked for, 72 hours for one that an administrator sent (S41). */
export const LINK_SECONDS = { reset: 1_800, 'set-password': 72 * 3_600 } as const;

/** Names the account, so that it is found without a search; the secret behind it is what counts. */
const TOKEN = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.([A-Za-z0-9_-]{43})$/;

/** @returns the link to keep with the account, and the token that is mailed and kept nowhere */
export function newLink(
  accountId: string,
  purpose: PasswordLink['purpose'],
  now: number,
): { token: string; link: PasswordLink } {
  const secret = newSecret();
  const link = { hash: fingerprint(secret), purpose, expiresAt: now + LINK_SECONDS[purpose] };
  return { token: `${accountId}.${secret}`, link };
}

/** Asked for by the person, a link keeps the time that an administrator gave the one before it (PWD-15). */
export function renewedLink(
  accountId: string,
  before: PasswordLink | null,
  now: number,
): { token: string; link: PasswordLink } {
  const isInvited = before?.purpose === 'set-password' && now < before.expiresAt;
  const { token, link } = newLink(accountId, 'reset', now);
  if (!isInvited) return { token, link };
  const expiresAt = Math.max(link.expiresAt, before.expiresAt);
  return { token, link: { ...link, purpose: before.purpose, expiresAt } };
}

/** @returns the account that a token names, or undefined for what was never one */
export function accountOfToken(token: string): string | undefined {
  return TOKEN.exec(token)?.[1];
}

/** Whether the token is the one live link of the account. */
export function isLiveLink(account: Account, token: string, now: number): boolean {
  const secret = TOKEN.exec(token)?.[2];
  if (!account.link || secret === undefined || accountOfToken(token) !== account.id) return false;
  return now < account.link.expiresAt && sameSecret(account.link.hash, fingerprint(secret));
}
