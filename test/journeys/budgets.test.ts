import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Policy } from '../../src/capabilities/tenants/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer, passwordLink } from '../support/administration.ts';
import { isIn, PASSWORD, SECRET, type StartedApp, startApp } from '../support/app.ts';
import { Browser } from '../support/browser.ts';
import { policyWith } from '../support/policies.ts';
import { type Story, story } from '../support/story.ts';
import { clockForEach } from '../support/suite.ts';
import { nowSeconds } from '../support/time.ts';

const WRONG = 'wrong 123456';

let server: StartedApp;
const time = clockForEach();
beforeAll(async () => {
  // A proxy of our own, so that a test may come from any address.
  server = await startApp({ SALLYPORT_TRUSTED_PROXIES: '127.0.0.0/8,::1/128' });
});
afterAll(() => server.close());

const lockout = (values: Partial<Policy['lockout']>) => policyWith({ lockout: { ...values } });

/** The same person at another browser. */
async function elsewhere(tale: Story): Promise<Story> {
  const browser = new Browser(server.issuer);
  return {
    ...tale,
    browser,
    begin: async (extra = {}) => browser.open(await tale.relying.request(extra)),
    typePassword: (password = PASSWORD, userName = tale.account.userName) =>
      browser.submit({ clientCode: tale.tenant.clientCode, userName, password }, '/password'),
  };
}

