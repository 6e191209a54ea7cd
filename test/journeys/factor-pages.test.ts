import { describe, expect, test } from '@jest/globals';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer } from '../support/administration.ts';
import { PASSWORD, SECRET } from '../support/app.ts';
import { Browser } from '../support/browser.ts';
import { mailedCodes, mailTo, shownCodes, withMail, withRecoveryCodes } from '../support/factors.ts';
import type { NewPerson } from '../support/site.ts';
import { codeOf, type Story, shownSecret, story } from '../support/story.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const OWN = '/account/second-factor';

const server = serverForAll();
const time = clockForEach();
let people = 0;
const address = () => `someone${++people}@site.example`;

const nameOf = (tale: Pick<Story, 'account' | 'tenant'>) =>
  tale.tenant.policy.signIn.identifiedBy === 'email' ? (tale.account.email ?? '') : tale.account.userName;

/** Signed in, with their page of the second factor open. */
async function atHome(preset = 'cloudcx', person: NewPerson = {}) {
  const email = address();
  const tale = await story(server, { preset, person: { email, ...person } });
  await tale.begin();
  await tale.typePassword(PASSWORD, nameOf(tale));
  if (person.totpSecret) await tale.browser.submit({ code: codeOf(person.totpSecret) }, '/second-factor');
  return { ...tale, email, page: await tale.browser.open(OWN) };
}

const stateOf = (page: { dom: Browser['page']['dom'] }, method: string) =>
  page.dom.querySelector(`[data-method=${method}] .state`)?.text ?? '';

async function setUpApp(tale: Awaited<ReturnType<typeof atHome>>) {
  await tale.browser.open(`${OWN}/set-up/app`);
  await tale.browser.submit({ currentPassword: PASSWORD }, '/set-up/app');
  return shownSecret(tale.browser.page);
}

