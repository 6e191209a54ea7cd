import { afterEach, describe, expect, test } from '@jest/globals';
import { isIn, PASSWORD, SECRET } from '../support/app.ts';
import { errorOf } from '../support/application.ts';
import { Browser } from '../support/browser.ts';
import { codeOf, shownSecret, story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';
import { holdTime, nowSeconds } from '../support/time.ts';

const PASSWORD_ACR = 'urn:sallyport:acr:password';
const MULTI_FACTOR_ACR = 'urn:sallyport:acr:multi-factor';

const server = serverForAll();

describe('signing in with a password', () => {
  test('SGN-1 SGN-3 S39 S67 a user types client code, name and password, and the application gets truthful tokens', async () => {
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
    expect((await browser.submit({ userName: 'nobody', password: 'x' })).step).toBe('password');
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

  test('ACC-2 S19 V17 another spelling fails like a wrong password and counts on the one account', async () => {
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

describe('the second factor', () => {
  const time = { current: undefined as ReturnType<typeof holdTime> | undefined };
  afterEach(() => {
    time.current?.release();
    time.current = undefined;
  });

  test('SGN-2 SGN-3 MFA-2 V11 an active factor is asked for whatever the policy says, and the tokens tell it', async () => {
    const { begin, typePassword, browser, relying } = await story(server, { person: { totpSecret: SECRET } });
    await begin();
    expect((await typePassword()).step).toBe('second-factor');
    const input = browser.page.dom.querySelector('input[name=code]');
    expect([input?.getAttribute('autocomplete'), input?.getAttribute('inputmode')]).toEqual([
      'one-time-code',
      'numeric',
    ]);
    const landed = await browser.submit({ code: codeOf(SECRET) });
    expect((await relying.exchange(landed.url)).claims()).toMatchObject({
      acr: MULTI_FACTOR_ACR,
      amr: ['pwd', 'otp', 'mfa'],
    });
  });

  test('V11 SGN-2 a code posted without the password step is not even looked at', async () => {
    const { begin, browser, account } = await story(server, { person: { totpSecret: SECRET } });
    const page = await begin();
    const answered = await browser.post(`${page.url}/second-factor`, { code: codeOf(SECRET) });
    expect(answered.step).toBe('password');
    const entries = await server.core.audit.ofAccount(account.id, 10);
    expect(entries.filter((e) => e.type === 'sign-in.second-factor')).toEqual([]);
  });

  test('MFA-3 MFA-4 S33 S34 S35 activation at first sign-in: one secret through reloads and wrong codes, then never again', async () => {
    const { begin, typePassword, browser, relying, account } = await story(server, {
      person: { isEnrolled: true, email: 'person@site.example' },
    });
    await begin();
    expect((await typePassword()).step).toBe('activate');
    const secret = shownSecret(browser.page);
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(browser.page.dom.querySelector('img.qr')?.getAttribute('src')).toMatch(
      /^data:image\/svg\+xml;base64,/,
    );
    expect(browser.page.html).toContain('otpauth://totp/');
    expect(browser.page.headers.get('cache-control')).toBe('no-store');
    expect(shownSecret(await browser.open(browser.page.url))).toBe(secret);
    expect(await browser.submit({ code: '000000' })).toMatchObject({ step: 'activate', status: 200 });
    expect(browser.page.alert).toContain('not accepted');
    expect(shownSecret(browser.page)).toBe(secret);
    expect((await server.reread(account)).secondFactor.status).toBe('pending');
    const landed = await browser.submit({ code: codeOf(secret) });
    expect((await relying.exchange(landed.url)).claims()).toMatchObject({
      acr: MULTI_FACTOR_ACR,
      amr: ['pwd', 'otp', 'mfa'],
    });
    expect((await server.reread(account)).secondFactor.status).toBe('active');
    expect(server.mailbox.messages[0]).toMatchObject({
      to: 'person@site.example',
      subject: 'A second factor was set up',
    });
    const again = new Browser(server.issuer);
    await again.open(await relying.request());
    await again.submit({ clientCode: 'SITE', userName: 'x', password: 'x' });
    expect(again.page.html).not.toContain(secret);
  });

  test('MFA-4 a newer attempt voids the secret of the older one', async () => {
    const { begin, typePassword, browser, relying, tenant, account } = await story(server, {
      person: { isEnrolled: true },
    });
    await begin();
    const first = shownSecret(await typePassword());
    const other = new Browser(server.issuer);
    await other.open(await relying.request());
    const second = shownSecret(
      await other.submit({ clientCode: tenant.clientCode, userName: account.userName, password: PASSWORD }),
    );
    expect(second).not.toBe(first);
    const refused = await browser.submit({ code: codeOf(first) });
    expect(refused).toMatchObject({ step: 'activate' });
    expect(refused.alert).toContain('newer sign-in');
    expect(shownSecret(refused)).not.toBe(first);
  });

  test('MFA-1 where the policy requires a factor, nobody gets in without setting one up', async () => {
    const { begin, typePassword } = await story(server, { preset: 'liveperson' });
    await begin();
    expect((await typePassword()).step).toBe('activate');
  });

  test('S27 S30 MFA-15 the code that activated cannot sign in, nor can a used one; the next one can', async () => {
    time.current = holdTime();
    time.current.toStepStart(2);
    const { begin, typePassword, browser, relying, tenant, account } = await story(server, {
      person: { isEnrolled: true },
    });
    await begin();
    const secret = shownSecret(await typePassword());
    const code = codeOf(secret);
    await browser.submit({ code });
    const again = new Browser(server.issuer);
    await again.open(await relying.request());
    await again.submit({ clientCode: tenant.clientCode, userName: account.userName, password: PASSWORD });
    expect((await again.submit({ code })).step).toBe('second-factor');
    time.current.move(30);
    expect((await again.submit({ code })).step).toBe('second-factor');
    expect(isIn(await again.submit({ code: codeOf(secret) }))).toBe(true);
  });

  test('V8 S27 a code replayed 0, 5, 29 and 59 seconds later is refused', async () => {
    time.current = holdTime();
    time.current.toStepStart(0);
    const { begin, typePassword, browser } = await story(server, { person: { totpSecret: SECRET } });
    await begin();
    await typePassword();
    const code = codeOf(SECRET);
    expect(isIn(await browser.submit({ code }))).toBe(true);
    for (const wait of [0, 5, 24, 30]) {
      time.current.move(wait);
      await begin({ prompt: 'login' });
      await typePassword();
      expect((await browser.submit({ code })).step).toBe('second-factor');
    }
  });

  test('S31 F23 after the clock goes back a day, no code is accepted twice', async () => {
    time.current = holdTime();
    time.current.toStepStart(1);
    const { begin, typePassword, browser } = await story(server, { person: { totpSecret: SECRET } });
    await begin();
    await typePassword();
    await browser.submit({ code: codeOf(SECRET) });
    expect(isIn(browser.page)).toBe(true);
    time.current.move(-86_400);
    await browser.jar.removeAllCookies();
    await begin();
    await typePassword();
    expect((await browser.submit({ code: codeOf(SECRET) })).step).toBe('second-factor');
    time.current.move(86_400 + 30);
    await browser.jar.removeAllCookies();
    await begin();
    await typePassword();
    expect(isIn(await browser.submit({ code: codeOf(SECRET) }))).toBe(true);
  });
});

describe('a temporary password', () => {
  test('PWD-7 PWD-8 PWD-9 PWD-4 D3 D5 it must be changed; every broken rule is said at once; the new one signs in from then on', async () => {
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
    const time = holdTime();
    try {
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
    } finally {
      time.release();
    }
  });

  test('PWD-11 SGN-2 S43 with a factor the code comes first, and the one given counts for the change', async () => {
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

describe('tabs, browsers and endings', () => {
  test('SGN-2 two tabs of one browser sign in, each for its own request', async () => {
    const { relying, browser, tenant, account } = await story(server);
    const one = await browser.open(await relying.request());
    const two = await browser.open(await relying.request());
    const fields = { clientCode: tenant.clientCode, userName: account.userName, password: PASSWORD };
    const first = await browser.post(`${two.url}/password`, fields);
    const second = await browser.post(`${one.url}/password`, fields);
    for (const landed of [first, second])
      expect((await relying.exchange(landed.url)).claims()?.sub).toBe(account.id);
  });

  test('SGN-2 P2 V14 of many posts that finish one interaction, one does, and all lead to its end', async () => {
    const { begin, browser, tenant, account } = await story(server);
    const { url } = await begin();
    const fields = { clientCode: tenant.clientCode, userName: account.userName, password: PASSWORD };
    const type = { 'content-type': 'application/x-www-form-urlencoded', origin: server.issuer };
    const cookie = await browser.jar.getCookieString(url);
    const post = () =>
      fetch(`${url}/password`, {
        method: 'POST',
        body: new URLSearchParams(fields),
        headers: { ...type, cookie },
        redirect: 'manual',
      });
    const answers = await Promise.all(Array.from({ length: 8 }, post));
    const toResume = answers.filter((a) => a.headers.get('location')?.includes('/oauth2/authorize/'));
    // Each of them may be the one whose answer the browser shows; the engine was told once.
    expect(new Set(toResume.map((one) => one.headers.get('location'))).size).toBe(1);
    const entries = await server.core.audit.ofAccount(account.id, 50);
    expect(entries.filter(({ type }) => type === 'sign-in.complete')).toHaveLength(1);
  });

  test('SGN-2 the back button after the end shows the way back to the application', async () => {
    const { begin, typePassword, browser } = await story(server);
    const { url } = await begin();
    await typePassword();
    const page = await browser.open(url);
    expect(page).toMatchObject({ status: 400, step: 'expired-link' });
    expect(page.dom.querySelector('a[role=button]')?.getAttribute('href')).toBe('http://localhost:9/');
    expect((await browser.post(`${url}/password`, { userName: 'x', password: 'y' })).status).toBe(400);
  });

  test('an interaction that has expired answers 400 and names the way back, for an hour', async () => {
    const time = holdTime();
    try {
      const { begin, browser } = await story(server);
      const { url } = await begin();
      const cookie = await browser.jar.getCookieString(url);
      time.move(3_700);
      const late = await fetch(url, { headers: { accept: 'text/html', cookie } });
      expect(late.status).toBe(400);
      const html = await late.text();
      expect(html).toContain('data-step="expired-link"');
      expect(html).toContain('http://localhost:9/');
    } finally {
      time.release();
    }
  });

  test('S51 V19 the address of an interaction opened in another browser is refused, posts included', async () => {
    const { begin, tenant, account } = await story(server);
    const { url } = await begin();
    const stranger = new Browser(server.issuer);
    expect(await stranger.open(url)).toMatchObject({ status: 400, step: 'expired-link' });
    const fields = { clientCode: tenant.clientCode, userName: account.userName, password: PASSWORD };
    expect((await stranger.post(`${url}/password`, fields)).status).toBe(400);
    expect(await stranger.cookies()).toEqual([]);
  });

  test('V13 a cookie that we did not sign binds nothing', async () => {
    const { begin } = await story(server);
    const { url } = await begin();
    const uid = url.split('/').pop() ?? '';
    for (const cookie of [
      `sallyport_interaction=${uid}`,
      `sallyport_interaction=${uid}; sallyport_interaction.sig=AAAAAAAAAAAAAAAAAAAAAAAAAAA`,
    ]) {
      expect((await fetch(url, { headers: { cookie, accept: 'text/html' } })).status).toBe(400);
    }
  });

  test('the person goes back to the application, which is told access_denied', async () => {
    const { begin, browser } = await story(server);
    await begin();
    const landed = await browser.submit({}, '/cancel');
    expect(errorOf(landed.url)).toBe('access_denied');
  });

  test('S76 an application that is not first-party asks for consent, and a refusal reaches it', async () => {
    const { begin, typePassword, browser, relying, account } = await story(server, { isFirstParty: false });
    await begin();
    expect((await typePassword()).step).toBe('consent');
    expect(browser.page.dom.querySelectorAll('ul.scopes li')).toHaveLength(3);
    expect(errorOf((await browser.submit({ decision: 'deny' })).url)).toBe('access_denied');
    await begin();
    const landed = await browser.submit({ decision: 'allow' });
    expect((await relying.exchange(landed.url)).claims()?.sub).toBe(account.id);
    expect(isIn(await begin())).toBe(true);
  });

  test('S50 V20 the session id changes at sign-in, and a planted one dies', async () => {
    const { begin, typePassword, browser } = await story(server);
    await begin();
    await typePassword();
    const before = (await browser.jar.getCookies(server.issuer)).find(
      (c) => c.key === 'sallyport_session',
    )?.value;
    await begin({ prompt: 'login' });
    await typePassword();
    const after = (await browser.jar.getCookies(server.issuer)).find(
      (c) => c.key === 'sallyport_session',
    )?.value;
    expect(after).not.toBe(before);
  });
});

describe('what a form cannot do', () => {
  test('V33 SEC-3 fields that belong to the server are ignored', async () => {
    const { begin, browser, tenant, account } = await story(server, { person: { isEnrolled: true } });
    const page = await begin();
    const answered = await browser.post(`${page.url}/password`, {
      clientCode: tenant.clientCode,
      userName: account.userName,
      password: PASSWORD,
      firstProof: '1',
      factorProof: '1',
      population: 'agent',
      accountId: account.id,
      role: 'SysAdmin',
      status: 'active',
    });
    expect(answered.step).toBe('activate');
    expect(await server.reread(account)).toMatchObject({
      role: 'Agent',
      population: 'user',
      secondFactor: { status: 'pending' },
    });
  });

  test('S24 LCK-1 S7 wrong current passwords on the change page count on the one counter, and lock', async () => {
    const { begin, typePassword, browser, account } = await story(server, { person: { isTemporary: true } });
    await begin();
    await typePassword();
    for (let i = 0; i < 5; i++) {
      await browser.submit(
        { currentPassword: 'wrong', newPassword: 'a new pass 1', newPasswordAgain: 'a new pass 1' },
        '/change-password',
      );
    }
    expect(browser.page.step).toBe('locked');
    expect((await server.reread(account)).lock?.cause).toBe('password');
  });

  test('S64 no address that we make carries a password, a code of the authenticator, a session id or a token', async () => {
    const { begin, typePassword, browser } = await story(server, { person: { totpSecret: SECRET } });
    const seen: string[] = [];
    await begin();
    seen.push(browser.page.url, browser.page.html);
    await typePassword();
    seen.push(browser.page.url, browser.page.html);
    const code = codeOf(SECRET);
    const landed = await browser.submit({ code });
    seen.push(landed.url);
    const session =
      (await browser.jar.getCookies(server.issuer)).find((c) => c.key === 'sallyport_session')?.value ??
      'none';
    for (const text of seen) {
      for (const secret of [PASSWORD, SECRET, code, session]) expect(text).not.toContain(secret);
    }
    expect([...new URL(landed.url).searchParams.keys()].sort()).toEqual(['code', 'iss', 'state']);
  });
});
