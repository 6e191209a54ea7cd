import { describe, expect, test } from '@jest/globals';
import { loadPreset, type Policy } from '../../src/capabilities/tenants/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer, administratorOf, refusalOf } from '../support/administration.ts';
import { isIn, PASSWORD } from '../support/app.ts';
import { mailTo } from '../support/factors.ts';
import { policyWith } from '../support/policies.ts';
import { type Story, story } from '../support/story.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const DAY = 86_400;
const NEW = 'brand new words 4';

const server = serverForAll();
const time = clockForEach();

const changeTo = (tale: Story, newPassword: string, again = newPassword, current = PASSWORD) =>
  tale.browser.submit({ currentPassword: current, newPassword, newPasswordAgain: again }, '/change-password');
const withPassword = (values: Partial<Policy['password']>) => policyWith({ password: { ...values } });

describe('expiry', () => {
  test('PWD-5 PWD-9 an expired password: the page says so first, then asks for the old one and twice for the new one', async () => {
    const tale = await story(server, { preset: 'livevox' });
    time.move(90 * DAY);
    await tale.begin();
    const page = await tale.typePassword();
    expect(page.step).toBe('change-password');
    expect(page.dom.querySelector('.note')?.text).toContain(
      'has expired. Passwords are changed every 90 days',
    );
    const labels = page.dom.querySelectorAll('label').map((label) => label.text.trim());
    expect(labels).toEqual(['Old Password', 'New Password', 'Retype Password']);
    expect(page.dom.querySelector('form button')?.text).toBe('CHANGE');
    expect(isIn(await changeTo(tale, NEW))).toBe(true);
    await tale.begin({ prompt: 'login' });
    expect(isIn(await tale.typePassword(NEW))).toBe(true);
  });

  test('PWD-9 agents meet their own labels', async () => {
    const tale = await story(server, {
      preset: 'livevox',
      population: 'agent',
      person: { population: 'agent' },
    });
    time.move(90 * DAY);
    await tale.begin();
    const page = await tale.typePassword();
    const labels = page.dom.querySelectorAll('label').map((label) => label.text.trim());
    expect(labels).toEqual(['Current Password', 'New Password', 'Re-type New Password']);
    expect(page.dom.querySelector('form button')?.text).toBe('Submit');
  });

  test('S6 one second before it is not expired; the clock set back and forward over the moment decides again each time', async () => {
    const tale = await story(server, { preset: 'livevox' });
    time.move(90 * DAY - 1);
    await tale.begin();
    expect((await tale.typePassword()).step).toBe('expires-soon');
    for (const [seconds, step] of [
      [1, 'change-password'],
      [-DAY, 'expires-soon'],
      [DAY, 'change-password'],
    ] as const) {
      time.move(seconds);
      await tale.begin({ prompt: 'login' });
      expect((await tale.typePassword()).step).toBe(step);
    }
  });

  test('PWD-14 within the last days a sign-in warns, and goes on at the press of a button, or changes it there', async () => {
    const tale = await story(server, { preset: 'livevox' });
    time.move(75 * DAY);
    await tale.begin();
    expect(isIn(await tale.typePassword())).toBe(true);
    time.move(2 * DAY);
    await tale.begin();
    const warned = await tale.typePassword();
    expect(warned.step).toBe('expires-soon');
    expect(warned.html).toContain('expires in 13 days');
    // A reload says it again; nothing but the button goes on.
    expect((await tale.browser.open(warned.url)).step).toBe('expires-soon');
    expect(isIn(await tale.browser.submit({}, '/later'))).toBe(true);
    time.move(12 * DAY);
    await tale.begin();
    expect((await tale.typePassword()).html).toContain('expires within a day');
    expect((await changeTo(tale, NEW, 'another one 4')).alert).toContain('not the same');
    expect(isIn(await changeTo(tale, NEW))).toBe(true);
    await tale.begin({ prompt: 'login' });
    expect(isIn(await tale.typePassword(NEW))).toBe(true);
  });

  test('S15 an expired password is told after the right password only', async () => {
    const tale = await story(server, { preset: 'livevox' });
    const other = await story(server, { tenant: tale.tenant });
    time.move(90 * DAY);
    await tale.begin();
    await other.begin();
    const page = await tale.typePassword('wrong 123456');
    const unknown = await other.typePassword('wrong 123456', 'unknown-here');
    expect(page.step).toBe('password');
    expect(page.alert).toBe(unknown.alert);
  });
});