describe('MFA-5 setting a method up', () => {
  test('C voluntary and not set up: the page suggests it, the menu says disabled', async () => {
    const tale = await atHome();
    const overview = await tale.browser.open('/account');
    expect(overview.dom.querySelector('[data-suggests-factor]')).not.toBeNull();
    expect(overview.dom.querySelector('nav')?.text).toContain('Second factor (disabled)');
  });

  test('S34 D10 the app: password first, then a secret that is shown until a code of it ends the set-up; then recovery codes once', async () => {
    const tale = await atHome();
    expect(stateOf(tale.page, 'app')).toBe('disabled');
    const secret = await setUpApp(tale);
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(tale.browser.page.html).toContain('otpauth://totp/');
    expect(tale.browser.page.html).toContain('KeePassXC');
    expect(tale.browser.page.headers.get('cache-control')).toBe('no-store');
    expect((await tale.browser.submit({ code: '000000' }, '/finish')).alert).toContain('not accepted');
    expect(shownSecret(tale.browser.page)).toBe(secret);
    expect((await server.reread(tale.account)).secondFactor.status).toBe('none');
    const codes = shownCodes(await tale.browser.submit({ code: codeOf(secret) }, '/finish'));
    expect(codes).toHaveLength(10);
    const file = await tale.browser.press('/recovery-codes/file');
    for (const code of codes) expect(file.html).toContain(code);
    await tale.browser.open(`${OWN}/recovery-codes`);
    const own = await tale.browser.submit({}, '/recovery-codes/read');
    expect(stateOf(own, 'app')).toContain('enabled');
    expect(own.html).toContain('10 of 10');
    expect(own.dom.querySelector('nav')?.text).toContain('Second factor (enabled)');
    // Later only how many are left; the secret nowhere.
    const later = await tale.browser.open(`${OWN}/recovery-codes`);
    expect(shownCodes(later)).toEqual([]);
    expect((await tale.browser.open(`${OWN}/set-up/app`)).html).not.toContain(secret);
    await mailTo(server, tale.email, 'A second factor was set up');
    const types = (await server.core.audit.ofAccount(tale.account.id, 50)).map(({ type }) => type);
    expect(types).toContain('authenticator.bound');
  });

  test('S33 starting one needs the password, counted where the sign-in counts it', async () => {
    const tale = await atHome('livevox', { totpSecret: SECRET });
    await tale.browser.open(`${OWN}/set-up/app`);
    const page = await tale.browser.submit({ currentPassword: 'wrong 1234', code: '000000' }, '/set-up/app');
    expect(page.alert).toContain('current password is wrong');
    expect(shownSecret(page)).toBe('');
    // The set-up cannot be finished that never began.
    await tale.browser.post(`${OWN}/set-up/app/finish`, { code: codeOf(SECRET) });
    expect(tale.browser.page.url).toContain('/set-up/app');
    for (let n = 0; n < 4; n++)
      await tale.browser.submit({ currentPassword: 'wrong 1234', code: '000000' }, '/set-up/app');
    expect((await server.reread(tale.account)).lock?.cause).toBe('password');
  });

  test('S33 on another device: a code of the old one begins it, and the old one works until the new one is shown to', async () => {
    const tale = await atHome('livevox', { totpSecret: SECRET });
    time.move(60);
    await tale.browser.open(`${OWN}/set-up/app`);
    expect(
      (await tale.browser.submit({ currentPassword: PASSWORD, code: '000000' }, '/set-up/app')).alert,
    ).toContain('not accepted');
    await tale.browser.submit({ currentPassword: PASSWORD, code: codeOf(SECRET) }, '/set-up/app');
    const secret = shownSecret(tale.browser.page);
    time.move(60);
    const { verify } = server.core.secondFactors;
    const before = await server.reread(tale.account);
    expect(await verify(before, codeOf(SECRET), tale.tenant.policy, undefined)).toMatchObject({
      verdict: 'accepted',
    });
    time.move(60);
    const own = await tale.browser.submit({ code: codeOf(secret) }, '/finish');
    expect(own.dom.querySelector('[role=status], [role=alert]')?.text).toContain('set up');
    time.move(60);
    const after = await server.reread(tale.account);
    expect(after.secondFactor.authenticators).toHaveLength(1);
    expect(await verify(after, codeOf(SECRET), tale.tenant.policy, undefined)).toMatchObject({
      verdict: 'wrong',
    });
    expect(await verify(after, codeOf(secret), tale.tenant.policy, undefined)).toMatchObject({
      verdict: 'accepted',
    });
  });

  test('MFA-9 codes by mail: the code goes to the address of the account, and ends the set-up', async () => {
    const tale = await atHome();
    await tale.browser.open(`${OWN}/set-up/mail`);
    const page = await tale.browser.submit({ currentPassword: PASSWORD }, '/set-up/mail');
    expect(page.html).toContain('s•••@site.example');
    const [code = ''] = await mailedCodes(server, tale.email);
    expect(page.html).not.toContain(code);
    expect(shownCodes(await tale.browser.submit({ code }, '/finish'))).toHaveLength(10);
    expect((await server.reread(tale.account)).secondFactor.authenticators).toMatchObject([
      { kind: 'mail', email: tale.email },
    ]);
  });

  test.each([
    ['D11 mail where the policy has it not', 'livevox', 'mail'],
    ['anything where the mode is by enrolment and nothing is active', 'livevox', 'app'],
    ['a method that does not exist', 'cloudcx', 'carrier-pigeon'],
  ])('there is nothing to set up: %s', async (_, preset, method) => {
    const tale = await atHome(preset);
    expect((await tale.browser.open(`${OWN}/set-up/${method}`)).status).toBe(404);
    const posted = await tale.browser.post(`${server.issuer}${OWN}/set-up/${method}`, {
      currentPassword: PASSWORD,
    });
    expect(posted.status).toBe(404);
  });
});

