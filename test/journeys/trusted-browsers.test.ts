import { describe, expect, test } from '@jest/globals';
import type { Policy } from '../../src/capabilities/tenants/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer } from '../support/administration.ts';
import { isIn, PASSWORD, SECRET } from '../support/app.ts';
import { MULTI_FACTOR_ACR, PASSWORD_ACR } from '../support/application.ts';
import { Browser } from '../support/browser.ts';
import { shownCodes } from '../support/factors.ts';
import { policyWith } from '../support/policies.ts';
import { codeOf, type Story, story } from '../support/story.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';
import { nowSeconds } from '../support/time.ts';

const DAY = 86_400;

const server = serverForAll();
const time = clockForEach();

const trusting = (
  trustDays: Policy['secondFactor']['trustDays'],
  more: Partial<Policy['secondFactor']> = {},
) => policyWith({ secondFactor: { trustDays, mode: 'voluntary', ...more } });

/** Past the password, in a browser of its own that keeps its trust but no session. */
async function person(trustDays: Policy['secondFactor']['trustDays'] = 30, totpSecret = SECRET) {
  const tenant = await server.tenant('vcc-live', trusting(trustDays, { recoveryCodes: 10 }));
  const tale = await story(server, {
    tenant,
    person: { totpSecret, email: `p${Math.random()}@site.example` },
  });
  return { ...tale, account: await server.reread(tale.account) };
}

/** A sign-in to the code page or the application; the session before it is forgotten, as after a day. */
async function signIn(tale: Story, extra: Record<string, string> = {}, password = PASSWORD) {
  const { browser } = tale;
  const cookies = await browser.jar.getCookies(server.issuer);
  const trust = cookies.find(({ key }) => key === 'sallyport_trust');
  await browser.jar.removeAllCookies();
  if (trust) await browser.jar.setCookie(trust, server.issuer);
  await tale.begin(extra);
  return tale.typePassword(password);
}

async function giveCode(tale: Story, trustBrowser = true) {
  time.move(60);
  return tale.browser.submit(
    { code: codeOf(SECRET), ...(trustBrowser ? { trustBrowser: 'yes' } : {}) },
    '/second-factor',
  );
}

/** Signed in once with the box ticked. */
async function trusted(days: Policy['secondFactor']['trustDays'] = 30) {
  const tale = await person(days);
  await signIn(tale);
  await giveCode(tale);
  return tale;
}

const isAsked = (page: { step: string }) => page.step === 'second-factor';

