import { describe, expect, test } from '@jest/globals';
import { isIn, PASSWORD, SECRET } from '../support/app.ts';
import { MULTI_FACTOR_ACR, PASSWORD_ACR } from '../support/application.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';
import { nowSeconds } from '../support/time.ts';
import { isAsked, TRUST_COOKIE, trustOn } from '../support/trust.ts';

const DAY = 86_400;

const server = serverForAll();

const time = clockForEach();
const { person, signIn, giveCode, trusted } = trustOn(server, time);

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
      expect(await tale.browser.cookies()).not.toContain(TRUST_COOKIE);
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
    const cookie = (await tale.browser.jar.getCookies(server.issuer)).find(({ key }) => key === TRUST_COOKIE);
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

  test('two people at one desk each have their own trust, in one cookie of the browser', async () => {
    const tale = await trusted();
    const other = await server.account(tale.tenant, { totpSecret: SECRET });
    const name = tale.account.userName;
    const as = (userName: string) => signIn(tale, {}, PASSWORD, userName);
    expect(isAsked(await as(other.userName))).toBe(true);
    await giveCode(tale);
    expect(isIn(await as(other.userName))).toBe(true);
    expect(isIn(await as(name))).toBe(true);
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

  test('a person who administers gives the code every time', async () => {
    const tale = await trusted();
    await server.core.accounts.update(tale.account.id, (a) => ({ ...a, role: 'Manager' }));
    const page = await signIn(tale);
    expect(isAsked(page)).toBe(true);
    expect(page.dom.querySelector('[name=trustBrowser]')).toBeNull();
  });
});
