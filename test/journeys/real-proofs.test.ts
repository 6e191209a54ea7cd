import { describe, expect, test } from '@jest/globals';
import type { Account } from '../../src/capabilities/accounts/index.ts';
import { memberOf } from '../../src/capabilities/credential-events/index.ts';
import type { Policy } from '../../src/capabilities/tenants/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer } from '../support/administration.ts';
import { isIn, PASSWORD, SECRET } from '../support/app.ts';
import { MULTI_FACTOR_ACR } from '../support/application.ts';
import { Browser } from '../support/browser.ts';
import { anAddress, mailedCodes, withMail, withRecoveryCodes } from '../support/factors.ts';
import { policyWith } from '../support/policies.ts';
import type { NewPerson } from '../support/site.ts';
import { codeOf, type Story, shownSecret, story } from '../support/story.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';
import { nowSeconds } from '../support/time.ts';

const STEP_UP = { acr_values: MULTI_FACTOR_ACR };
const ESSENTIAL = {
  claims: JSON.stringify({ id_token: { acr: { essential: true, value: MULTI_FACTOR_ACR } } }),
};

const server = serverForAll();
const time = clockForEach();

type Mode = Policy['secondFactor']['mode'];
const under = (mode: Mode, more: Partial<Policy['secondFactor']> = {}) =>
  policyWith({ secondFactor: { mode, trustDays: 30, recoveryCodes: 10, ...more } });

/** A person who is signed in by the password, and what the session says. */
async function signedIn(mode: Mode, options: { person?: NewPerson; isFirstParty?: boolean } = {}) {
  const tenant = await server.tenant('vcc-live', under(mode));
  const { person: wanted = {}, isFirstParty = true } = options;
  const tale = await story(server, { tenant, isFirstParty, person: { email: anAddress(), ...wanted } });
  await tale.begin();
  await tale.typePassword();
  if (tale.browser.page.step === 'consent') await tale.browser.submit({ decision: 'allow' }, '/consent');
  expect(isIn(tale.browser.page)).toBe(true);
  return { ...tale, first: (await tale.relying.exchange(tale.browser.page.url)).claims() };
}

/** What a session is made of, and how long it lives if it is used from now on. */
async function sessionOf({ id }: Account) {
  const { ephemeral, clock } = server.core;
  const [uid = ''] = await ephemeral.members('Session', 'account', id, clock.now());
  const found = await ephemeral.get('Session', uid, clock.now());
  const { loginTs, acr, amr, absoluteSeconds } = JSON.parse(found?.value ?? '{}');
  return { loginTs, acr, amr, absoluteSeconds };
}

/** A copy of the session cookie, and nothing else, in a browser of its own. */
async function copyOf({ browser }: Story): Promise<Browser> {
  const copy = new Browser(server.issuer);
  for (const cookie of await browser.jar.getCookies(server.issuer))
    if (cookie.key.startsWith('sallyport_session')) await copy.jar.setCookie(cookie, server.issuer);
  return copy;
}

const expireSoon = (tale: Story) => server.changePolicy(tale.tenant, { 'password.expireAfterDays': 10 });