describe('MFA-13 trusted browsers', () => {
  test.each([14, 30, 60, 90] as const)(
    '%i days: the box says so, and to the second it holds',
    async (days) => {
      const tale = await person(days);
      const page = await signIn(tale);
      expect(page.dom.querySelector('label.tick')?.text.trim()).toBe(
        `Don't ask again for ${days} days in this browser`,
      );
      const landed = await giveCode(tale);
      expect((await tale.relying.exchange(landed.url)).claims()?.amr).toEqual(['pwd', 'otp', 'mfa']);
      time.move(days * DAY - 1);
      const skipped = await signIn(tale);
      // SGN-3: it never says otp.
      expect((await tale.relying.exchange(skipped.url)).claims()).toMatchObject({
        acr: PASSWORD_ACR,
        amr: ['pwd'],
      });
      // Never extended, however often it is used.
      time.move(1);
      expect(isAsked(await signIn(tale))).toBe(true);
    },
  );

  test.each(['off', 'every-sign-in'] as const)(
    '%s: there is no box, and a tick that is posted does nothing',
    async (days) => {
      const tale = await person(days);
      expect((await signIn(tale)).dom.querySelector('[name=trustBrowser]')).toBeNull();
      await giveCode(tale);
      expect(await tale.browser.cookies()).not.toContain('sallyport_trust');
      expect(isAsked(await signIn(tale))).toBe(true);
    },
  );

  test('without the tick nothing is trusted', async () => {
    const tale = await person();
    await signIn(tale);
    await giveCode(tale, false);
    expect(isAsked(await signIn(tale))).toBe(true);
  });

  test('S40 the value has 256 bits and is kept hashed, bound to the account', async () => {
    const tale = await trusted();
    const cookie = (await tale.browser.jar.getCookies(server.issuer)).find(
      ({ key }) => key === 'sallyport_trust',
    );
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'lax', path: '/' });
    const [, token = ''] = (cookie?.value ?? '').split('.');
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    const ids = await server.core.ephemeral.members('TrustedBrowser', 'account', tale.account.id, 0);
    expect(ids).toHaveLength(1);
    const record = await server.core.ephemeral.get('TrustedBrowser', ids[0] ?? '', nowSeconds());
    expect(`${ids[0]}${record?.value}`).not.toContain(token);
  });

  test('S40 the trust of another account, a forged one and clearing cookies ask for the code', async () => {
    const tale = await trusted();
    const other = await server.account(tale.tenant, { totpSecret: SECRET });
    await signIn(tale);
    await tale.begin({ prompt: 'login' });
    expect(isAsked(await tale.typePassword(PASSWORD, other.userName))).toBe(true);
    for (const value of ['A'.repeat(43), 'x', '', '../../etc', 'é'.repeat(43), 'A'.repeat(3_000)]) {
      await tale.browser.jar.removeAllCookies();
      await tale.browser.jar.setCookie(`sallyport_trust=${encodeURIComponent(value)}`, server.issuer, {
        ignoreError: true,
      });
      await tale.begin();
      expect(isAsked(await tale.typePassword())).toBe(true);
    }
    await tale.browser.jar.removeAllCookies();
    await tale.begin();
    expect(isAsked(await tale.typePassword())).toBe(true);
  });

  test('two people at one desk: each trusts it alone, in one cookie of the browser', async () => {
    const tale = await trusted();
    const other = await server.account(tale.tenant, { totpSecret: SECRET });
    const name = tale.account.userName;
    const as = async (userName: string) => {
      const trust = (await tale.browser.jar.getCookies(server.issuer)).find(
        ({ key }) => key === 'sallyport_trust',
      );
      await tale.browser.jar.removeAllCookies();
      if (trust) await tale.browser.jar.setCookie(trust, server.issuer);
      await tale.begin();
      return tale.typePassword(PASSWORD, userName);
    };
    expect(isAsked(await as(other.userName))).toBe(true);
    await giveCode(tale);
    expect(isIn(await as(other.userName))).toBe(true);
    expect(isIn(await as(name))).toBe(true);
  });
});

/** The browser's cookie of this name, as it may be copied. */
async function cookieOf({ browser }: Pick<Story, 'browser'>, name: string): Promise<string> {
  const all = await browser.jar.getCookies(server.issuer);
  return all.find(({ key }) => key === name)?.value ?? '';
}

/** A browser that carries a copy, and nothing else. */
async function carrying(name: string, value: string): Promise<Browser> {
  const copy = new Browser(server.issuer);
  await copy.jar.setCookie(`${name}=${value}`, server.issuer);
  return copy;
}

