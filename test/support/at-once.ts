import type { StartedApp } from './app.ts';
import { basic } from './application.ts';
import type { Browser, Shown } from './browser.ts';

/** The same work so many times at once. */
export const times = <T>(n: number, work: (i: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: n }, (_, i) => work(i)));

export interface TokenAnswer {
  status: number;
  body: { access_token?: string; refresh_token?: string; error?: string };
}

/** Asks the token endpoint as this application. */
export async function askForToken(
  { issuer }: StartedApp,
  application: { id: string; secret: string },
  body: Record<string, string>,
): Promise<TokenAnswer> {
  const response = await fetch(`${issuer}/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams(body),
    headers: { authorization: basic(application.id, application.secret) },
  });
  return { status: response.status, body: (await response.json()) as TokenAnswer['body'] };
}

/** Posts one form at once from as many requests of one browser as asked. */
export async function storm(
  browser: Browser,
  page: Shown,
  action: string,
  fields: (i: number) => Record<string, string>,
  n: number,
) {
  const cookie = await browser.jar.getCookieString(page.url);
  return times(n, async (i) => {
    const response = await fetch(`${page.url}/${action}`, {
      method: 'POST',
      body: new URLSearchParams(fields(i)),
      headers: { cookie, origin: browser.origin, 'content-type': 'application/x-www-form-urlencoded' },
      redirect: 'manual',
    });
    return { status: response.status, location: response.headers.get('location') ?? '' };
  });
}

/**
 * Holds requests at the moment at which they have read an account and decide what to do with it; the gate opens when as
 * many have come as are meant to run together, or by hand.
 */
export function gate(server: StartedApp, meant: number, verb: 'byId' | 'identified' = 'byId') {
  const accounts = server.core.accounts as unknown as Record<
    string,
    (...args: unknown[]) => Promise<unknown>
  >;
  const read = accounts[verb];
  if (!read) throw new Error(verb);
  const opened = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  let held = 0;
  accounts[verb] = async (...args) => {
    const found = await read(...args);
    held += 1;
    const isHeld = held <= meant;
    if (held === meant) arrived.resolve();
    if (isHeld) await opened.promise;
    return found;
  };
  return {
    arrived: arrived.promise,
    open: () => {
      opened.resolve();
      accounts[verb] = read;
    },
  };
}