describe('S23 D6 split budgets', () => {
  const split = lockout({ splitBudgets: true });

  test('strangers close only their own door: a browser that signed in before is let in', async () => {
    const tale = await story(server, { tenant: await server.tenant('livevox', split) });
    await tale.begin();
    expect(isIn(await tale.typePassword())).toBe(true);
    expect(await tale.browser.cookies()).toContain('sallyport_browser');
    const stranger = await elsewhere(tale);
    await stranger.begin();
    for (let i = 0; i < 4; i++) expect((await stranger.typePassword(WRONG)).step).toBe('password');
    expect((await stranger.typePassword(WRONG)).step).toBe('locked');
    const account = await server.reread(tale.account);
    expect(account).toMatchObject({ lock: null, strangersLock: { cause: 'password' }, lockState: 'locked' });
    // The right password does not open it, at this browser or at a third one.
    const third = await elsewhere(tale);
    await third.begin();
    expect((await third.typePassword()).step).toBe('locked');
    await tale.begin({ prompt: 'login' });
    expect(isIn(await tale.typePassword())).toBe(true);
  });

  test('S23 all strangers together are verified no more often than their budget, however many they are', async () => {
    const tale = await story(server, { tenant: await server.tenant('livevox', split) });
    await tale.begin();
    await tale.typePassword();
    const { passwords } = server.core;
    const { verify } = passwords;
    let verified = 0;
    passwords.verify = (account, password) => {
      verified += account?.id === tale.account.id ? 1 : 0;
      return verify(account, password);
    };
    try {
      const strangers = await Promise.all(Array.from({ length: 40 }, () => elsewhere(tale)));
      await Promise.all(strangers.map((stranger) => stranger.begin()));
      await Promise.all(strangers.map((stranger) => stranger.typePassword(WRONG)));
      expect(verified).toBeLessThanOrEqual(5);
    } finally {
      passwords.verify = verify;
    }
    await tale.begin({ prompt: 'login' });
    expect(isIn(await tale.typePassword())).toBe(true);
  });

  test('known browsers have a budget too, and theirs locks the account for everybody', async () => {
    const tale = await story(server, { tenant: await server.tenant('livevox', split) });
    await tale.begin();
    await tale.typePassword();
    await tale.begin({ prompt: 'login' });
    for (let i = 0; i < 5; i++) await tale.typePassword(WRONG);
    expect(await server.reread(tale.account)).toMatchObject({
      lock: { cause: 'password' },
      strangersLock: null,
    });
    const stranger = await elsewhere(tale);
    await stranger.begin();
    expect((await stranger.typePassword()).step).toBe('locked');
  });

  test('an unlock opens the strangers’ door, and so does a completed reset, which opens no other', async () => {
    const tenant = await server.tenant('livevox', split);
    const tale = await story(server, { tenant });
    const close = async () => {
      const stranger = await elsewhere(tale);
      await stranger.begin();
      for (let i = 0; i < 5; i++) await stranger.typePassword(WRONG);
      expect((await server.reread(tale.account)).strangersLock).not.toBeNull();
    };
    await close();
    expect(await server.core.lockout.unlock(tale.account.id)).toBe(true);
    await tale.begin();
    expect(isIn(await tale.typePassword())).toBe(true);
    await close();
    const token = await passwordLink(server, tale.account);
    const visitor = new Browser(server.issuer);
    await visitor.open(`/recover/set?token=${token}`);
    const NEW = 'brand new words 4';
    await visitor.submit({ newPassword: NEW, newPasswordAgain: NEW });
    const stranger = await elsewhere(tale);
    await stranger.begin();
    expect(isIn(await stranger.typePassword(NEW))).toBe(true);
  });

  test('V13 a mark that we did not make, and that of another person’s browser, are a stranger’s', async () => {
    const tenant = await server.tenant('livevox', split);
    const tale = await story(server, { tenant });
    const other = await story(server, { tenant });
    for (const one of [tale, other]) {
      await one.begin();
      await one.typePassword();
    }
    const forged = await elsewhere(tale);
    await forged.browser.jar.setCookie(`sallyport_browser=${'x'.repeat(43)}; Path=/`, server.issuer);
    const borrowed = { ...(await elsewhere(tale)), browser: other.browser };
    for (const [n, one] of [forged, borrowed].entries()) {
      await one.browser.open(await tale.relying.request({ prompt: 'login' }));
      const fields = { clientCode: tenant.clientCode, userName: tale.account.userName, password: WRONG };
      for (let i = 0; i < (n === 0 ? 3 : 2); i++) await one.browser.submit(fields, '/password');
    }
    expect(await server.reread(tale.account)).toMatchObject({
      lock: null,
      strangersLock: { cause: 'password' },
    });
  });

  test('SEC-4 X5 a copied mark is a stranger’s from the next sign-in on, and colleagues at the desk stay known', async () => {
    const tenant = await server.tenant('livevox', split);
    const tale = await story(server, { tenant });
    const other = await server.account(tenant);
    await tale.begin();
    await tale.typePassword();
    const markOf = async () =>
      (await tale.browser.jar.getCookies(server.issuer)).find(({ key }) => key === 'sallyport_browser')
        ?.value;
    const copied = await markOf();
    await tale.begin({ prompt: 'login' });
    await tale.typePassword(PASSWORD, other.userName);
    if (tale.browser.page.step === 'change') await tale.browser.submit({});
    const { knownBrowsers } = server.core;
    expect(await knownBrowsers.classOf(await markOf(), tale.account)).toBe('known');
    expect(await knownBrowsers.classOf(copied, tale.account)).toBe('known');
    await tale.browser.jar.removeAllCookies();
    await tale.browser.jar.setCookie(`sallyport_browser=${copied}`, server.issuer);
    await tale.begin();
    await tale.typePassword();
    expect(await knownBrowsers.classOf(await markOf(), tale.account)).toBe('known');
    expect(await knownBrowsers.classOf(copied, tale.account)).toBe('stranger');
  });

  test('off in the vendors’ presets: there everybody shares one budget, and no browser is marked', async () => {
    const tale = await story(server);
    await tale.begin();
    await tale.typePassword();
    expect(await tale.browser.cookies()).not.toContain('sallyport_browser');
    const stranger = await elsewhere(tale);
    await stranger.begin();
    for (let i = 0; i < 5; i++) await stranger.typePassword(WRONG);
    expect((await server.reread(tale.account)).lock).not.toBeNull();
  });

  test('LCK-7 on in modern', async () => {
    const tenant = await server.tenant('modern');
    expect(tenant.policy.lockout).toMatchObject({ splitBudgets: true, waitFrom: 3, networkTries: 100 });
  });
});