describe('SEC-4 X5 a copy of a trust stays what it was', () => {
  const fields = (tale: Story, userName = tale.account.userName) => ({
    clientCode: tale.tenant.clientCode,
    userName,
    password: PASSWORD,
  });
  const withCopy = async (tale: Story, value: string) => {
    const copy = await carrying('sallyport_trust', value);
    await copy.open(await tale.relying.request());
    return copy.submit(fields(tale), '/password');
  };

  const ENDS: [string, (tale: Awaited<ReturnType<typeof trusted>>) => Promise<unknown>][] = [
    ['the person ended it', ({ account }) => server.core.trustedBrowsers.end(account, 'all')],
    ['the days were over', async () => time.move(31 * DAY)],
    [
      'a method was set up elsewhere',
      ({ account }) => server.core.secondFactors.bindKnown(account.id, SECRET),
    ],
    ['nothing ended it, and the box was ticked again', async () => {}],
  ];

  test.each(ENDS)('%s: the box, ticked again, makes a new one', async (_, end) => {
    const tale = await trusted();
    const old = await cookieOf(tale, 'sallyport_trust');
    await end(tale);
    await signIn(tale, { acr_values: MULTI_FACTOR_ACR });
    await giveCode(tale);
    expect(isIn(await signIn(tale))).toBe(true);
    expect(await cookieOf(tale, 'sallyport_trust')).not.toBe(old);
    expect(isAsked(await withCopy(tale, old))).toBe(true);
  });

  test('a colleague who ticks the box at the same desk leaves the copy what it was, and the trust too', async () => {
    const tale = await trusted();
    const other = await server.account(tale.tenant, { totpSecret: SECRET });
    const old = await cookieOf(tale, 'sallyport_trust');
    await server.core.trustedBrowsers.end(tale.account, 'all');
    await tale.browser.jar.removeAllCookies();
    await tale.browser.jar.setCookie(`sallyport_trust=${old}`, server.issuer);
    await tale.begin();
    await tale.typePassword(PASSWORD, other.userName);
    await giveCode(tale);
    expect(isAsked(await withCopy(tale, old))).toBe(true);
    expect(isAsked(await signIn(tale))).toBe(true);
    await giveCode(tale);
    // And the colleague goes on to be trusted beside it.
    const trust = await cookieOf(tale, 'sallyport_trust');
    const desk = await carrying('sallyport_trust', trust);
    await desk.open(await tale.relying.request());
    expect(isIn(await desk.submit(fields(tale, other.userName), '/password'))).toBe(true);
  });

  test('V13 a value that was planted in the browser is not what the browser gets', async () => {
    const planted = 'P'.repeat(43);
    const tale = await person();
    await tale.browser.jar.setCookie(`sallyport_trust=${planted}`, server.issuer);
    await tale.begin();
    await tale.typePassword();
    await giveCode(tale);
    expect(isAsked(await withCopy(tale, planted))).toBe(true);
  });

  test('R10 a person’s change at the moment of the end brings no trust back', async () => {
    const tale = await trusted();
    const account = await server.reread(tale.account);
    const carried = await cookieOf(tale, 'sallyport_trust');
    const kept = server.core.trustedBrowsers.keeping(carried, account, account.epoch);
    await server.core.trustedBrowsers.end(account, 'all');
    await kept.settle(account.epoch);
    expect(await server.core.trustedBrowsers.list(account, account.epoch, tale.tenant)).toEqual([]);
  });
});

describe('S40 what trust never skips', () => {
  test('step-up: an application that asks for the factor gets it', async () => {
    const tale = await trusted();
    expect(isAsked(await signIn(tale, { acr_values: MULTI_FACTOR_ACR }))).toBe(true);
    const essential = { id_token: { acr: { essential: true, value: MULTI_FACTOR_ACR } } };
    expect(isAsked(await signIn(tale, { claims: JSON.stringify(essential) }))).toBe(true);
    // A session made by trust is stepped up too.
    expect(isIn(await signIn(tale))).toBe(true);
    expect(isAsked(await tale.begin({ acr_values: MULTI_FACTOR_ACR }))).toBe(true);
  });

  test('PWD-11 a forced change of password: the code comes first', async () => {
    const tale = await trusted();
    time.move(20 * DAY);
    await server.changePolicy(tale.tenant, { 'password.expireAfterDays': 10 });
    expect(isAsked(await signIn(tale))).toBe(true);
    expect((await giveCode(tale, false)).step).toBe('change-password');
  });

  test('PWD-11 the voluntary change on the page that warns needs the code of this sign-in: it is not offered', async () => {
    const tale = await trusted();
    await server.changePolicy(tale.tenant, { 'password.expireAfterDays': 10 });
    const page = await signIn(tale);
    expect(page.step).toBe('expires-soon');
    expect(page.dom.querySelector('form[action$="/change-password"]')).toBeNull();
    const fields = {
      currentPassword: PASSWORD,
      newPassword: 'brand new 44',
      newPasswordAgain: 'brand new 44',
    };
    await tale.browser.post(`${page.url}/change-password`, fields);
    expect((await server.reread(tale.account)).password).toEqual(tale.account.password);
  });

  test('whoever administers gives the code every time', async () => {
    const tale = await trusted();
    await server.core.accounts.update(tale.account.id, (a) => ({ ...a, role: 'Manager' }));
    const page = await signIn(tale);
    expect(isAsked(page)).toBe(true);
    expect(page.dom.querySelector('[name=trustBrowser]')).toBeNull();
  });
});

