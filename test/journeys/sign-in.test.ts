import { describe, expect, test } from '@jest/globals';
import { isIn, PASSWORD, SECRET } from '../support/app.ts';
import { MULTI_FACTOR_ACR, PASSWORD_ACR } from '../support/application.ts';
import { codeOf, story } from '../support/story.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';
import { nowSeconds } from '../support/time.ts';

const server = serverForAll();
const time = clockForEach();

describe('signing in with a password', () => {
  test('SGN-1 S67 a user types client code, name and password, and the application gets truthful tokens', async () => {
    const startedAt = nowSeconds();
    const { begin, typePassword, relying, account, browser } = await story(server);
    const page = await begin();
    expect(page).toMatchObject({ status: 200, step: 'password', alert: '' });
    expect(page.dom.querySelectorAll('label').map((l) => l.text.trim())).toEqual([
      'Client Code',
      'User Name',
      'Password',
    ]);
    expect(page.dom.querySelector('form button')?.text).toBe('Login');
    const landed = await typePassword();
    expect(isIn(landed)).toBe(true);
    const tokens = await relying.exchange(landed.url);
    const claims = tokens.claims();
    expect(claims).toMatchObject({ sub: account.id, acr: PASSWORD_ACR, amr: ['pwd'] });
    expect(Number(claims?.auth_time)).toBeGreaterThanOrEqual(startedAt);
    expect(Number(claims?.auth_time)).toBeLessThanOrEqual(nowSeconds());
    expect(await relying.userinfo(tokens)).toMatchObject({
      sub: account.id,
      preferred_username: account.userName,
      population: 'user',
    });
    // S67: never 307 or 308 after a post with credentials.
    expect(browser.statuses.filter((s) => s >= 300 && s < 400 && s !== 303)).toEqual([]);
  });

  test('SGN-1 S8 an agent of a fixed tenant types Login ID and password on fields that a password manager knows', async () => {
    const { begin, browser } = await story(server, { person: { population: 'agent' }, fixTenant: true });
    const page = await begin();
    expect(page.dom.querySelectorAll('label').map((l) => l.text.trim())).toEqual(['Login ID', 'Password']);
    expect(page.dom.querySelector('form button')?.text).toBe('Next');
    const [name, password] = page.dom.querySelectorAll('input');
    expect([
      name?.getAttribute('autocomplete'),
      password?.getAttribute('autocomplete'),
      password?.getAttribute('type'),
    ]).toEqual(['username', 'current-password', 'password']);
    expect((await browser.submit({ userName: 'no-one', password: 'x' })).step).toBe('password');
  });

  test('SGN-1 an application for everybody lets the person pick the population first', async () => {
    const { begin, browser, typePassword } = await story(server, {
      population: 'any',
      person: { population: 'agent' },
    });
    expect((await begin()).step).toBe('identify');
    expect((await browser.submit({ population: 'agent' }, '/identify')).step).toBe('password');
    expect(isIn(await typePassword())).toBe(true);
  });

  test('TEN-1 a client code is compared without case, and a name of another tenant or population is unknown here', async () => {
    const { begin, browser, tenant, account } = await story(server);
    const elsewhere = await server.tenant();
    await begin();
    const type = (clientCode: string) =>
      browser.submit({ clientCode, userName: account.userName, password: PASSWORD }, '/password');
    expect((await type(elsewhere.clientCode)).step).toBe('password');
    expect(isIn(await type(tenant.clientCode.toLowerCase()))).toBe(true);
  });

  test('S19 V17 another spelling fails like a wrong password and counts on the one account', async () => {
    const { begin, typePassword, account } = await story(server, { person: { userName: 'Ann Müller' } });
    await begin();
    for (const spelling of ['ann müller', 'ANN MÜLLER', 'Ann  Mu\u0308ller ', 'Ａnn Müller']) {
      expect(await typePassword(PASSWORD, spelling)).toMatchObject({ step: 'password' });
    }
    expect(await typePassword(PASSWORD, 'ann  müller')).toMatchObject({ step: 'locked' });
    expect((await server.reread(account)).lock).toMatchObject({ cause: 'password' });
  });

  test('S3 D19 a composed and a decomposed password both sign in', async () => {
    const { begin, typePassword } = await story(server, { person: { password: 'Käsekuchen 9' } });
    await begin();
    expect(isIn(await typePassword('Ka\u0308sekuchen 9'))).toBe(true);
  });

  test('S4 passwords that differ by a trailing space or at character 73 differ', async () => {
    const long = `${'a1'.repeat(36)}xyz`;
    const { begin, typePassword } = await story(server, { person: { password: long } });
    await begin();
    expect((await typePassword(`${'a1'.repeat(36)}xyZ`)).step).toBe('password');
    expect((await typePassword(`${long} `)).step).toBe('password');
    expect(isIn(await typePassword(long))).toBe(true);
  });

  test('PWD-12 S9 a hash of weaker parameters is replaced at sign-in', async () => {
    const { begin, typePassword, account } = await story(server);
    const { hash } = await import('argon2');
    const old = await hash(PASSWORD, { type: 2, memoryCost: 8192, timeCost: 1, parallelism: 1 });
    await server.core.accounts.update(account.id, (a) => ({
      ...a,
      password: { hash: old, setAt: 1, temporary: null },
    }));
    expect(old).toMatch(/^\$argon2id\$.*m=8192/);
    await begin();
    await typePassword();
    const { password } = await server.reread(account);
    expect(password?.hash).toMatch(/^\$argon2id\$v=19\$(?=.*m=19456)(?=.*t=2)(?=.*p=1)/);
    expect(password?.setAt).toBe(1);
  });
});

