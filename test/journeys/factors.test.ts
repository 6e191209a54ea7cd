import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { CALLBACK, PASSWORD, type StartedApp, startApp } from '../support/app.ts';
import { errorOf } from '../support/application.ts';
import { Browser } from '../support/browser.ts';
import {
  ADMINISTRATOR,
  mailedCodes,
  mailTo,
  shownCodes,
  withMail,
  withRecoveryCodes,
} from '../support/factors.ts';
import { codeOf, shownSecret, story } from '../support/story.ts';
import { holdTime } from '../support/time.ts';

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const MULTI_FACTOR_ACR = 'urn:sallyport:acr:multi-factor';

let server: StartedApp;
let time: ReturnType<typeof holdTime> | undefined;
let people = 0;
const address = () => `person${++people}@site.example`;
beforeAll(async () => {
  server = await startApp();
});
afterEach(() => {
  time?.release();
  time = undefined;
});
afterAll(() => server.close());

/** Somebody of a cloudcx site, past the password. */
async function atTheCode(
  options: { totpSecret?: string; mail?: boolean; recovery?: number; preset?: string } = {},
) {
  const email = address();
  const { totpSecret, preset = 'cloudcx' } = options;
  const tale = await story(server, {
    preset,
    person: { email, ...(totpSecret ? { totpSecret } : {}) },
  });
  if (options.mail) await withMail(server, tale.account, email);
  const codes = options.recovery ? await withRecoveryCodes(server, tale.account, options.recovery) : [];
  const name = preset === 'cloudcx' ? email : tale.account.userName;
  const signIn = async (extra: Record<string, string> = {}) => {
    await tale.browser.jar.removeAllCookies();
    await tale.begin(extra);
    return tale.typePassword(PASSWORD, name);
  };
  return { ...tale, email, name, codes, signIn, page: await signIn() };
}