describe('SEC-4 X2 what proves nothing renews nothing', () => {
  const PATHS: [string, Mode, (tale: Awaited<ReturnType<typeof signedIn>>) => Promise<unknown>][] = [
    ['a step-up where there is no factor', 'off', (tale) => tale.begin(STEP_UP)],
    [
      'Continue pressed at the end of it',
      'off',
      async (tale) => {
        await tale.begin(STEP_UP);
        if (tale.browser.page.url.startsWith(server.issuer)) await tale.browser.submit({}, '/continue');
      },
    ],
    [
      'a step-up where administrators enrol',
      'enrolment',
      async (tale) => {
        await tale.begin(STEP_UP);
        if (tale.browser.page.url.startsWith(server.issuer)) await tale.browser.submit({}, '/continue');
      },
    ],
    ['one that is insisted on', 'off', (tale) => tale.begin(ESSENTIAL)],
    [
      'a step-up that is cancelled',
      'voluntary',
      async (tale) => {
        await tale.begin(STEP_UP);
        await tale.browser.post(`${tale.browser.page.url}/cancel`, {});
      },
    ],
    [
      'every button of a step-up, with nothing typed',
      'voluntary',
      async (tale) => {
        await tale.begin(STEP_UP);
        const { url } = tale.browser.page;
        for (const button of ['continue', 'later', 'method', 'recovery-codes', 'mail-code', 'identify'])
          await tale.browser.post(`${url}/${button}`, { method: 'app', decision: 'generate' });
      },
    ],
    [
      'a consent that is said again',
      'off',
      async (tale) => {
        await tale.begin({ prompt: 'consent' });
        await tale.browser.submit({ decision: 'allow' }, '/consent');
      },
    ],
    ['a request that needs nothing', 'off', (tale) => tale.begin()],
    [
      'a step-up beside a password that expires soon',
      'off',
      async (tale) => {
        await expireSoon(tale);
        await tale.begin(STEP_UP);
        if (tale.browser.page.url.startsWith(server.issuer)) await tale.browser.submit({}, '/continue');
      },
    ],
  ];

  test.each(PATHS)('%s', async (_, mode, path) => {
    const tale = await signedIn(mode);
    const before = await sessionOf(tale.account);
    time.move(3_600);
    await path(tale);
    expect(await sessionOf(tale.account)).toEqual(before);
    const later = await tale.begin();
    const claims = (await tale.relying.exchange(later.url)).claims();
    expect(claims).toMatchObject({ auth_time: tale.first?.auth_time, acr: tale.first?.acr, amr: ['pwd'] });
  });

  test('the absolute limit holds, however often Continue is pressed', async () => {
    const tale = await signedIn('off');
    const { loginTs, absoluteSeconds } = await sessionOf(tale.account);
    for (let at = 3_600; at < absoluteSeconds; at += 3_600) {
      time.move(3_600);
      await tale.begin(STEP_UP);
      if (tale.browser.page.url.startsWith(server.issuer)) await tale.browser.submit({}, '/continue');
    }
    time.move(loginTs + absoluteSeconds - nowSeconds() + 20);
    expect((await tale.begin()).step).toBe('password');
  });

  test('max_age is not met by a step-up that proved nothing, but by the password', async () => {
    const tale = await signedIn('off');
    await tale.begin({ ...STEP_UP, max_age: '100' });
    time.move(50);
    const page = await tale.begin({ ...STEP_UP, max_age: '100' });
    const { url } = page;
    if (url.startsWith(server.issuer)) await tale.browser.submit({}, '/continue');
    time.move(100);
    expect((await tale.begin({ ...STEP_UP, max_age: '100' })).step).toBe('password');
    const landed = await tale.typePassword();
    const claims = (await tale.relying.exchange(landed.url, 100)).claims();
    expect(claims?.auth_time).toBe(nowSeconds());
  });
});