describe('MFA-5 turning a method off', () => {
  const turnOff = async (tale: Awaited<ReturnType<typeof atHome>>, method = 'app') => {
    await tale.browser.open(OWN);
    const link = tale.browser.page.dom.querySelector(`[data-method=${method}] a`)?.getAttribute('href') ?? '';
    return tale.browser.open(link);
  };

  test('a code of any active method is needed, once; the last one takes the recovery codes with it', async () => {
    const tale = await atHome('cloudcx', { totpSecret: SECRET });
    const [recovery = ''] = await withRecoveryCodes(server, tale.account, 2);
    const page = await turnOff(tale);
    expect(page.html).toContain('This is your last method');
    // The code of the sign-in is spent.
    expect((await tale.browser.submit({ code: codeOf(SECRET) })).alert).toContain('not accepted');
    expect((await server.reread(tale.account)).secondFactor.status).toBe('active');
    const own = await tale.browser.submit({ code: recovery });
    expect(stateOf(own, 'app')).toBe('disabled');
    expect((await server.reread(tale.account)).secondFactor).toMatchObject({
      status: 'none',
      authenticators: [],
      recoveryCodes: null,
    });
    await mailTo(server, tale.email, 'A second factor was turned off');
    await tale.browser.jar.removeAllCookies();
    await tale.begin();
    expect((await tale.typePassword(PASSWORD, tale.email)).url).toContain('code=');
  });

  test('one of two: the other stays, with the recovery codes, and a mailed code does too', async () => {
    const tale = await atHome('cloudcx', { totpSecret: SECRET });
    await withRecoveryCodes(server, tale.account, 2);
    await withMail(server, tale.account, tale.email);
    await turnOff(tale);
    await tale.browser.submit({}, '/account/mail-code');
    expect(new URL(tale.browser.page.url).pathname).toContain('/turn-off/');
    const [code = ''] = await mailedCodes(server, tale.email);
    const own = await tale.browser.submit({ code }, tale.browser.page.url.slice(server.issuer.length));
    expect(stateOf(own, 'app')).toBe('disabled');
    expect(stateOf(own, 'mail')).toContain('enabled');
    const { secondFactor } = await server.reread(tale.account);
    expect(secondFactor.authenticators.map(({ kind }) => kind)).toEqual(['mail']);
    expect(secondFactor.recoveryCodes?.hashes).toHaveLength(2);
  });

  test('MFA-1 by enrolment or required only administrators turn it off: no link, and no address', async () => {
    const tale = await atHome('livevox', { totpSecret: SECRET });
    expect(tale.page.html).toContain('Only an administrator');
    const [app] = (await server.reread(tale.account)).secondFactor.authenticators;
    await tale.browser.post(`${server.issuer}${OWN}/turn-off/${app?.id}`, { code: codeOf(SECRET, 1) });
    expect((await server.reread(tale.account)).secondFactor.status).toBe('active');
    expect(await server.wrongCodes(tale.account)).toBe(0);
  });

  test('S24 wrong codes here count with those of the sign-in', async () => {
    const tale = await atHome('vcc-live', { totpSecret: SECRET });
    await turnOff(tale);
    for (let n = 0; n < 5; n++) await tale.browser.submit({ code: '000000' });
    expect((await server.reread(tale.account)).lock?.cause).toBe('second-factor');
  });

  test('V vcc-live says Change for both', async () => {
    const tale = await atHome('vcc-live');
    expect(tale.page.dom.querySelector('[data-method=app] a')?.text).toBe('Change');
    await server.core.secondFactors.bindKnown(tale.account.id, SECRET);
    expect((await tale.browser.open(OWN)).dom.querySelector('[data-method=app] a')?.text).toBe('Change');
  });
});