describe('MFA-13 what ends trust', () => {
  test.each<[string, (tale: Awaited<ReturnType<typeof trusted>>) => Promise<unknown>, string]>([
    [
      'a lock, once it is unlocked',
      async ({ account }) => {
        await server.core.accounts.update(account.id, (a) => ({ ...a, lock: { cause: 'password', at: 1 } }));
        await administer(server, operations.account.unlock, account, {});
      },
      PASSWORD,
    ],
    [
      'a reset, set up again',
      async ({ account }) => {
        await administer(server, operations.account.resetFactor, account, {});
        await server.core.secondFactors.bindKnown(account.id, SECRET);
      },
      PASSWORD,
    ],
    [
      'turned off by an administrator, set up again',
      async ({ account }) => {
        await administer(server, operations.account.turnFactorOff, account, {});
        await server.core.secondFactors.bindKnown(account.id, SECRET);
      },
      PASSWORD,
    ],
    [
      'a password that somebody else set',
      async ({ account }) => {
        const choice = { password: 'another pass 7', permanent: true };
        await administer(server, operations.account.setPassword, account, choice);
      },
      'another pass 7',
    ],
    [
      'a new password under a mailed link',
      async ({ account, tenant }) => {
        await server.core.ownPassword.set(
          { account, tenant, browser: 'stranger', where: {} },
          { newPassword: 'another pass 7', isStillProved: () => true, kind: 'reset' },
        );
      },
      'another pass 7',
    ],
    [
      'another method, set up elsewhere',
      ({ account }) => server.core.secondFactors.bindKnown(account.id, SECRET),
      PASSWORD,
    ],
    [
      'the end of all sessions of the population',
      ({ tenant }) => server.core.sessions.endPopulation(tenant, 'user', { actor: 'command-line' }),
      PASSWORD,
    ],
    [
      'the person disabled, and enabled again',
      async ({ account }) => {
        await administer(server, operations.account.disable, account, {});
        await administer(server, operations.account.enable, account, {});
      },
      PASSWORD,
    ],
    [
      'a policy of every sign-in',
      (tale) => server.changePolicy(tale.tenant, { 'secondFactor.trustDays': 'every-sign-in' }),
      PASSWORD,
    ],
    [
      'a policy without it',
      (tale) => server.changePolicy(tale.tenant, { 'secondFactor.trustDays': 'off' }),
      PASSWORD,
    ],
    [
      'desks that are shared from now on',
      (tale) => server.changePolicy(tale.tenant, { 'session.sharedDesk': true }),
      PASSWORD,
    ],
    [
      'an administrator',
      ({ account }) => administer(server, operations.account.endTrust, account, { browser: 'all' }),
      PASSWORD,
    ],
  ])('%s', async (_, event, password) => {
    const tale = await trusted();
    expect(isIn(await signIn(tale))).toBe(true);
    await event(tale);
    expect(isAsked(await signIn(tale, {}, password))).toBe(true);
  });

  test('a policy that goes back to every sign-in ends it for good', async () => {
    const tale = await trusted();
    await server.changePolicy(tale.tenant, { 'secondFactor.trustDays': 'every-sign-in' });
    time.move(1);
    await server.changePolicy(tale.tenant, { 'secondFactor.trustDays': 30 }, 2);
    expect(isAsked(await signIn(tale))).toBe(true);
    await giveCode(tale);
    expect(isIn(await signIn(tale))).toBe(true);
  });

  test('a shorter policy cuts what there is, a longer one does not extend it', async () => {
    const tale = await trusted(30);
    await server.changePolicy(tale.tenant, { 'secondFactor.trustDays': 90 });
    time.move(14 * DAY - 100);
    expect(isIn(await signIn(tale))).toBe(true);
    await server.changePolicy(tale.tenant, { 'secondFactor.trustDays': 14 }, 2);
    expect(isIn(await signIn(tale))).toBe(true);
    time.move(100);
    expect(isAsked(await signIn(tale))).toBe(true);
  });

  test('the person sees the trusted browsers and ends them', async () => {
    const tale = await trusted();
    await signIn(tale);
    const page = await tale.browser.open('/account/second-factor');
    const rows = page.dom.querySelectorAll('[data-trusted]');
    expect(rows.map((row) => row.querySelector('strong')?.text)).toEqual(['This browser']);
    await tale.browser.submit({}, '/account/trusted-browsers');
    expect(tale.browser.page.dom.querySelector('[data-trusted]')).toBeNull();
    expect(isAsked(await signIn(tale))).toBe(true);
  });

  test('TEN-1 nobody ends or lists the trust of somebody else', async () => {
    const tale = await trusted();
    const { trustedBrowsers } = await administer(
      server,
      operations.account.trustedBrowsers,
      tale.account,
      {},
    );
    const [one] = trustedBrowsers;
    const stranger = await trusted();
    await signIn(stranger);
    await stranger.browser.open('/account/second-factor');
    await stranger.browser.post(`${server.issuer}/account/trusted-browsers`, { id: one?.id ?? '' });
    expect(isIn(await signIn(tale))).toBe(true);
  });
});