describe('PWD-8 what is wrong with a new password', () => {
  test('all broken rules at once, each with the value that applies, and the change is still due', async () => {
    const tenant = await server.tenant(
      'livevox',
      withPassword({ strength: 'very-strong', historyCount: 6, blockList: true, personalData: true }),
    );
    const tale = await story(server, { tenant, person: { isTemporary: true, userName: 'margarethe' } });
    await tale.begin();
    await tale.typePassword();
    const page = await changeTo(tale, 'margar');
    expect(page).toMatchObject({ step: 'change-password', status: 200 });
    expect(page.dom.querySelectorAll('[role=alert] li').map((li) => li.text)).toEqual([
      'It has fewer than 12 characters.',
      'It has no digit (0 to 9).',
      'It has no special character, such as a space or one of ! # $ % & * + - ? @ _',
      'It contains part of the name, user name, email address or client code.',
    ]);
    const common = await changeTo(tale, 'password');
    expect(common.alert).toContain('common password');
    const reused = await changeTo(tale, PASSWORD);
    expect(reused.alert).toContain('one of the last 6 passwords');
    expect(isIn(await changeTo(tale, 'well 12 chosen!'))).toBe(true);
  });

  test('PWD-4 another person’s choice is held to the history too, and to every other rule', async () => {
    const tenant = await server.tenant('livevox', withPassword({ historyCount: 5 }));
    const account = await server.account(tenant);
    const set = (typed: string) =>
      refusalOf(server, operations.account.setPassword, account, { password: typed });
    const refused = (...problems: object[]) => ({ code: 'password_refused', values: { problems } });
    expect(await set(PASSWORD)).toEqual(refused({ rule: 'reused', historyCount: 5 }));
    expect(await set('short')).toMatchObject(refused({ rule: 'too-short' }, { rule: 'no-digit' }));
  });
});

