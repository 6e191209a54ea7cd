import { describe, expect, test } from '@jest/globals';
import { isIn, PASSWORD, SECRET } from '../support/app.ts';
import { MULTI_FACTOR_ACR } from '../support/application.ts';
import { Browser } from '../support/browser.ts';
import { codeOf, shownSecret, story } from '../support/story.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const server = serverForAll();
const time = clockForEach();

describe('the second factor', () => {
  test('MFA-2 V11 an active factor is asked for, and the tokens tell it', async () => {
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

  test('MFA-3 S35 activation at first sign-in: one secret through reloads and wrong codes, then never again', async () => {
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

  test('MFA-1 where the policy requires a factor, a person without one must set it up', async () => {
    const { begin, typePassword } = await story(server, { preset: 'liveperson' });
    await begin();
    expect((await typePassword()).step).toBe('activate');
  });

  test('S27 S30 the code that activated cannot sign in, nor can a used one; the next one can', async () => {
    time.toStepStart(2);
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
    time.move(30);
    expect((await again.submit({ code })).step).toBe('second-factor');
    expect(isIn(await again.submit({ code: codeOf(secret) }))).toBe(true);
  });

  test('V8 S27 a code replayed 0, 5, 29 and 59 seconds later is refused', async () => {
    time.toStepStart(0);
    const { begin, typePassword, browser } = await story(server, { person: { totpSecret: SECRET } });
    await begin();
    await typePassword();
    const code = codeOf(SECRET);
    expect(isIn(await browser.submit({ code }))).toBe(true);
    for (const wait of [0, 5, 24, 30]) {
      time.move(wait);
      await begin({ prompt: 'login' });
      await typePassword();
      expect((await browser.submit({ code })).step).toBe('second-factor');
    }
  });

  test('S31 F23 after the clock goes back a day, no code is accepted twice', async () => {
    time.toStepStart(1);
    const { begin, typePassword, browser } = await story(server, { person: { totpSecret: SECRET } });
    await begin();
    await typePassword();
    await browser.submit({ code: codeOf(SECRET) });
    expect(isIn(browser.page)).toBe(true);
    time.move(-86_400);
    await browser.jar.removeAllCookies();
    await begin();
    await typePassword();
    expect((await browser.submit({ code: codeOf(SECRET) })).step).toBe('second-factor');
    time.move(86_400 + 30);
    await browser.jar.removeAllCookies();
    await begin();
    await typePassword();
    expect(isIn(await browser.submit({ code: codeOf(SECRET) }))).toBe(true);
  });
});