describe('MFA-9 codes by mail', () => {
  test('the first code is sent without asking, the page says where to, and it signs in', async () => {
    const tale = await atTheCode({ mail: true });
    expect(tale.page).toMatchObject({ step: 'second-factor', status: 200 });
    expect(tale.page.dom.querySelector('.note')?.text).toContain(`p•••@site.example`);
    expect(tale.page.html).not.toContain(tale.email);
    const [code = ''] = await mailedCodes(server, tale.email);
    const landed = await tale.browser.submit(
      { code: `${code.slice(0, 3)} ${code.slice(3)}` },
      '/second-factor',
    );
    expect((await tale.relying.exchange(landed.url)).claims()).toMatchObject({
      acr: MULTI_FACTOR_ACR,
      amr: ['pwd', 'otp', 'mfa'],
    });
    // Used: it does nothing a second time, in whichever attempt.
    await tale.signIn();
    expect((await tale.browser.submit({ code }, '/second-factor')).step).toBe('second-factor');
  });

  test('a newer code voids the older; another one after 60 seconds, and at most five an attempt', async () => {
    time = holdTime();
    const tale = await atTheCode({ mail: true });
    const again = () => tale.browser.submit({}, '/mail-code');
    expect((await again()).alert).toContain('less than a minute');
    for (let n = 2; n <= 5; n++) {
      time.move(60);
      expect((await again()).dom.querySelector('[role=status]')?.text).toContain('on its way');
    }
    const [newest = '', , , , oldest = ''] = await mailedCodes(server, tale.email, 5);
    time.move(60);
    expect(tale.browser.page.dom.querySelector('form[action$="/mail-code"]')).toBeNull();
    const uid = tale.browser.page.url;
    expect((await tale.browser.post(`${uid}/mail-code`, {})).alert).toContain('No more codes');
    expect(await mailedCodes(server, tale.email, 5)).toHaveLength(5);
    if (oldest !== newest)
      expect((await tale.browser.submit({ code: oldest }, '/second-factor')).step).toBe('second-factor');
    expect((await tale.browser.submit({ code: newest }, '/second-factor')).url.startsWith(CALLBACK)).toBe(
      true,
    );
  });

  test('S41 after ten minutes it is refused, and `why` says so', async () => {
    time = holdTime();
    const tale = await atTheCode({ mail: true });
    const [code = ''] = await mailedCodes(server, tale.email);
    time.move(600);
    expect((await tale.browser.submit({ code }, '/second-factor')).step).toBe('second-factor');
    const { attempts } = await server.core.administration.why(tale.tenant, tale.account, 1);
    expect(attempts).toMatchObject([{ rule: 'expired', factor: 'mailed-code', failures: 1 }]);
  });

  test('bound to the attempt: the code of one browser does nothing in another', async () => {
    const tale = await atTheCode({ mail: true });
    const [code = ''] = await mailedCodes(server, tale.email);
    const other = new Browser(server.issuer);
    await other.open(await tale.relying.request());
    const fields = { clientCode: tale.tenant.clientCode, userName: tale.name, password: PASSWORD };
    expect((await other.submit(fields, '/password')).step).toBe('second-factor');
    const [theirs] = await mailedCodes(server, tale.email, 2);
    if (theirs !== code) expect((await other.submit({ code }, '/second-factor')).step).toBe('second-factor');
    expect((await tale.browser.submit({ code }, '/second-factor')).url.startsWith(CALLBACK)).toBe(true);
  });

  test('S49 an account is mailed at most twenty codes an hour, however many attempts ask', async () => {
    const tale = await atTheCode({ mail: true });
    const { mailedCodes: codes } = server.core;
    for (let n = 2; n <= 20; n++)
      expect(await codes.send(`test:${tale.account.id}:${n}`, tale.account, tale.email)).toBe('sent');
    expect(await codes.send(`test:${tale.account.id}:21`, tale.account, tale.email)).toBe('too-many');
  });

  test('app and mail side by side: the person picks, either works, and the last choice comes first next time', async () => {
    const tale = await atTheCode({ totpSecret: SECRET, mail: true });
    expect(tale.page.dom.querySelector('.lead')?.text).toContain('authenticator app');
    expect(await tale.browser.submit({ method: 'mail' }, '/method')).toMatchObject({ step: 'second-factor' });
    const [code = ''] = await mailedCodes(server, tale.email);
    // The app's code does too: the field takes whatever the person has.
    expect((await tale.browser.submit({ code }, '/second-factor')).url.startsWith(CALLBACK)).toBe(true);
    expect((await tale.signIn()).dom.querySelector('.lead')?.text).toContain('mailed to you');
    expect(
      (await tale.browser.submit({ code: codeOf(SECRET) }, '/second-factor')).url.startsWith(CALLBACK),
    ).toBe(true);
    expect((await tale.signIn()).dom.querySelector('.lead')?.text).toContain('authenticator app');
  });

  test('MFA-9 S33 set up at the sign-in where the site allows nothing else: it ends only with a code', async () => {
    const email = address();
    const tenant = await server.tenant('liveperson', (policy) => ({
      ...policy,
      secondFactor: { ...policy.secondFactor, methods: ['mail'] },
    }));
    const tale = await story(server, { tenant, person: { email } });
    await tale.begin();
    expect(await tale.typePassword()).toMatchObject({ step: 'activate' });
    expect((await tale.browser.submit({}, '/mail-code')).step).toBe('activate');
    const [code = ''] = await mailedCodes(server, email);
    const wrong = code === '000000' ? '111111' : '000000';
    expect((await tale.browser.submit({ code: wrong }, '/activate')).step).toBe('activate');
    expect((await server.reread(tale.account)).secondFactor.status).toBe('none');
    expect((await tale.browser.submit({ code }, '/activate')).url.startsWith(CALLBACK)).toBe(true);
    expect((await server.reread(tale.account)).secondFactor).toMatchObject({
      status: 'active',
      authenticators: [{ kind: 'mail', email }],
    });
  });

  test('where nothing can be set up the page says whom to ask', async () => {
    const tenant = await server.tenant('liveperson', (policy) => ({
      ...policy,
      lockout: { ...policy.lockout, contactLine: 'Call 4711.' },
      secondFactor: { ...policy.secondFactor, methods: ['mail'] },
    }));
    const tale = await story(server, { tenant });
    await tale.begin();
    const page = await tale.typePassword();
    expect(page).toMatchObject({ step: 'activate', status: 200 });
    expect(page.html).toContain('Call 4711.');
    expect(page.dom.querySelector('[name=code]')).toBeNull();
  });
});

