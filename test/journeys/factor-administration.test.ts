import { describe, expect, test } from '@jest/globals';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer, refusalOf } from '../support/administration.ts';
import { CALLBACK, isIn, PASSWORD, SECRET } from '../support/app.ts';
import { Browser } from '../support/browser.ts';
import { mailTo } from '../support/factors.ts';
import { policyWith } from '../support/policies.ts';
import { codeOf, shownSecret, story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';
import { holdTime } from '../support/time.ts';

const OTHER = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

const server = serverForAll();
let people = 0;
const address = () => `person${++people}@site.example`;

const entriesOf = async ({ id }: { id: string }, type: string) =>
  (await server.core.audit.ofAccount(id, 100)).filter((entry) => entry.type === type);

describe('MFA-3 enrol', () => {
  test('the person sets it up at the next sign-in; what is active stays', async () => {
    const tale = await story(server, { person: { email: address() } });
    expect(await administer(server, operations.account.enrol, tale.account, { reason: 'new hire' })).toEqual({
      secondFactor: 'pending',
    });
    expect(await entriesOf(tale.account, 'account.enrolled')).toMatchObject([{ reason: 'new hire' }]);
    await tale.begin();
    expect((await tale.typePassword()).step).toBe('activate');
    await server.core.secondFactors.bindKnown(tale.account.id, SECRET);
    expect(await refusalOf(server, operations.account.enrol, tale.account, {})).toMatchObject({
      code: 'factor_active',
    });
  });

  test('MFA-1 where the mode is not about the person it is refused', async () => {
    const tale = await story(server, { person: { population: 'agent' } });
    expect(await refusalOf(server, operations.account.enrol, tale.account, {})).toMatchObject({
      code: 'factor_mode_off',
    });
    expect((await server.reread(tale.account)).secondFactor.status).toBe('none');
  });
});

describe('MFA-7 reset', () => {
  test.each(['off', 'voluntary', 'enrolment', 'required'] as const)(
    'S35 under mode %s: revoked, sessions end, pending, told by mail; the next sign-in sets up another one',
    async (mode) => {
      const tenant = await server.tenant('livevox', policyWith({ secondFactor: { mode } }));
      const email = address();
      const tale = await story(server, { tenant, person: { totpSecret: SECRET, email } });
      await tale.begin();
      await tale.typePassword();
      const landed = await tale.browser.submit({ code: codeOf(SECRET) }, '/second-factor');
      const tokens = await tale.relying.exchange(landed.url);
      await administer(server, operations.account.resetFactor, tale.account, { reason: 'lost phone' });
      expect((await server.reread(tale.account)).secondFactor).toMatchObject({
        status: 'pending',
        authenticators: [],
      });
      await expect(tale.relying.userinfo(tokens)).rejects.toMatchObject({ status: 401 });
      expect(await entriesOf(tale.account, 'factor.reset')).toMatchObject([
        { reason: 'lost phone', actor: 'command-line' },
      ]);
      await mailTo(server, email, 'Your second factor was reset');
      await tale.begin();
      expect((await tale.typePassword()).step).toBe('activate');
      expect(shownSecret(tale.browser.page)).not.toBe(SECRET);
    },
  );

  test.each(['reset', 'turn off'])(
    '%s clears the count of codes and no lock, nor the count of passwords',
    async (how) => {
      const tale = await story(server, { preset: 'vcc-live', person: { totpSecret: SECRET } });
      const { lockout } = server.core;
      await tale.begin();
      await tale.typePassword('wrong 12345');
      await tale.typePassword();
      for (let n = 0; n < 3; n++) await tale.browser.submit({ code: '000000' }, '/second-factor');
      expect(await server.wrongCodes(tale.account)).toBe(3);
      await server.core.accounts.update(tale.account.id, (a) => ({
        ...a,
        lock: { cause: 'password', at: 1 },
      }));
      if (how === 'reset') await administer(server, operations.account.resetFactor, tale.account, {});
      else await administer(server, operations.account.turnFactorOff, tale.account, {});
      expect(await server.wrongCodes(tale.account)).toBe(0);
      expect((await server.reread(tale.account)).lock).toEqual({ cause: 'password', at: 1 });
      await lockout.unlock(tale.account.id);
      await tale.browser.jar.removeAllCookies();
      await tale.begin();
      await tale.typePassword();
      if (how === 'turn off') expect(isIn(tale.browser.page)).toBe(true);
      else expect(tale.browser.page.step).toBe('activate');
    },
  );

  test('a person without a factor has none to reset or turn off', async () => {
    const tale = await story(server);
    const refused = { code: 'factor_missing', values: { userName: tale.account.userName } };
    expect(await refusalOf(server, operations.account.resetFactor, tale.account, {})).toEqual(refused);
    expect(await refusalOf(server, operations.account.turnFactorOff, tale.account, {})).toEqual(refused);
  });
});

describe('MFA-6 turned off by an administrator', () => {
  test.each([
    ['off', 'none'],
    ['voluntary', 'none'],
    ['enrolment', 'none'],
    ['required', 'pending'],
  ] as const)(
    'under mode %s it leads to %s; no code of the person, and sessions go on',
    async (mode, status) => {
      const tenant = await server.tenant('livevox', policyWith({ secondFactor: { mode } }));
      const email = address();
      const tale = await story(server, { tenant, person: { totpSecret: SECRET, email } });
      await tale.begin();
      await tale.typePassword();
      const landed = await tale.browser.submit({ code: codeOf(SECRET) }, '/second-factor');
      const tokens = await tale.relying.exchange(landed.url);
      expect(
        await administer(server, operations.account.turnFactorOff, tale.account, { reason: 'left the desk' }),
      ).toEqual({
        secondFactor: status,
      });
      expect(await tale.relying.userinfo(tokens)).toMatchObject({ sub: tale.account.id });
      expect(await entriesOf(tale.account, 'factor.off')).toMatchObject([{ reason: 'left the desk' }]);
      await mailTo(server, email, 'Your second factor was turned off');
    },
  );
});

describe('MFA-17 activation slips', () => {
  const slipFor = async (tale: Awaited<ReturnType<typeof story>>) => {
    const slip = await administer(server, operations.account.makeSlip, tale.account, { reason: 'no phone' });
    return { ...slip, secret: slip.secret.replaceAll(' ', '') };
  };

  test('S34 the person adds the secret to an app before the sign-in, which then shows no secret, and asks for a code of it', async () => {
    const tale = await story(server);
    const { secret, uri } = await slipFor(tale);
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(new URL(uri).searchParams.get('secret')).toBe(secret);
    await tale.begin();
    const page = await tale.typePassword();
    expect(page.step).toBe('activate');
    expect(page.html).not.toContain(secret);
    expect(page.dom.querySelector('[data-totp-secret]')).toBeNull();
    expect((await tale.browser.submit({ code: '000000' }, '/activate')).step).toBe('activate');
    expect((await tale.browser.submit({ code: codeOf(secret) }, '/activate')).url).toContain(CALLBACK);
    const { secondFactor } = await server.reread(tale.account);
    expect(secondFactor).toMatchObject({ status: 'active', slip: null });
    expect(JSON.stringify(await server.core.audit.ofAccount(tale.account.id, 50))).not.toContain(secret);
  });

  test('a person who lost it sets up by the page instead, which voids it', async () => {
    const tale = await story(server);
    const { secret } = await slipFor(tale);
    await tale.begin();
    await tale.typePassword();
    const shown = shownSecret(await tale.browser.submit({ method: 'app' }, '/method'));
    expect(shown).not.toBe(secret);
    expect((await tale.browser.submit({ code: codeOf(secret) }, '/activate')).step).toBe('activate');
    expect((await tale.browser.submit({ code: codeOf(shown) }, '/activate')).url).toContain(CALLBACK);
    expect((await server.reread(tale.account)).secondFactor.slip).toBeNull();
  });

  test('a newer one voids it, a reset does, and so do fourteen days', async () => {
    const time = holdTime();
    try {
      const tale = await story(server);
      const older = await slipFor(tale);
      const newer = await slipFor(tale);
      await tale.begin();
      await tale.typePassword();
      expect((await tale.browser.submit({ code: codeOf(older.secret) }, '/activate')).step).toBe('activate');
      time.move(14 * 86_400);
      await tale.browser.jar.removeAllCookies();
      await tale.begin();
      const page = await tale.typePassword();
      expect(shownSecret(page)).toMatch(/^[A-Z2-7]{32}$/);
      expect(shownSecret(page)).not.toBe(newer.secret);
      const again = await slipFor(tale);
      await administer(server, operations.account.resetFactor, tale.account, {});
      expect((await server.reread(tale.account)).secondFactor.slip).toBeNull();
      await tale.browser.jar.removeAllCookies();
      await tale.begin();
      await tale.typePassword();
      expect((await tale.browser.submit({ code: codeOf(again.secret) }, '/activate')).step).toBe('activate');
    } finally {
      time.release();
    }
  });

  test('it is refused where the factor is active, off, or no app may be used', async () => {
    const make = async (tale: Awaited<ReturnType<typeof story>>) =>
      (await refusalOf(server, operations.account.makeSlip, tale.account, {})).code;
    expect(await make(await story(server, { person: { totpSecret: OTHER } }))).toBe('factor_active');
    expect(await make(await story(server, { person: { population: 'agent' } }))).toBe('factor_mode_off');
    const tenant = await server.tenant('liveperson', policyWith({ secondFactor: { methods: ['passkey'] } }));
    expect(await make(await story(server, { tenant }))).toBe('factor_method_not_allowed');
  });
});

describe('MFA-17 desks that are shared', () => {
  const shared = () =>
    server.tenant(
      'cloudcx',
      policyWith({
        secondFactor: { trustDays: 30 },
        session: { sharedDesk: true },
      }),
    );

  test('the session ends with the browser, no browser is trusted, and the next desk takes over', async () => {
    const email = address();
    const tale = await story(server, { tenant: await shared(), person: { totpSecret: SECRET, email } });
    const time = holdTime();
    try {
      await tale.begin();
      expect((await tale.typePassword(PASSWORD, email)).dom.querySelector('[name=trustBrowser]')).toBeNull();
      const landed = await tale.browser.submit(
        { code: codeOf(SECRET), trustBrowser: 'yes' },
        '/second-factor',
      );
      const tokens = await tale.relying.exchange(landed.url);
      const session = (await tale.browser.jar.getCookies(server.issuer)).find(
        ({ key }) => key === 'sallyport_session',
      );
      expect(session?.expires).toBe('Infinity');
      expect(await tale.browser.cookies()).not.toContain('sallyport_trust');
      expect((await tale.browser.open('/account')).step).toBe('account');

      time.move(60);
      const desk = new Browser(server.issuer);
      await desk.open(await tale.relying.request());
      await desk.submit(
        { clientCode: tale.tenant.clientCode, userName: email, password: PASSWORD },
        '/password',
      );
      await desk.submit({ code: codeOf(SECRET) }, '/second-factor');
      expect((await desk.open('/account')).step).toBe('account');
      expect((await tale.browser.open('/account')).step).not.toBe('account');
      await expect(tale.relying.userinfo(tokens)).rejects.toMatchObject({ status: 401 });
      const events = await entriesOf(tale.account, 'credential.event');
      expect(events.at(-1)?.detail).toMatchObject({ kind: 'taken-over', browserSessions: 1 });
    } finally {
      time.release();
    }
  });

  test('a second application in the same browser, and asking again there, take nothing over', async () => {
    const email = address();
    const tale = await story(server, { tenant: await shared(), person: { email } });
    await tale.begin();
    const tokens = await tale.relying.exchange((await tale.typePassword(PASSWORD, email)).url);
    await tale.browser.open(await tale.relying.request());
    expect(await tale.relying.userinfo(tokens)).toMatchObject({ sub: tale.account.id });
    await tale.begin({ prompt: 'login' });
    await tale.typePassword(PASSWORD, email);
    expect(isIn(tale.browser.page)).toBe(true);
    expect(await tale.relying.userinfo(tokens)).toMatchObject({ sub: tale.account.id });
  });
});

describe('MFA-1 S36 a change of mode for people who are there', () => {
  test.each([
    ['livevox', 'none', 'required', 'activate'],
    ['livevox', 'none', 'voluntary', 'in'],
    ['livevox', 'pending', 'off', 'activate'],
    ['livevox', 'active', 'off', 'second-factor'],
    ['liveperson', 'none', 'off', 'in'],
    ['liveperson', 'active', 'voluntary', 'second-factor'],
    ['liveperson', 'active', 'enrolment', 'second-factor'],
  ] as const)(
    'from %s, factor %s, to %s: the next sign-in leads to %s',
    async (preset, status, mode, step) => {
      const tale = await story(server, {
        preset,
        person: status === 'active' ? { totpSecret: SECRET } : { isEnrolled: status === 'pending' },
      });
      await server.changePolicy(tale.tenant, { 'secondFactor.mode': mode });
      await tale.begin();
      const page = await tale.typePassword();
      expect(isIn(page) ? 'in' : page.step).toBe(step);
    },
  );
});