describe('SEC-4 SGN-3 auth_time is the time of the newest proof', () => {
  test('of a password, however long the page after it stood open', async () => {
    const tenant = await server.tenant('vcc-live', under('off'));
    const tale = await story(server, { tenant });
    await expireSoon(tale);
    await tale.begin();
    const at = nowSeconds();
    expect((await tale.typePassword()).step).toBe('expires-soon');
    time.move(3_000);
    const landed = await tale.browser.submit({}, '/later');
    expect((await tale.relying.exchange(landed.url)).claims()?.auth_time).toBe(at);
    expect((await sessionOf(tale.account)).loginTs).toBe(at);
  });

  test('of the password, where a trusted browser skips the code', async () => {
    const tenant = await server.tenant('vcc-live', under('voluntary'));
    const tale = await story(server, { tenant, person: { totpSecret: SECRET } });
    await tale.begin();
    await tale.typePassword();
    await tale.browser.submit({ code: codeOf(SECRET), trustBrowser: 'yes' }, '/second-factor');
    time.move(600);
    await tale.begin({ prompt: 'login' });
    const at = nowSeconds();
    const landed = await tale.typePassword();
    const claims = (await tale.relying.exchange(landed.url)).claims();
    expect(claims).toMatchObject({ auth_time: at, amr: ['pwd'] });
  });

  test('of the code, in a step-up, which adds it to what the session says', async () => {
    const tale = await signedIn('voluntary');
    await server.core.secondFactors.bindKnown(tale.account.id, SECRET);
    time.move(600);
    await tale.begin(STEP_UP);
    const at = nowSeconds();
    const landed = await tale.browser.submit({ code: codeOf(SECRET) }, '/second-factor');
    const claims = (await tale.relying.exchange(landed.url)).claims();
    expect(claims).toMatchObject({ auth_time: at, acr: MULTI_FACTOR_ACR, amr: ['pwd', 'otp', 'mfa'] });
  });

  test('a consent given late does not take back what another tab proved since', async () => {
    const tenant = await server.tenant('vcc-live', under('off'));
    const tale = await story(server, { tenant, isFirstParty: false });
    await tale.begin();
    await tale.typePassword();
    const consent = tale.browser.page;
    expect(consent.step).toBe('consent');
    time.move(100);
    await tale.begin({ prompt: 'login' });
    await tale.typePassword();
    const { loginTs } = await sessionOf(tale.account);
    await tale.browser.post(`${consent.url}/consent`, { decision: 'allow' });
    expect((await sessionOf(tale.account)).loginTs).toBe(loginTs);
  });
});

