import type { WebContext } from '../web/index.ts';

const YEAR_MS = 365 * 86_400_000;

/** What a browser carries that has finished a sign-in: a value that says nothing, and opens nothing (LCK-7). */
export function createBrowserMark(issuer: string) {
  const isHttps = issuer.startsWith('https:');
  const name = `${isHttps ? '__Host-' : ''}sallyport_browser`;
  return {
    read: (ctx: WebContext): string | undefined => ctx.cookies.get(name, { signed: false }),
    set(ctx: WebContext, mark: string): void {
      ctx.cookies.set(name, mark, {
        httpOnly: true,
        sameSite: 'lax',
        secure: isHttps,
        signed: false,
        maxAge: YEAR_MS,
        overwrite: true,
      });
    },
  };
}

export type BrowserMark = ReturnType<typeof createBrowserMark>;