describe('a temporary password', () => {
  test('D3 D5 it must be changed; every broken rule is said at once; the new one signs in from then on', async () => {
    const { begin, typePassword, browser, relying, account } = await story(server, {
      person: { password: 'temporary 1', isTemporary: true },
    });
    await begin();
    const page = await typePassword();
    expect(page.step).toBe('change-password');
    expect(page.dom.querySelector('.note')?.text).toContain('temporary');
    expect(page.dom.querySelectorAll('label').map((l) => l.text.trim())).toEqual([
      'Old Password',
      'New Password',
      'Retype Password',
    ]);
    expect(page.dom.querySelector('form button')?.text).toBe('CHANGE');
    const change = (currentPassword: string, newPassword: string, newPasswordAgain = newPassword) =>
      browser.submit({ currentPassword, newPassword, newPasswordAgain }, '/change-password');
    expect((await change('not it', 'a new pass 1')).alert).toContain('current password');
    expect((await change('temporary 1', 'a new pass 1', 'another 1')).alert).toContain('not the same');
    const broken = await change('temporary 1', '—\u0007');
    expect(broken.dom.querySelectorAll('[role=alert] li').map((li) => li.text)).toEqual([
      'It has fewer than 8 characters.',
      'It has no digit (0 to 9).',
      'It has no letter.',
      'It contains a character that cannot be typed.',
    ]);
    expect((await change('temporary 1', 'temporary 1')).alert).toContain('one of the last 4 passwords');
    const epoch = (await server.reread(account)).epoch;
    const landed = await change('temporary 1', 'a new pass 1');
    expect((await relying.exchange(landed.url)).claims()).toMatchObject({ sub: account.id, amr: ['pwd'] });
    expect((await server.reread(account)).epoch).toBe(epoch + 1);
    await browser.jar.removeAllCookies();
    await begin();
    expect((await typePassword('temporary 1')).step).toBe('password');
    expect(isIn(await typePassword('a new pass 1'))).toBe(true);
  });

  test('PWD-7 S12 unused for 14 days it is dead, and answers as a wrong one', async () => {
    const { begin, typePassword } = await story(server, { person: { isTemporary: true } });
    time.move(14 * 86_400 - 60);
    await begin();
    expect((await typePassword()).step).toBe('change-password');
    time.move(60);
    await begin();
    expect(await typePassword()).toMatchObject({
      step: 'password',
      alert: expect.stringContaining('did not work'),
    });
  });

  test('PWD-11 S43 with a factor the code comes first, and the one given counts for the change', async () => {
    const { begin, typePassword, browser, relying } = await story(server, {
      person: { isTemporary: true, totpSecret: SECRET },
    });
    await begin();
    await typePassword();
    expect((await browser.submit({ code: codeOf(SECRET) })).step).toBe('change-password');
    const landed = await browser.submit({
      currentPassword: PASSWORD,
      newPassword: 'a new pass 1',
      newPasswordAgain: 'a new pass 1',
    });
    expect((await relying.exchange(landed.url)).claims()).toMatchObject({
      acr: MULTI_FACTOR_ACR,
      amr: ['pwd', 'otp', 'mfa'],
    });
  });
});