describe('SEC-4 X3 a copied session cookie binds nothing', () => {
  const MODES: Mode[] = ['off', 'voluntary', 'enrolment', 'required'];
  const POSTS: [string, Record<string, string>][] = [
    ['activate', { code: '000000' }],
    ['activate', { passkey: '{}', name: 'mine' }],
    ['method', { method: 'mail' }],
    ['mail-code', {}],
    ['recovery-codes', { decision: 'generate' }],
    ['second-factor', { code: '000000', trustBrowser: 'yes' }],
    ['continue', {}],
  ];

  test.each(
    MODES.flatMap((mode) => ([false, true] as const).map((isEnrolled) => [mode, isEnrolled] as const)),
  )('in a step-up: mode %s, enrolled meanwhile %p', async (mode, isEnrolled) => {
    const tale = await signedIn(mode === 'required' ? 'off' : mode);
    if (mode === 'required') await server.changePolicy(tale.tenant, { 'secondFactor.mode': 'required' });
    if (isEnrolled)
      await server.core.accounts.update(tale.account.id, (a) => ({
        ...a,
        secondFactor: { ...a.secondFactor, status: 'pending' },
      }));
    const before = await server.reread(tale.account);
    const copy = await copyOf(tale);
    const page = await copy.open(await tale.relying.request(STEP_UP));
    expect(shownSecret(page)).toBe('');
    expect(page.step).not.toBe('activate');
    if (page.url.startsWith(server.issuer))
      for (const [form, fields] of POSTS) {
        const { url } = page;
        await copy.post(`${url}/${form}`, fields);
        expect(shownSecret(copy.page)).toBe('');
      }
    expect(await server.reread(tale.account)).toEqual(before);
  });

  test('the person types the password and sets it up', async () => {
    const tale = await signedIn('voluntary');
    expect((await tale.begin(STEP_UP)).step).toBe('password');
    const page = await tale.typePassword();
    expect(page.step).toBe('activate');
    await tale.browser.submit({ code: codeOf(shownSecret(page)) }, '/activate');
    expect((await server.reread(tale.account)).secondFactor.status).toBe('active');
  });

  test('a factor that is turned off while the step-up runs leads to the password, and not to a set-up', async () => {
    const tale = await signedIn('voluntary');
    await server.core.secondFactors.bindKnown(tale.account.id, SECRET);
    const copy = await copyOf(tale);
    expect((await copy.open(await tale.relying.request(STEP_UP))).step).toBe('second-factor');
    const account = await server.reread(tale.account);
    await administer(server, operations.account.turnFactorOff, account, {});
    expect((await copy.post(`${copy.page.url}/continue`, {})).step).toBe('password');
  });

  test('a step-up with a code begins no trust, and offers none', async () => {
    const tale = await signedIn('voluntary');
    await server.core.secondFactors.bindKnown(tale.account.id, SECRET);
    const copy = await copyOf(tale);
    const page = await copy.open(await tale.relying.request(STEP_UP));
    expect(page.dom.querySelector('[name=trustBrowser]')).toBeNull();
    await copy.submit({ code: codeOf(SECRET), trustBrowser: 'yes' }, '/second-factor');
    expect(await copy.cookies()).not.toContain('sallyport_trust');
  });

  test('a step-up with the last recovery code makes no new ones', async () => {
    const tale = await signedIn('voluntary');
    await server.core.secondFactors.bindKnown(tale.account.id, SECRET);
    const [only = ''] = await withRecoveryCodes(server, tale.account, 1);
    const copy = await copyOf(tale);
    await copy.open(await tale.relying.request(STEP_UP));
    const landed = await copy.submit({ code: only }, '/second-factor');
    expect(isIn(landed)).toBe(true);
  });

  test.each(['app', 'mail', 'passkey'] as const)(
    'on a person’s own pages: %s, with a code of what is active and no password',
    async (method) => {
      const tale = await signedIn('voluntary');
      await withMail(server, tale.account, tale.account.email ?? '');
      const copy = await copyOf(tale);
      await copy.open('/account/second-factor');
      const before = await server.reread(tale.account);
      const page = `/account/second-factor/set-up/${method}`;
      await copy.post(`${server.issuer}/account/mail-code`, { page });
      const [code = ''] = await mailedCodes(server, tale.account.email ?? '');
      for (const currentPassword of ['', 'wrong password 1'])
        await copy.post(`${server.issuer}${page}`, { code, currentPassword });
      await copy.post(`${server.issuer}${page}/finish`, { code, passkey: '{}', name: 'x' });
      expect((await server.reread(tale.account)).secondFactor).toEqual(before.secondFactor);
    },
  );

  test('on a person’s own pages: new recovery codes, with a code and no password', async () => {
    const tale = await signedIn('voluntary');
    await server.core.secondFactors.bindKnown(tale.account.id, SECRET);
    await withRecoveryCodes(server, tale.account, 3);
    const before = (await server.reread(tale.account)).secondFactor.recoveryCodes;
    const copy = await copyOf(tale);
    await copy.open('/account/second-factor/recovery-codes');
    await copy.submit({ code: codeOf(SECRET) }, '/recovery-codes');
    expect(copy.page.dom.querySelector('[data-recovery-codes]')).toBeNull();
    expect((await server.reread(tale.account)).secondFactor.recoveryCodes).toEqual(before);
  });

  test('SEC-4 X17 new recovery codes are of the round of the factors that was proved', async () => {
    const tale = await signedIn('voluntary');
    await server.core.secondFactors.bindKnown(tale.account.id, SECRET);
    const account = await server.reread(tale.account);
    const proofs = { first: 'password', hasFactor: true } as const;
    const { tenant } = tale;
    const place = { at: 'own-pages', proofs, browser: 'known', where: {} } as const;
    const claimant = { ...memberOf(account, tenant), ...place };
    // Another method was bound between the proof and the codes.
    await server.core.secondFactors.bindKnown(tale.account.id, SECRET);
    expect(await server.core.ownFactors.newRecoveryCodes(claimant)).toBeUndefined();
    expect((await server.reread(tale.account)).secondFactor.recoveryCodes).toBeNull();
    const now = await server.reread(tale.account);
    expect(
      await server.core.ownFactors.newRecoveryCodes({ ...memberOf(now, tenant), ...place }),
    ).toHaveLength(10);
  });

  test('PWD-11 in the place of a password: where administrators enrol, no page sets one up for others', async () => {
    const tale = await signedIn('enrolment');
    expect((await tale.browser.open('/account/second-factor/set-up/app')).status).toBe(404);
    await tale.begin({ prompt: 'login', ...STEP_UP });
    const landed = await tale.typePassword(PASSWORD);
    expect(isIn(landed)).toBe(true);
    expect((await server.reread(tale.account)).secondFactor.status).toBe('none');
  });
});
