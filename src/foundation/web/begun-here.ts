import { fingerprint, newSecret, sameSecret } from '../base/index.ts';
import type { BrowserCookies } from './browser-cookies.ts';
import type { WebContext } from './edge.ts';

interface Parts {
  cookies: Pick<BrowserCookies, 'begun'>;
}

/**
 * The mark of this browser, under which it keeps what it begins: set-ups, codes that are to be read, a code given under a link. It
 * is set with the page of the form, as of two posts at once the browser may see only the answer to the second.
 */
export function markHere({ cookies }: Parts, ctx: WebContext): string {
  const value = cookies.begun.read(ctx) ?? newSecret();
  cookies.begun.set(ctx, value);
  return fingerprint(value);
}

/** Whether this very browser began it: a copied session cookie, or a link read by another, comes without the mark. */
export function isBegunHere({ cookies }: Parts, ctx: WebContext, mark: string | undefined): boolean {
  const value = cookies.begun.read(ctx);
  return value !== undefined && mark !== undefined && sameSecret(mark, fingerprint(value));
}
