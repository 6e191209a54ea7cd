import { describe, expect, test } from '@jest/globals';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer, administratorOf, OPERATOR, refusalOf } from '../support/administration.ts';
import { CALLBACK, isIn, PASSWORD, SECRET } from '../support/app.ts';
import { MULTI_FACTOR_ACR } from '../support/application.ts';
import { anAddress, atTheCode, mailTo, shownCodes } from '../support/factors.ts';
import { codeOf, shownSecret, story } from '../support/story.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const server = serverForAll();
const time = clockForEach();

describe('MFA-10 recovery codes', () => {
  test('S37 V5 each works once, is told by mail and in the log with how many are left', async () => {
    const tale = await atTheCode(server, { totpSecret: SECRET, recovery: 3 });
    const [first = '', second = ''] = tale.codes;
    expect((await tale.browser.submit({ code: first.toLowerCase() }, '/second-factor')).url).toContain(
      CALLBACK,
    );
    expect(await mailTo(server, tale.email, 'A recovery code was used')).toContain('You have 2 codes left');
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
    const email = anAddress();
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
    const file = await tale.browser.press('/recovery-codes-file');
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
    const tale = await atTheCode(server, { totpSecret: SECRET, recovery: 1 });
    const page = await tale.browser.submit({ code: tale.codes[0] ?? '' }, '/second-factor');
    expect(page.step).toBe('recovery-codes');
    expect(shownCodes(page)).toEqual([]);
    const next = await tale.browser.submit({ decision }, '/recovery-codes');
    if (isMade) {
      expect(shownCodes(next)).toHaveLength(10);
      await tale.browser.submit({}, '/recovery-codes');
    }
    expect(isIn(tale.browser.page)).toBe(true);
    expect((await server.reread(tale.account)).secondFactor.recoveryCodes?.hashes).toHaveLength(
      isMade ? 10 : 1,
    );
  });

  test('S79 what is kept of them says nothing: argon2id under one salt', async () => {
    const tale = await atTheCode(server, { totpSecret: SECRET, recovery: 2 });
    const kept = JSON.stringify((await server.reread(tale.account)).secondFactor);
    for (const code of tale.codes) expect(kept).not.toContain(code);
    const { fingerprint } = await import('../../src/foundation/base/index.ts');
    for (const code of tale.codes) expect(kept).not.toContain(fingerprint(code));
  });
});

describe('MFA-11 login codes', () => {
  const issue = (tale: Awaited<ReturnType<typeof atTheCode>>, reason = 'lost phone') =>
    administer(server, operations.account.makeLoginCode, tale.account, { reason });

  test('S38 D12 XXXX-XXXX, shown once, works once in the same field; the person is told', async () => {
    const tale = await atTheCode(server, { totpSecret: SECRET });
    const made = await issue(tale);
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
    const tale = await atTheCode(server, { totpSecret: SECRET });
    const codeFrom = async () => (await issue(tale)).code;
    const older = await codeFrom();
    const newer = await codeFrom();
    expect((await tale.browser.submit({ code: older }, '/second-factor')).step).toBe('second-factor');
    time.move(1_800);
    await tale.signIn();
    expect((await tale.browser.submit({ code: newer }, '/second-factor')).step).toBe('second-factor');
    const voided = await codeFrom();
    await administer(server, operations.account.setPassword, await server.reread(tale.account), {
      password: 'another pass 7',
      permanent: true,
    });
    await tale.browser.jar.removeAllCookies();
    await tale.begin();
    await tale.typePassword('another pass 7', tale.name);
    expect((await tale.browser.submit({ code: voided }, '/second-factor')).step).toBe('wait');
    const { attempts } = await administer(server, operations.account.why, tale.account, { last: 20 });
    const codes = attempts.filter(({ factor }) => factor === 'login-code');
    // The first was of no code any more; the others were right once.
    expect(codes.map(({ rule }) => rule)).toEqual(['wrong code', 'expired', 'expired']);
  });

  test.each([
    ['a reason is missing', async () => ({ reason: ' ' }), 'reason_needed'],
    ['codes are off', async () => ({ preset: 'livevox' }), 'login_codes_off'],
    ['there is no active factor', async () => ({ hasFactor: false }), 'factor_not_active'],
    ['it would be for oneself', async () => ({ own: true }), 'login_code_for_oneself'],
  ])('S38 it is refused where %s', async (_, how, expected) => {
    const given: { reason?: string; preset?: string; hasFactor?: boolean; own?: boolean } = await how();
    const tenant = await server.tenant(given.preset ?? 'cloudcx');
    const person = { email: anAddress(), ...(given.hasFactor === false ? {} : { totpSecret: SECRET }) };
    const account = await server.reread(await server.account(tenant, person));
    const actor = given.own ? { ...administratorOf(tenant), by: account.id } : OPERATOR;
    const { code } = await refusalOf(
      server,
      operations.account.makeLoginCode,
      account,
      { reason: given.reason ?? 'lost phone' },
      actor,
    );
    expect(code).toBe(expected);
    expect((await server.reread(account)).secondFactor.loginCode).toBeNull();
  });

  test('S38 one administrator issues a hundred a day, and no more', async () => {
    const tale = await atTheCode(server, { totpSecret: SECRET });
    const actor = { ...administratorOf(tale.tenant), by: 'an-administrator' };
    for (let n = 0; n < 100; n++)
      expect(await server.core.budgets.take('login-code:an-administrator', 100, 86_400)).toBe(true);
    expect(
      await refusalOf(
        server,
        operations.account.makeLoginCode,
        tale.account,
        { reason: 'lost phone' },
        actor,
      ),
    ).toEqual({
      code: 'login_codes_used_up',
      values: { most: 100 },
    });
  });
});

describe('a site that has codes no more', () => {
  test.each([
    ['recovery codes', { 'secondFactor.recoveryCodes': null }, 'AAAA-AAAA-AAAA-AAAA'],
    ['login codes', { 'secondFactor.loginCodes': false }, 'AAAA-AAAA'],
  ])('%s: those that were made before are wrong, and not offered', async (kind, values, dummy) => {
    const tale = await atTheCode(server, { totpSecret: SECRET, recovery: 2 });
    const made = await administer(server, operations.account.makeLoginCode, tale.account, {
      reason: 'lost phone',
    });
    const code = kind === 'login codes' && 'code' in made ? made.code : (tale.codes[0] ?? dummy);
    await server.changePolicy(tale.tenant, values);
    const page = await tale.signIn();
    const help = page.dom.querySelectorAll('details li').map((li) => li.text.toLowerCase());
    expect(help.join(' ')).not.toContain(kind === 'login codes' ? 'login code' : 'recovery code');
    expect((await tale.browser.submit({ code }, '/second-factor')).step).toBe('second-factor');
    expect(await server.wrongCodes(tale.account)).toBe(1);
  });
});