describe('LCK-7 waits', () => {
  const paced = lockout({ waitFrom: 3, waitSeconds: 30, waitGrowth: 2, user: 5 });

  test('from the third failure on a wait, doubling; what is typed meanwhile is neither checked nor counted', async () => {
    const tale = await story(server, { tenant: await server.tenant('livevox', paced) });
    await tale.begin();
    for (let i = 0; i < 2; i++) expect((await tale.typePassword(WRONG)).step).toBe('password');
    const waiting = await tale.typePassword(WRONG);
    expect(waiting).toMatchObject({
      step: 'wait',
      status: 200,
      alert: expect.stringContaining('about 30 seconds'),
    });
    const uid = new URL(waiting.url).pathname.split('/')[2];
    const fields = {
      clientCode: tale.tenant.clientCode,
      userName: tale.account.userName,
      password: PASSWORD,
    };
    for (let i = 0; i < 5; i++)
      expect((await tale.browser.post(`/sign-in/${uid}/password`, fields)).step).toBe('wait');
    time.move(29);
    expect((await tale.browser.open(waiting.url)).alert).toContain('about 10 seconds');
    time.move(1);
    expect((await tale.browser.open(waiting.url)).step).toBe('password');
    expect((await tale.typePassword(WRONG)).alert).toContain('about 60 seconds');
    time.move(60);
    await tale.browser.open(waiting.url);
    expect(isIn(await tale.typePassword())).toBe(true);
    expect((await server.reread(tale.account)).lock).toBeNull();
  });

  test('the last failure locks without another wait, and a name that does not exist waits the same', async () => {
    const tenant = await server.tenant(
      'livevox',
      lockout({ waitFrom: 1, waitSeconds: 300, waitGrowth: 1, user: 2 }),
    );
    const tale = await story(server, { tenant });
    for (const userName of [tale.account.userName, 'unknown-here']) {
      await tale.begin();
      expect((await tale.typePassword(WRONG, userName)).alert).toBe('Please try again in five minutes.');
      time.move(300);
      await tale.browser.open(tale.browser.page.url);
      expect((await tale.typePassword(WRONG, userName)).step).toBe('locked');
    }
  });

  test('another person at the same desk is not kept waiting', async () => {
    const tenant = await server.tenant('livevox', paced);
    const tale = await story(server, { tenant });
    const colleague = await server.account(tenant);
    await tale.begin();
    for (let i = 0; i < 3; i++) await tale.typePassword(WRONG);
    expect((await tale.browser.submit({}, '/restart')).step).toBe('password');
    expect(isIn(await tale.typePassword(PASSWORD, colleague.userName))).toBe(true);
  });

  test('MFA-12 the same for codes, with the words of the manual', async () => {
    const tenant = await server.tenant('cloudcx');
    const tale = await story(server, {
      tenant,
      person: { email: 'wait@site.example', totpSecret: SECRET },
    });
    await tale.begin();
    await tale.typePassword(PASSWORD, 'wait@site.example');
    for (let i = 0; i < 2; i++)
      expect((await tale.browser.submit({ code: '000000' }, '/second-factor')).step).toBe('second-factor');
    expect(await tale.browser.submit({ code: '000000' }, '/second-factor')).toMatchObject({
      step: 'wait',
      alert: 'Please try again in five minutes.',
    });
  });
});

