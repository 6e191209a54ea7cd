import { describe, expect, test } from '@jest/globals';
import { errorOf } from '../support/application.ts';
import type { Browser } from '../support/browser.ts';
import { PASSWORD } from '../support/site.ts';
import { story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';
import { nowSeconds } from '../support/time.ts';

const server = serverForAll();

/** The names of the cookies that a browser keeps: the jar of the tests keeps expired ones too. */
async function kept({ jar }: Browser): Promise<string[]> {
  const isAlive = (expires: unknown) =>
    !expires || expires === 'Infinity' || Date.parse(String(expires)) / 1_000 > nowSeconds();
  return (await jar.serialize()).cookies
    .filter(({ expires }) => isAlive(expires))
    .map(({ key }) => String(key));
}
const of = (names: string[], name: string) => names.filter((key) => key === name).length;

describe('cookies of begun sign-ins', () => {
  test('SES-1 a browser that reloads for ever keeps five of them, and the newest still signs in', async () => {
    const { begin, browser, typePassword, relying, account } = await story(server);
    for (let i = 0; i < 30; i++) await begin();
    expect(of(await kept(browser), 'sallyport_interaction')).toBe(5);
    expect(of(await kept(browser), 'sallyport_resume')).toBe(5);
    expect((await browser.jar.getCookieString(`${server.issuer}/oauth2/authorize`)).length).toBeLessThan(300);
    expect((await relying.exchange((await typePassword()).url)).claims()?.sub).toBe(account.id);
    expect(of(await kept(browser), 'sallyport_interaction')).toBe(4);
    expect(of(await kept(browser), 'sallyport_session')).toBe(1);
  });

  test('SES-1 the last sign-in leaves none', async () => {
    const { begin, browser, typePassword } = await story(server);
    await begin();
    await typePassword();
    expect((await kept(browser)).filter((key) => /interaction|resume|begun/.test(key))).toEqual([]);
  });
});

describe('prompt', () => {
  test('SGN-3 select_account shows the sign-in page to a person with a session, who may be another', async () => {
    const { begin, browser, typePassword, tenant, relying } = await story(server);
    await begin({ prompt: 'select_account' });
    await relying.exchange((await typePassword()).url);
    const other = await server.account(tenant);
    expect((await begin({ prompt: 'select_account' })).step).toBe('password');
    await typePassword(PASSWORD, other.userName);
    if (!browser.page.url.includes('code=')) await browser.submit({});
    expect((await relying.exchange(browser.page.url)).claims()?.sub).toBe(other.id);
  });

  test.each(['create', 'unknown', 'none login', 'none select_account', 'login unknown'])(
    'SGN-3 prompt=%s answers invalid_request',
    async (prompt) => {
      const { begin } = await story(server);
      expect(errorOf((await begin({ prompt })).url)).toBe('invalid_request');
    },
  );
});