describe('MFA-10 recovery codes', () => {
  test('S37 S38 V5 each works once, is told by mail and in the log with how many are left', async () => {
    const tale = await atTheCode({ totpSecret: SECRET, recovery: 3 });
    const [first = '', second = ''] = tale.codes;
    expect((await tale.browser.submit({ code: first.toLowerCase() }, '/second-factor')).url).toContain(
      CALLBACK,
    );
    expect(await mailTo(server, tale.email, 'A recovery code was used')).toContain('left: 2');
    await tale.signIn();
    expect((await tale.browser.submit({ code: first }, '/second-factor')).step).toBe('second-factor');
    const landed = await tale.browser.submit({ code: second }, '/second-factor');
    expect((await tale.relying.exchange(landed.url)).claims()).toMatchObject({ amr: ['pwd', 'otp', 'mfa'] });
    const used = (await server.core.audit.ofAccount(tale.account.id, 50)).filter(
      ({ type }) => type === 'recovery-code.used',
    );
    expect(used.map(({ detail }) => detail)).toEqual([{ left: 2 }, { left: 1 }]);
  });

  test('they come with the first method at the sign-in: shown until they are saved, to download, then never again', async () => {
    const email = address();
    const tale = await story(server, { preset: 'cloudcx', person: { email, isEnrolled: true } });
    await tale.begin();
    const secret = shownSecret(await tale.typePassword(PASSWORD, email));
    const page = await tale.browser.submit({ code: codeOf(secret) }, '/activate');
    expect(page).toMatchObject({ step: 'recovery-codes', status: 200 });
    const codes = shownCodes(page);
    expect(codes).toHaveLength(10);
    for (const code of codes) expect(code).toMatch(/^([A-Z2-7]{4}-){3}[A-Z2-7]{4}$/);
    // A reload shows the same; nothing else of the sign-in can be reached past it.
    expect(shownCodes(await tale.browser.open(page.url))).toEqual(codes);
    const file = await tale.browser.submit({}, '/recovery-codes-file');
    expect(file.headers.get('content-disposition')).toBe('attachment; filename="recovery-codes.txt"');
    expect(file.headers.get('cache-control')).toBe('no-store');
    for (const code of codes) expect(file.html).toContain(code);
    await tale.browser.open(page.url);
    const landed = await tale.browser.submit({}, '/recovery-codes');
    expect((await tale.relying.exchange(landed.url)).claims()).toMatchObject({ amr: ['pwd', 'otp', 'mfa'] });
    expect((await tale.browser.open(page.url)).html).not.toContain(codes[0]);
    await tale.browser.jar.removeAllCookies();
    await tale.begin();
    await tale.typePassword(PASSWORD, email);
    expect((await tale.browser.submit({ code: codes[7] ?? '' }, '/second-factor')).url).toContain(CALLBACK);
  });

  test.each([
    ['generate', true],
    ['later', false],
  ])('after the last one new ones are offered: %s', async (decision, isMade) => {
    const tale = await atTheCode({ totpSecret: SECRET, recovery: 1 });
    const page = await tale.browser.submit({ code: tale.codes[0] ?? '' }, '/second-factor');
    expect(page.step).toBe('recovery-codes');
    expect(shownCodes(page)).toEqual([]);
    const next = await tale.browser.submit({ decision }, '/recovery-codes');
    if (isMade) {
      expect(shownCodes(next)).toHaveLength(10);
      await tale.browser.submit({}, '/recovery-codes');
    }
    expect(tale.browser.page.url.startsWith(CALLBACK)).toBe(true);
    expect((await server.reread(tale.account)).secondFactor.recoveryCodes?.hashes).toHaveLength(
      isMade ? 10 : 1,
    );
  });

  test('S79 what is kept of them says nothing: argon2id under one salt', async () => {
    const tale = await atTheCode({ totpSecret: SECRET, recovery: 2 });
    const kept = JSON.stringify((await server.reread(tale.account)).secondFactor);
    for (const code of tale.codes) expect(kept).not.toContain(code);
    const { fingerprint } = await import('../../src/base/index.ts');
    for (const code of tale.codes) expect(kept).not.toContain(fingerprint(code));
  });
});

