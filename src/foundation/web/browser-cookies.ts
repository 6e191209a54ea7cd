import type { WebContext } from './edge.ts';

const DAY_MS = 86_400_000;

/** A value that a browser keeps for long. It says nothing by itself: what it means is kept here, under hashes. */
interface BrowserCookie {
  read(ctx: WebContext): string | undefined;
  set(ctx: WebContext, value: string): void;
}

/** @param name without the prefix that an https issuer gives it */
function createBrowserCookie(issuer: string, name: string, days: number): BrowserCookie {
  const isHttps = issuer.startsWith('https:');
  const full = `${isHttps ? '__Host-' : ''}${name}`;
  return {
    read: (ctx) => ctx.cookies.get(full, { signed: false }),
    set(ctx, value) {
      ctx.cookies.set(full, value, {
        httpOnly: true,
        sameSite: 'lax',
        secure: isHttps,
        signed: false,
        maxAge: days * DAY_MS,
        overwrite: true,
      });
    },
  };
}

/** The four that there are (interface: Cookies). */
export interface BrowserCookies {
  /** A browser that finished a sign-in: a budget of its own (LCK-7). */
  mark: BrowserCookie;
  /** A browser that need not give the code for some days (MFA-13). */
  trust: BrowserCookie;
  /** A passkey was used here: the first page offers to sign in with one. */
  passkey: BrowserCookie;
  /** The browser that begins something on a person's own pages: a copied session cookie does not end it (S33). */
  begun: BrowserCookie;
}

export function createBrowserCookies(issuer: string): BrowserCookies {
  return {
    mark: createBrowserCookie(issuer, 'sallyport_browser', 365),
    trust: createBrowserCookie(issuer, 'sallyport_trust', 90),
    passkey: createBrowserCookie(issuer, 'sallyport_passkey', 365),
    begun: createBrowserCookie(issuer, 'sallyport_set_up', 1),
  };
}
