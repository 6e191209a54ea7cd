import { describe, expect, test } from '@jest/globals';
import { isIn, SECRET } from '../support/app.ts';
import { errorOf } from '../support/application.ts';
import { Browser } from '../support/browser.ts';
import { policyWith } from '../support/policies.ts';
import { codeOf, signedIn, story } from '../support/story.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const server = serverForAll();
const time = clockForEach();

describe('the end of a session', () => {
  test('SES-3 S55 signing out ends session and session-bound tokens, and goes back to the application', async () => {
    const { begin, browser, relying, tokens } = await signedIn(server);
    const asked = await browser.open(relying.logoutUrl(tokens.id_token));
    expect(asked).toMatchObject({ status: 200, step: 'logout' });
    const landed = await browser.submit({ logout: 'yes' });
    expect(landed.url).toBe('http://localhost:9/');
    expect(errorOf((await begin({ prompt: 'none' })).url)).toBe('login_required');
    await expect(relying.refresh(tokens)).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(await relying.introspect(tokens.access_token)).toEqual({ active: false });
  });

  test('S55 the old cookie opens nothing after signing out', async () => {
    const { browser, relying, tokens } = await signedIn(server);
    const thief = new Browser(server.issuer);
    for (const cookie of await browser.jar.getCookies(server.issuer))
      await thief.jar.setCookie(cookie.toString(), server.issuer);
    await browser.open(relying.logoutUrl(tokens.id_token));
    await browser.submit({ logout: 'yes' });
    expect(errorOf((await thief.open(await relying.request({ prompt: 'none' }))).url)).toBe('login_required');
  });

  test('S77 staying signed in leaves the session; a forged hint is refused', async () => {
    const { begin, browser, relying, tokens } = await signedIn(server);
    await browser.open(relying.logoutUrl(undefined));
    expect(browser.page.step).toBe('logout');
    await browser.submit({});
    expect(isIn(await begin({ prompt: 'none' }))).toBe(true);
    const [h, p] = (tokens.id_token ?? '').split('.');
    expect((await browser.open(relying.logoutUrl(`${h}.${p}.AAAA`))).status).toBe(400);
  });

  test('S54 D16 a session ends after the idle time, and after the absolute one however much it is used', async () => {
    const tenant = await server.tenant(
      'livevox',
      policyWith({ session: { idleMinutes: 60, absoluteMinutes: 150 } }),
    );
    const { begin, relying } = await signedIn(server, { tenant });
    for (const minutes of [50, 50]) {
      time.move(minutes * 60);
      await relying.exchange((await begin({ prompt: 'none' })).url);
    }
    time.move(51 * 60);
    expect(errorOf((await begin({ prompt: 'none' })).url)).toBe('login_required');
    const idle = await signedIn(server, { tenant });
    time.move(61 * 60);
    expect(errorOf((await idle.begin({ prompt: 'none' })).url)).toBe('login_required');
  });

  test('SES-2 a refresh counts as use: a call longer than the idle limit does not end the session', async () => {
    const { begin, relying, tokens: first } = await signedIn(server);
    let tokens = first;
    for (let i = 0; i < 3; i++) {
      time.move(100 * 60);
      tokens = await relying.refresh(tokens);
    }
    expect(isIn(await begin({ prompt: 'none' }))).toBe(true);
  });

  describe('SGN-4 browser session security', () => {
    const OFFLINE = { scope: 'openid offline_access', prompt: 'consent' };
    const securing = (endsWithBrowser: boolean) =>
      server.tenant('livevox', policyWith({ session: { endsWithBrowser } }));

    async function offline(endsWithBrowser: boolean) {
      const tale = await story(server, { tenant: await securing(endsWithBrowser) });
      await tale.begin(OFFLINE);
      expect((await tale.typePassword()).step).toBe('consent');
      expect(tale.browser.page.dom.querySelectorAll('ul.scopes li')).toHaveLength(2);
      const landed = await tale.browser.submit({ decision: 'allow' }, '/consent');
      const cookie = (await tale.browser.jar.getCookies(server.issuer)).find(
        (c) => c.key === 'sallyport_session',
      );
      const tokens = await tale.relying.exchange(landed.url);
      await tale.browser.open(tale.relying.logoutUrl(tokens.id_token));
      await tale.browser.submit({ logout: 'yes' });
      return { ...tale, tokens, cookie };
    }

    test('on: the cookie ends with the browser, and no refresh token outlives the session', async () => {
      const { relying, tokens, cookie } = await offline(true);
      expect(cookie?.expires).toBe('Infinity');
      await expect(relying.refresh(tokens)).rejects.toMatchObject({ error: 'invalid_grant' });
    });

    test('off: the cookie is kept, and offline access outlives the sign-out, but no credential event', async () => {
      const { relying, tokens, cookie, account } = await offline(false);
      expect(cookie?.expires).toBeInstanceOf(Date);
      const next = await relying.refresh(tokens);
      expect(next.access_token).toBeTruthy();
      await server.core.sessions.credentialEvent({
        accountId: account.id,
        kind: 'password-set',
        change: (a) => ({ ...a }),
        context: {},
      });
      await expect(relying.refresh(next)).rejects.toMatchObject({ error: 'invalid_grant' });
    });
  });

  test('S46 S56 a password set by another person and a disabled account end everything at once', async () => {
    for (const kind of ['password-set', 'disabled'] as const) {
      const { begin, relying, tokens, account, tenant } = await signedIn(server);
      const record = await server.core.passwords.make('another one 2', tenant.policy, true);
      await server.core.sessions.credentialEvent({
        accountId: account.id,
        kind,
        change: (a) =>
          kind === 'disabled' ? { ...a, status: 'disabled' } : server.core.passwords.withPassword(a, record),
        context: { actor: 'test' },
      });
      expect(await relying.introspect(tokens.access_token)).toEqual({ active: false });
      await expect(relying.userinfo(tokens)).rejects.toBeTruthy();
      await expect(relying.refresh(tokens)).rejects.toMatchObject({ error: 'invalid_grant' });
      expect(errorOf((await begin({ prompt: 'none' })).url)).toBe('login_required');
      const [event] = (await server.core.audit.ofAccount(account.id, 20)).filter(
        (e) => e.type === 'credential.event',
      );
      expect(event?.detail).toMatchObject({
        kind,
        browserSessions: 1,
        grants: 1,
        accessTokens: 1,
        refreshTokens: 1,
      });
    }
  });

  test('SES-4 the epoch by itself refuses what the sweep has not deleted yet', async () => {
    const { begin, relying, tokens, account } = await signedIn(server);
    await server.core.accounts.update(account.id, (a) => ({ ...a, epoch: a.epoch + 1 }));
    expect(await relying.introspect(tokens.access_token)).toEqual({ active: false });
    await expect(relying.userinfo(tokens)).rejects.toBeTruthy();
    await expect(relying.refresh(tokens)).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(errorOf((await begin({ prompt: 'none' })).url)).toBe('login_required');
  });

  test('SES-4 S22 a credential event sends a half-done sign-in back to the password', async () => {
    const tale = await story(server, { person: { totpSecret: SECRET } });
    await tale.begin();
    expect((await tale.typePassword()).step).toBe('second-factor');
    const { url } = tale.browser.page;
    await server.core.sessions.credentialEvent({
      accountId: tale.account.id,
      kind: 'factor-reset',
      change: (a) => ({ ...a }),
      context: {},
    });
    expect((await tale.browser.post(`${url}/second-factor`, { code: codeOf(SECRET) })).step).toBe('password');
  });
});