describe('MFA-11 login codes', () => {
  const issue = (tale: Awaited<ReturnType<typeof atTheCode>>, reason = 'lost phone') =>
    server.core.administration.makeLoginCode(tale.tenant, tale.account, ADMINISTRATOR, reason);

  test('S38 D12 XXXX-XXXX, shown once, works once in the same field; the person is told', async () => {
    const tale = await atTheCode({ totpSecret: SECRET });
    const made = await issue(tale);
    if ('refused' in made) throw new Error(made.refused);
    expect(made.code).toMatch(/^[A-Z2-7]{4}-[A-Z2-7]{4}$/);
    expect(server.mailbox.messages.map(({ text }) => text).join('\n')).not.toContain(made.code);
    await mailTo(server, tale.email, 'An administrator made a login code');
    const landed = await tale.browser.submit({ code: made.code }, '/second-factor');
    expect((await tale.relying.exchange(landed.url)).claims()).toMatchObject({
      acr: MULTI_FACTOR_ACR,
      amr: ['pwd', 'otp', 'mfa'],
    });
    await tale.signIn();
    expect((await tale.browser.submit({ code: made.code }, '/second-factor')).step).toBe('second-factor');
  });

  test('a newer one voids it, thirty minutes end it, and so does a new password', async () => {
    time = holdTime();
    const tale = await atTheCode({ totpSecret: SECRET });
    const codeFrom = async () => {
      const made = await issue(tale);
      return 'code' in made ? made.code : '';
    };
    const older = await codeFrom();
    const newer = await codeFrom();
    expect((await tale.browser.submit({ code: older }, '/second-factor')).step).toBe('second-factor');
    time.move(1_800);
    await tale.signIn();
    expect((await tale.browser.submit({ code: newer }, '/second-factor')).step).toBe('second-factor');
    const voided = await codeFrom();
    await server.core.administration.setPassword(
      tale.tenant,
      await server.reread(tale.account),
      { typed: 'another pass 7', isPermanent: true },
      ADMINISTRATOR,
    );
    await tale.browser.jar.removeAllCookies();
    await tale.begin();
    await tale.typePassword('another pass 7', tale.name);
    expect((await tale.browser.submit({ code: voided }, '/second-factor')).step).toBe('wait');
    const { attempts } = await server.core.administration.why(tale.tenant, tale.account, 20);
    const codes = attempts.filter(({ factor }) => factor === 'login-code');
    // The first was of no code any more; the others were right once.
    expect(codes.map(({ rule }) => rule)).toEqual(['wrong code', 'expired', 'expired']);
  });

  test.each([
    ['a reason is missing', async () => ({ reason: ' ' })],
    ['codes are off', async () => ({ preset: 'livevox' })],
    ['there is no active factor', async () => ({ hasFactor: false })],
    ['it would be for oneself', async () => ({ own: true })],
  ])('S38 it is refused where %s', async (_, how) => {
    const given: { reason?: string; preset?: string; hasFactor?: boolean; own?: boolean } = await how();
    const tenant = await server.tenant(given.preset ?? 'cloudcx');
    const person = { email: address(), ...(given.hasFactor === false ? {} : { totpSecret: SECRET }) };
    const account = await server.reread(await server.account(tenant, person));
    const actor = given.own ? { by: account.id, isOperator: false } : ADMINISTRATOR;
    const made = await server.core.administration.makeLoginCode(
      tenant,
      account,
      actor,
      given.reason ?? 'lost phone',
    );
    expect(made).toEqual({ refused: expect.any(String) });
    expect((await server.reread(account)).secondFactor.loginCode).toBeNull();
  });

  test('S38 one administrator issues a hundred a day, and no more', async () => {
    const tale = await atTheCode({ totpSecret: SECRET });
    const actor = { by: 'somebody busy', isOperator: false };
    for (let n = 0; n < 100; n++)
      expect(await server.core.budgets.take('login-code:somebody busy', 100, 86_400)).toBe(true);
    const { administration } = server.core;
    expect(await administration.makeLoginCode(tale.tenant, tale.account, actor, 'lost phone')).toEqual({
      refused: expect.stringContaining('100'),
    });
  });
});

describe('a site that has codes no more', () => {
  test.each([
    ['recovery codes', { 'secondFactor.recoveryCodes': null }, 'AAAA-AAAA-AAAA-AAAA'],
    ['login codes', { 'secondFactor.loginCodes': false }, 'AAAA-AAAA'],
  ])('%s: those that were made before are wrong, and not offered', async (kind, values, dummy) => {
    const tale = await atTheCode({ totpSecret: SECRET, recovery: 2 });
    const made = await server.core.administration.makeLoginCode(
      tale.tenant,
      tale.account,
      ADMINISTRATOR,
      'lost phone',
    );
    const code = kind === 'login codes' && 'code' in made ? made.code : (tale.codes[0] ?? dummy);
    await server.core.tenants.changePolicy({
      tenantId: tale.tenant.id,
      expectedRevision: 1,
      values,
      by: 'command-line',
      reason: '',
      isOperator: true,
    });
    const page = await tale.signIn();
    const help = page.dom.querySelectorAll('details li').map((li) => li.text.toLowerCase());
    expect(help.join(' ')).not.toContain(kind === 'login codes' ? 'login code' : 'recovery code');
    expect((await tale.browser.submit({ code }, '/second-factor')).step).toBe('second-factor');
    expect(await server.wrongCodes(tale.account)).toBe(1);
  });
});

