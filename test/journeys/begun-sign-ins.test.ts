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
const begun = async (browser: Browser) =>
  (await kept(browser)).filter((key) => key.startsWith('sallyport_begun_'));
const of = (names: string[], name: string) => names.filter((key) => key === name).length;

describe('cookies of begun sign-ins', () => {
  test('SES-1 a browser that reloads for ever keeps five of them, and the newest still signs in', async () => {
    const { begin, browser, typePassword, relying, account } = await story(server);
    const lengths: number[] = [];
    for (let i = 0; i < 200; i++) {
      await begin();
      lengths.push((await browser.jar.getCookieString(`${server.issuer}/oauth2/authorize`)).length);
    }
    expect(of(await kept(browser), 'sallyport_interaction')).toBe(5);
    expect(of(await kept(browser), 'sallyport_resume')).toBe(5);
    expect(await begun(browser)).toHaveLength(5);
    expect(Math.max(...lengths)).toBeLessThan(450);
    expect((await relying.exchange((await typePassword()).url)).claims()?.sub).toBe(account.id);
    expect(of(await kept(browser), 'sallyport_interaction')).toBe(4);
    expect(of(await kept(browser), 'sallyport_session')).toBe(1);
  });

  test('SES-1 reloading evicts neither the session nor the mark of a known browser', async () => {
    const { begin, browser, typePassword } = await story(server);
    await begin();
    await typePassword();
    const before = await kept(browser);
    for (let i = 0; i < 100; i++) await begin({ prompt: 'login' });
    const after = await kept(browser);
    for (const name of before) expect(after).toContain(name);
    expect(after.length - before.length).toBeLessThanOrEqual(5 * 5 + 1);
  });

  test('SES-1 those that begin at one moment are all listed, and gone after a few more', async () => {
    const { begin, browser } = await story(server);
    await Promise.all(Array.from({ length: 12 }, () => begin()));
    const started = of(await kept(browser), 'sallyport_interaction');
    expect(await begun(browser)).toHaveLength(started);
    for (let i = 0; i < 8; i++) await begin();
    expect(of(await kept(browser), 'sallyport_interaction')).toBe(5);
    expect(of(await kept(browser), 'sallyport_resume')).toBe(5);
    expect(await begun(browser)).toHaveLength(5);
  });

  test('SES-1 an answer expires two of many at most, so that its headers stay small for a proxy', async () => {
    const { relying } = await story(server);
    const many = Array.from({ length: 100 }, (_, i) => `sallyport_begun_${String(i).padStart(43, 'x')}=${i}`);
    const { headers } = await fetch(await relying.request(), {
      redirect: 'manual',
      headers: { cookie: many.join('; ') },
    });
    expect([...headers].join('\r\n').length).toBeLessThan(4_000);
    const gone = headers.getSetCookie().filter((line) => line.startsWith('sallyport_begun_x'));
    expect(gone.map((line) => /x(\d+)=/.exec(line)?.[1])).toEqual(['0', '1']);
  });

  test.each([
    'a=b',
    '..%2f..=1',
    `${'x'.repeat(65)}=1`,
    'xxxxxxxxxxxx',
    'xxxxxxxxxxxx=-1',
    'xxxxxxxxxxxx=1=2x',
    '=1',
  ])('SEC-3 a made-up cookie is not taken for a begun sign-in: sallyport_begun_%s', async (rest) => {
    const { relying } = await story(server);
    const six = Array.from({ length: 6 }, () => `sallyport_begun_${rest}`).join('; ');
    const answer = await fetch(await relying.request(), { redirect: 'manual', headers: { cookie: six } });
    expect(answer.status).toBe(303);
    expect(answer.headers.getSetCookie().join()).not.toContain('1970');
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