describe('PWD-7 a password set by another person', () => {
  test('S12 temporary: shown once when it is made, leads to the change only, and dies unused', async () => {
    const tenant = await server.tenant('livevox');
    const tale = await story(server, { tenant });
    const outcome = await administer(
      server,
      operations.account.setPassword,
      tale.account,
      {},
      administratorOf(tenant),
    );
    const made = outcome.madePassword ?? '';
    expect(outcome).toEqual({ temporary: true, madePassword: expect.stringMatching(/^.{18,}$/) });
    await tale.begin();
    const page = await tale.typePassword(made);
    expect(page.step).toBe('change-password');
    expect(page.dom.querySelector('.note')?.text).toContain('is temporary');
    expect((await tale.begin()).step).toBe('password');
    time.move(14 * DAY - 1);
    await tale.begin();
    expect((await tale.typePassword(made)).step).toBe('change-password');
    time.move(1);
    await tale.begin();
    expect(await tale.typePassword(made)).toMatchObject({
      step: 'password',
      alert: expect.stringContaining('did not work'),
    });
    const why = await administer(server, operations.account.why, await server.reread(tale.account), {
      last: 1,
    });
    expect(why.attempts).toEqual([
      expect.objectContaining({ rule: 'temporary-expired', failures: 1, limit: 5 }),
    ]);
  });

  test('permanent: the manual’s switch turned off, and nothing is forced', async () => {
    const tenant = await server.tenant('livevox', withPassword({ setByOthers: 'permanent' }));
    const tale = await story(server, { tenant });
    await administer(
      server,
      operations.account.setPassword,
      tale.account,
      { password: NEW },
      administratorOf(tenant),
    );
    await tale.begin();
    expect(isIn(await tale.typePassword(NEW))).toBe(true);
  });

  test('S12 D5 link: a typed one is refused, a link is sent, and the person sets it', async () => {
    const tenant = await server.tenant('modern', (p) => ({
      ...withPassword({ forgottenByMail: false })(p),
      secondFactor: { ...p.secondFactor, mode: 'off' },
    }));
    const tale = await story(server, { tenant, person: { email: 'link@site.example' } });
    const { setPassword } = operations.account;
    const refused = (input: { password: string; permanent?: boolean }) =>
      refusalOf(server, setPassword, tale.account, input, administratorOf(tenant));
    expect(await refused({ password: NEW })).toEqual({ code: 'password_set_by_link', values: {} });
    expect(await refused({ password: NEW, permanent: true })).toEqual({
      code: 'permanent_by_operator_only',
      values: {},
    });
    const outcome = await administer(server, setPassword, tale.account, {}, administratorOf(tenant));
    expect(outcome).toEqual({ mailed: true, link: null });
    const mail = await mailTo(server, 'link@site.example', 'Set your password');
    const [, token = ''] = /token=(\S+)/.exec(mail) ?? [];
    // Until it is used the former password stands: a link ends nothing.
    await tale.begin();
    expect(isIn(await tale.typePassword())).toBe(true);
    await tale.browser.open(`/recover/set?token=${token}`);
    const chosen = 'seven herons over mudflats';
    const done = await tale.browser.submit({ newPassword: chosen, newPasswordAgain: chosen });
    expect(done.html).toContain('Your password is changed');
    await tale.begin();
    expect(isIn(await tale.typePassword(chosen))).toBe(true);
  });

  test('S12 changing one’s own never forces a change', async () => {
    const tenant = await server.tenant('livevox');
    const account = await server.account(tenant);
    const own = { ...administratorOf(tenant), by: account.id };
    const outcome = await administer(server, operations.account.setPassword, account, { password: NEW }, own);
    expect(outcome).toEqual({ temporary: false });
  });

  test('at creation the same switch decides', async () => {
    const create = async (setByOthers: Policy['password']['setByOthers'], userName: string) => {
      const tenant = await server.tenant('livevox', withPassword({ setByOthers }));
      const person = { population: 'user', userName } as const;
      return administer(server, operations.account.create, tenant, person, administratorOf(tenant));
    };
    const madePassword = expect.any(String);
    expect(await create('temporary', 'ada')).toMatchObject({ temporary: true, madePassword });
    expect(await create('permanent', 'bea')).toMatchObject({ temporary: false, madePassword });
    expect(await create('link', 'cora')).toMatchObject({ mailed: false, password: null });
  });

  test('in no preset permanent', () => {
    for (const name of ['livevox', 'vcc-live', 'cloudcx', 'liveperson', 'modern'])
      expect(loadPreset(name)?.password.setByOthers).not.toBe('permanent');
  });
});

test('S6 on evidence of compromise everything ends at once, and the next sign-in changes the password, in modern too', async () => {
  const tenant = await server.tenant('modern', policyWith({ secondFactor: { mode: 'off' } }));
  const tale = await story(server, { tenant });
  await tale.begin();
  const tokens = await tale.relying.exchange((await tale.typePassword()).url);
  await administer(
    server,
    operations.account.compromised,
    tale.account,
    { reason: 'found in a breach' },
    administratorOf(tale.tenant),
  );
  await expect(tale.relying.refresh(tokens)).rejects.toThrow();
  await tale.begin();
  const page = await tale.typePassword();
  expect(page.step).toBe('change-password');
  expect(page.html).toContain('Someone else may know your password');
  expect(isIn(await changeTo(tale, 'nine geese over water meadow'))).toBe(true);
});

test('PWD-12 S9 raised parameters rehash at the next sign-in, and the password stays what it was', async () => {
  const { hash } = await import('argon2');
  const tale = await story(server);
  const weak = await hash(PASSWORD, { type: 2, memoryCost: 8_192, timeCost: 1, parallelism: 1 });
  await server.core.accounts.update(tale.account.id, (a) => ({
    ...a,
    password: a.password && { ...a.password, hash: weak },
  }));
  await tale.begin();
  expect(isIn(await tale.typePassword())).toBe(true);
  const { password } = await server.reread(tale.account);
  expect(password?.hash).toMatch(/^\$argon2id\$v=19\$m=19456,p=1,t=2\$[A-Za-z0-9+/]{22}\$/);
  await tale.begin({ prompt: 'login' });
  expect(isIn(await tale.typePassword())).toBe(true);
});