describe('the code page', () => {
  test('SGN-1 MFA-11 it says what the person has, and what to do when nothing works', async () => {
    const tale = await atTheCode({ totpSecret: SECRET, mail: true, recovery: 2 });
    expect(tale.page.dom.querySelector('h1')?.text).toBe('Input Authentication Code');
    expect(tale.page.dom.querySelector('form[action$="/second-factor"] button')?.text).toBe('Verify');
    const field = tale.page.dom.querySelector('[name=code]');
    expect([field?.getAttribute('autocomplete'), field?.getAttribute('inputmode')]).toEqual([
      'one-time-code',
      'text',
    ]);
    const help = tale.page.dom.querySelectorAll('details li').map((li) => li.text);
    expect(help.join(' ')).toMatch(/clock.*recovery codes.*login code.*administrator/);
    expect(tale.page.dom.querySelectorAll('form[action$="/method"] button').map((b) => b.text)).toEqual([
      'Mail me a code instead',
    ]);
  });

  test('MFA-12 cloudcx: the third and fourth failure begin a wait of the account; right codes then are neither checked nor counted', async () => {
    time = holdTime();
    time.toStepStart(1);
    const tale = await atTheCode({ totpSecret: SECRET });
    const wrong = () => tale.browser.submit({ code: '000 000' }, '/second-factor');
    expect((await wrong()).step).toBe('second-factor');
    expect((await wrong()).step).toBe('second-factor');
    for (const failures of [3, 4]) {
      const page = await wrong();
      expect(page.step).toBe('wait');
      expect(page.alert).toContain('Please try again in five minutes.');
      // In another browser too: the wait belongs to the account.
      const other = new Browser(server.issuer);
      await other.open(await tale.relying.request());
      await other.submit(
        { clientCode: tale.tenant.clientCode, userName: tale.name, password: PASSWORD },
        '/password',
      );
      expect(other.page.step).toBe('wait');
      await other.post(`${other.page.url}/second-factor`, { code: codeOf(SECRET) });
      expect(other.page.step).toBe('wait');
      expect(await server.wrongCodes(tale.account)).toBe(failures);
      time.move(299);
      expect((await tale.browser.open(page.url)).step).toBe('wait');
      time.move(1);
      expect((await tale.browser.open(page.url)).step).toBe('second-factor');
    }
    expect((await wrong()).step).toBe('locked');
    expect((await server.reread(tale.account)).lock).toMatchObject({ cause: 'second-factor' });
  });

  test('V9 S21 wrong codes of every kind, over several attempts, count together and lock on the fifth', async () => {
    const tale = await atTheCode({ totpSecret: SECRET, recovery: 2, preset: 'livevox' });
    for (const [n, code] of ['000000', 'AAAA-AAAA', 'AAAA-AAAA-AAAA-AAAA', '12345', 'what?'].entries()) {
      await tale.signIn();
      const page = await tale.browser.submit({ code }, '/second-factor');
      expect(page.step).toBe(n === 4 ? 'locked' : 'second-factor');
    }
    const { attempts } = await server.core.administration.why(tale.tenant, tale.account, 20);
    const tries = attempts.filter(({ outcome, factor }) => outcome === 'failure' && factor !== 'password');
    expect(tries.map(({ factor }) => factor)).toEqual([
      'totp',
      'login-code',
      'recovery-code',
      'code',
      'code',
    ]);
  });

  test('V6 S22 locked by codes and unlocked, the old tab is back at the password', async () => {
    const tale = await atTheCode({ totpSecret: SECRET, preset: 'livevox' });
    for (let n = 0; n < 5; n++) await tale.browser.submit({ code: '000000' }, '/second-factor');
    await server.core.administration.unlock(await server.reread(tale.account), ADMINISTRATOR, '');
    expect((await tale.browser.post(`${tale.page.url}/second-factor`, { code: codeOf(SECRET) })).step).toBe(
      'password',
    );
  });

  test('an empty field costs nothing', async () => {
    const tale = await atTheCode({ totpSecret: SECRET });
    expect((await tale.browser.submit({ code: ' ' }, '/second-factor')).alert).toContain('type a code');
    expect(await server.wrongCodes(tale.account)).toBe(0);
  });
});