describe('MFA-10 recovery codes on the page of the account', () => {
  test('S38 new ones take the password and a code, and void the old set at once', async () => {
    const tale = await atHome('cloudcx', { totpSecret: SECRET });
    const [old = ''] = await withRecoveryCodes(server, tale.account, 10);
    await tale.browser.open(`${OWN}/recovery-codes`);
    const currentPassword = PASSWORD;
    const empty = await tale.browser.submit({ currentPassword, code: '' }, '/recovery-codes');
    expect(empty.alert).toContain('Type a code');
    time.move(60);
    const code = codeOf(SECRET);
    const codes = shownCodes(await tale.browser.submit({ currentPassword, code }, '/recovery-codes'));
    expect(codes).toHaveLength(10);
    await mailTo(server, tale.email, 'You have new recovery codes');
    const account = await server.reread(tale.account);
    const { keptCodes } = server.core;
    expect(await keptCodes.spendRecoveryCode(account, old.replaceAll('-', ''))).toBe('wrong');
    expect(await keptCodes.spendRecoveryCode(account, (codes[0] ?? '').replaceAll('-', ''))).toBe('accepted');
    // Ten minutes later they are gone from the page, read or not.
    time.move(600);
    expect(shownCodes(await tale.browser.open(`${OWN}/recovery-codes`))).toEqual([]);
  });

  test('when none is left the page says so', async () => {
    const tale = await atHome('cloudcx', { totpSecret: SECRET });
    const [only = ''] = await withRecoveryCodes(server, tale.account, 1);
    await server.core.keptCodes.spendRecoveryCode(
      await server.reread(tale.account),
      only.replaceAll('-', ''),
    );
    const page = await tale.browser.open('/account');
    expect(page.dom.querySelector('[data-no-recovery-codes]')).not.toBeNull();
  });

  test('where the site gives none there is no page', async () => {
    const tale = await atHome('livevox', { totpSecret: SECRET });
    expect((await tale.browser.open(`${OWN}/recovery-codes`)).status).toBe(404);
  });

  test('what one person is shown is not shown to the next one in the same browser', async () => {
    const tale = await atHome();
    const secret = await setUpApp(tale);
    await tale.browser.submit({ code: codeOf(secret) }, '/finish');
    const codes = shownCodes(await tale.browser.open(`${OWN}/recovery-codes`));
    const next = await server.account(tale.tenant, { email: address(), totpSecret: SECRET });
    await tale.begin({ prompt: 'login' });
    await tale.typePassword(PASSWORD, next.email ?? '');
    await tale.browser.submit({ code: codeOf(SECRET) }, '/second-factor');
    // The engine ends the session of the first one by a form that scripts send.
    await tale.browser.submit({}, '/logout/confirm');
    const page = await tale.browser.open(`${OWN}/recovery-codes`);
    expect(page.html).toContain(next.userName);
    expect(page.status).toBe(200);
    expect(shownCodes(page)).toEqual([]);
    for (const code of codes) expect(page.html).not.toContain(code);
  });
});

describe('other sessions', () => {
  test('S35 after a change the person may end them: this one goes on, the others do not', async () => {
    const tale = await atHome();
    const elsewhere = new Browser(server.issuer);
    await elsewhere.open(await tale.relying.request());
    await elsewhere.submit(
      { clientCode: tale.tenant.clientCode, userName: tale.email, password: PASSWORD },
      '/password',
    );
    expect((await elsewhere.open('/account')).step).toBe('account');
    const page = await tale.browser.submit({}, '/account/other-sessions');
    expect(page.html).toContain('signed out everywhere except here');
    expect((await tale.browser.open('/account')).step).toBe('account');
    expect((await elsewhere.open('/account')).step).toBe('identify');
  });
});

describe('PWD-11 the voluntary change of a password', () => {
  test('takes a recovery or mailed code as well', async () => {
    const tale = await atHome('cloudcx', { totpSecret: SECRET });
    const [code = ''] = await withRecoveryCodes(server, tale.account, 1);
    await tale.browser.open('/account/password');
    const page = await tale.browser.submit(
      { currentPassword: PASSWORD, newPassword: 'brand new 44', newPasswordAgain: 'brand new 44', code },
      '/account/password',
    );
    expect(page).toMatchObject({ step: 'account', status: 200 });
  });
});

describe('an administrator meanwhile', () => {
  test('MFA-7 a reset while a set-up is under way: the secret that was shown binds nothing', async () => {
    const tale = await atHome('vcc-live');
    const secret = await setUpApp(tale);
    await administer(server, operations.account.enrol, tale.account, {});
    await administer(server, operations.account.resetFactor, tale.account, { reason: 'lost' });
    await tale.browser.submit({ code: codeOf(secret) }, '/finish');
    expect((await server.reread(tale.account)).secondFactor.status).toBe('pending');
  });
});