describe('MFA-13 SES-4 the person’s own change spares this browser, and no other', () => {
  /** A second browser of the same person, trusted too. */
  async function elsewhere(tale: Awaited<ReturnType<typeof trusted>>) {
    const other = { ...tale, browser: new Browser(server.issuer) };
    const begin = async (extra: Record<string, string> = {}) =>
      other.browser.open(await tale.relying.request(extra));
    const typePassword = (password = PASSWORD, userName = tale.account.userName) =>
      other.browser.submit({ clientCode: tale.tenant.clientCode, userName, password }, '/password');
    const there = { ...other, begin, typePassword };
    await signIn(there);
    await giveCode(there);
    expect(isIn(await signIn(there))).toBe(true);
    return there;
  }

  test('of the password', async () => {
    const tale = await trusted();
    const there = await elsewhere(tale);
    await signIn(tale);
    time.move(60);
    await tale.browser.open('/account/password');
    await tale.browser.submit(
      {
        currentPassword: PASSWORD,
        newPassword: 'brand new 44',
        newPasswordAgain: 'brand new 44',
        code: codeOf(SECRET),
      },
      '/account/password',
    );
    expect(tale.browser.page.step).toBe('account');
    expect(isIn(await signIn(tale, {}, 'brand new 44'))).toBe(true);
    expect(isAsked(await signIn(there, {}, 'brand new 44'))).toBe(true);
  });

  test('of the factors', async () => {
    const tale = await trusted();
    const there = await elsewhere(tale);
    await signIn(tale);
    time.move(60);
    await tale.browser.open('/account/second-factor/set-up/app');
    await tale.browser.submit({ currentPassword: PASSWORD, code: codeOf(SECRET) }, '/set-up/app');
    const secret = tale.browser.page.dom.querySelector('[data-totp-secret]')?.text ?? '';
    time.move(60);
    const done = await tale.browser.submit({ code: codeOf(secret) }, '/finish');
    expect(shownCodes(done)).toEqual([]);
    expect(isIn(await signIn(tale))).toBe(true);
    expect(isAsked(await signIn(there))).toBe(true);
  });

  test('of the sessions elsewhere', async () => {
    const tale = await trusted();
    const there = await elsewhere(tale);
    await signIn(tale);
    await tale.browser.open('/account/second-factor');
    await tale.browser.submit({}, '/account/other-sessions');
    expect(isIn(await signIn(tale))).toBe(true);
    expect(isAsked(await signIn(there))).toBe(true);
  });

  test('and brings back no trust that had ended before', async () => {
    const tale = await trusted();
    await server.core.secondFactors.bindKnown(tale.account.id, SECRET);
    await signIn(tale);
    await giveCode(tale, false);
    await tale.browser.open('/account/second-factor');
    await tale.browser.submit({}, '/account/other-sessions');
    expect(isAsked(await signIn(tale))).toBe(true);
  });
});