describe('LCK-7 the tries of a network', () => {
  const few = lockout({ networkTries: 10, siteNetworks: ['198.51.100.0/24'], siteTries: 15, user: 9 });
  const from = (address: string) => ({ 'x-forwarded-for': address, origin: server.issuer });

  /** Wrong passwords for names that do not exist, until the network is refused. */
  async function triesUntilRefused(tale: Story, address: string): Promise<number> {
    for (let tries = 0; tries < 40; tries++) {
      const browser = new Browser(server.issuer);
      const page = await browser.open(await tale.relying.request());
      const fields = { clientCode: tale.tenant.clientCode, userName: `ghost ${tries}`, password: WRONG };
      const answer = await browser.post(`${new URL(page.url).pathname}/password`, fields, from(address));
      if (answer.status === 429) {
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
        expect(answer.html).toContain('too_many_tries');
        return tries;
      }
    }
    return 40;
  }

  test('S23 it waits after so many failures, the site’s own networks later, and it locks no account', async () => {
    time.move(600 - (nowSeconds() % 600));
    const tale = await story(server, { tenant: await server.tenant('livevox', few) });
    expect(await triesUntilRefused(tale, '203.0.113.5')).toBe(10);
    expect(await triesUntilRefused(tale, '203.0.113.5')).toBe(0);
    expect(await triesUntilRefused(tale, '203.0.113.6')).toBe(10);
    expect(await triesUntilRefused(tale, '198.51.100.7')).toBe(15);
    // One household of IPv6 is one network.
    expect(await triesUntilRefused(tale, '2001:db8:1:2::5')).toBe(10);
    expect(await triesUntilRefused(tale, '2001:db8:1:2:ffff::9')).toBe(0);
    time.move(600);
    expect(await triesUntilRefused(tale, '203.0.113.5')).toBe(10);
    expect((await server.reread(tale.account)).lock).toBeNull();
  });

  test('right passwords cost nothing, and another tenant has its own', async () => {
    const tale = await story(server, { tenant: await server.tenant('livevox', few) });
    for (let i = 0; i < 12; i++) {
      const browser = new Browser(server.issuer);
      const page = await browser.open(await tale.relying.request());
      const fields = {
        clientCode: tale.tenant.clientCode,
        userName: tale.account.userName,
        password: PASSWORD,
      };
      const answer = await browser.post(
        `${new URL(page.url).pathname}/password`,
        fields,
        from('203.0.113.77'),
      );
      expect(isIn(answer)).toBe(true);
    }
    expect(await triesUntilRefused(tale, '203.0.113.77')).toBe(10);
    const other = await story(server, { tenant: await server.tenant('livevox', few) });
    expect(await triesUntilRefused(other, '203.0.113.77')).toBe(10);
  });
});

describe('SGN-5 networks', () => {
  const inside = policyWith({
    signIn: { networks: { user: [], agent: ['198.51.100.0/24', '2001:db8::/32'] } },
  });
  const typeFrom = async (tale: Story, address: string, password = PASSWORD) => {
    const browser = new Browser(server.issuer);
    const page = await browser.open(await tale.relying.request());
    const fields = { clientCode: tale.tenant.clientCode, userName: tale.account.userName, password };
    return browser.post(`${new URL(page.url).pathname}/password`, fields, {
      'x-forwarded-for': address,
      origin: server.issuer,
    });
  };

  test('agents sign in from the site only, users from anywhere', async () => {
    const tenant = await server.tenant('livevox', inside);
    const agent = await story(server, { tenant, population: 'agent', person: { population: 'agent' } });
    const user = await story(server, { tenant });
    expect(isIn(await typeFrom(agent, '198.51.100.9'))).toBe(true);
    expect(isIn(await typeFrom(agent, '2001:db8::5'))).toBe(true);
    expect(isIn(await typeFrom(user, '203.0.113.9'))).toBe(true);
    for (let i = 0; i < 4; i++)
      expect(await typeFrom(agent, '203.0.113.9')).toMatchObject({
        step: 'password',
        alert: expect.stringContaining('did not work'),
      });
    // It "locks" like an unknown name, and nothing of it reaches the account.
    expect((await typeFrom(agent, '203.0.113.9')).step).toBe('locked');
    expect(await server.reread(agent.account)).toMatchObject({ lock: null });
    expect(isIn(await typeFrom(agent, '198.51.100.9'))).toBe(true);
    const { attempts } = await administer(server, operations.account.why, agent.account, { last: 50 });
    expect(attempts.filter(({ rule }) => rule === 'network')).toHaveLength(5);
    expect(attempts.find(({ rule }) => rule === 'network')).toMatchObject({ address: '203.0.113.9' });
  });
});