describe('V18 no side door of a locked account', () => {
  const lock = (account: { id: string }) =>
    server.core.accounts.update(account.id, (a) => ({
      ...a,
      lock: { cause: 'second-factor', at: 1 },
    }));
  const PROMPTS: [string, Record<string, string>][] = [
    ['prompt=login', { prompt: 'login' }],
    ['max_age=0', { max_age: '0' }],
    ['a step-up', { acr_values: MULTI_FACTOR_ACR }],
  ];

  test.each(PROMPTS)(
    'S24 asked again by %s it meets the lock, with password and code right',
    async (_, extra) => {
      const tale = await story(server, { preset: 'vcc-live' });
      await tale.begin();
      await tale.typePassword();
      await server.core.secondFactors.bindKnown(tale.account.id, SECRET);
      await lock(tale.account);
      const page = await tale.begin(extra);
      if (page.step === 'password') await tale.typePassword();
      expect(tale.browser.page.step).toBe('locked');
      await tale.browser.post(`${tale.browser.page.url}/second-factor`, { code: codeOf(SECRET) });
      expect(tale.browser.page.step).toBe('locked');
    },
  );

  test('D7 a refresh token goes on through a lock, ends with it where the site says so, and always when disabled', async () => {
    for (const endsSessions of [false, true]) {
      const tenant = await server.tenant('vcc-live', (policy) => ({
        ...policy,
        lockout: { ...policy.lockout, endsSessions, secondFactor: 1 },
      }));
      const tale = await story(server, { tenant });
      await tale.begin({ scope: 'openid offline_access', prompt: 'consent' });
      await tale.typePassword();
      const tokens = await tale.relying.exchange(
        (await tale.browser.submit({ decision: 'allow' }, '/consent')).url,
      );
      await server.core.secondFactors.bindKnown(tale.account.id, SECRET);
      await tale.begin({ acr_values: MULTI_FACTOR_ACR });
      // Where the lock ends the session, the step-up of that session is over with it.
      const page = await tale.browser.submit({ code: '000000' }, '/second-factor');
      expect(page.step).toBe(endsSessions ? 'expired-link' : 'locked');
      expect((await server.reread(tale.account)).lock?.cause).toBe('second-factor');
      if (endsSessions)
        await expect(tale.relying.refresh(tokens)).rejects.toMatchObject({ error: 'invalid_grant' });
      else {
        const fresh = await tale.relying.refresh(tokens);
        await server.core.administration.setStatus(tale.account, 'disabled', ADMINISTRATOR, '');
        await expect(tale.relying.refresh(fresh)).rejects.toMatchObject({ error: 'invalid_grant' });
      }
    }
  });
});

describe('SGN-3 step-up', () => {
  test('S40 V35 a session made with a password alone gives the code when an application asks, and only that', async () => {
    const tale = await story(server, { preset: 'vcc-live' });
    await tale.begin();
    const first = await tale.relying.exchange((await tale.typePassword()).url);
    await server.core.secondFactors.bindKnown(tale.account.id, SECRET);
    const page = await tale.begin({ acr_values: MULTI_FACTOR_ACR });
    expect(page.step).toBe('second-factor');
    const landed = await tale.browser.submit({ code: codeOf(SECRET) }, '/second-factor');
    const claims = (await tale.relying.exchange(landed.url)).claims();
    expect(claims).toMatchObject({
      acr: MULTI_FACTOR_ACR,
      amr: ['pwd', 'otp', 'mfa'],
      sub: first.claims()?.sub,
    });
  });

  test('an account that cannot have a factor is sent back where the application insists', async () => {
    const tale = await story(server, { preset: 'livevox', person: { population: 'agent' } });
    const claims = JSON.stringify({ id_token: { acr: { essential: true, value: MULTI_FACTOR_ACR } } });
    await tale.begin({ claims });
    expect(errorOf((await tale.typePassword()).url)).toBe('unmet_authentication_requirements');
  });

  test('S39 auth_time is that of the sign-in, and does not creep over later prompts', async () => {
    time = holdTime();
    const tale = await atTheCode({ totpSecret: SECRET });
    const landed = await tale.browser.submit({ code: codeOf(SECRET) }, '/second-factor');
    const at = (await tale.relying.exchange(landed.url)).claims()?.auth_time;
    time.move(120);
    const later = await tale.begin();
    expect((await tale.relying.exchange(later.url)).claims()?.auth_time).toBe(at);
  });
});
