import { describe, expect, test } from '@jest/globals';
import * as client from 'openid-client';
import { CALLBACK, isIn, SECRET } from '../support/app.ts';
import { basic, errorOf, RelyingApplication } from '../support/application.ts';
import { Browser } from '../support/browser.ts';
import { policyWith } from '../support/policies.ts';
import { codeOf, shownSecret, story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';
import { holdTime } from '../support/time.ts';

const MULTI_FACTOR = 'urn:sallyport:acr:multi-factor';

const server = serverForAll();

async function signedIn(options: Parameters<typeof story>[1] = {}) {
  const tale = await story(server, options);
  await tale.begin();
  await tale.typePassword();
  if (options?.person?.totpSecret) await tale.browser.submit({ code: codeOf(options.person.totpSecret) });
  const tokens = await tale.relying.exchange(tale.browser.page.url);
  return { ...tale, tokens };
}

describe('asking again', () => {
  test('SGN-3 prompt=none answers login_required to a stranger and signs a person with a session in silently', async () => {
    const tale = await story(server);
    expect(errorOf((await tale.begin({ prompt: 'none' })).url)).toBe('login_required');
    await tale.begin();
    await tale.typePassword();
    const silent = await tale.begin({ prompt: 'none' });
    expect((await tale.relying.exchange(silent.url)).claims()?.sub).toBe(tale.account.id);
  });

  test('SGN-3 S39 prompt=login and max_age ask again, and auth_time is then later; max_age not yet reached does not', async () => {
    const time = holdTime();
    try {
      const { begin, relying, typePassword, tokens } = await signedIn();
      const first = Number(tokens.claims()?.auth_time);
      time.move(100);
      const silent = await relying.exchange((await begin({ max_age: '1000' })).url, 1000);
      expect(silent.claims()?.auth_time).toBe(first);
      expect((await begin({ max_age: '50' })).step).toBe('password');
      const aged = await relying.exchange((await typePassword()).url, 50);
      expect(Number(aged.claims()?.auth_time)).toBeGreaterThanOrEqual(first + 100);
      time.move(5);
      expect((await begin({ prompt: 'login' })).step).toBe('password');
      const again = await relying.exchange((await typePassword()).url);
      expect(Number(again.claims()?.auth_time)).toBeGreaterThan(Number(aged.claims()?.auth_time));
    } finally {
      time.release();
    }
  });

  test('SGN-3 S33 acr_values steps an existing session up by the password and a set-up, and the tokens tell it', async () => {
    const { begin, browser, relying, typePassword } = await signedIn({ preset: 'vcc-live' });
    expect((await begin({ acr_values: MULTI_FACTOR })).step).toBe('password');
    const page = await typePassword();
    expect(page.step).toBe('activate');
    const landed = await browser.submit({ code: codeOf(shownSecret(page)) });
    expect((await relying.exchange(landed.url)).claims()).toMatchObject({
      acr: MULTI_FACTOR,
      amr: ['pwd', 'otp', 'mfa'],
    });
    expect((await relying.exchange((await begin({ acr_values: MULTI_FACTOR })).url)).claims()?.acr).toBe(
      MULTI_FACTOR,
    );
  });

  test('SGN-3 acr_values is a wish where the tenant has no factor; an essential claim that cannot be met is an error', async () => {
    const tale = await story(server);
    const off = await server.tenant('livevox', policyWith({ secondFactor: { mode: 'off' } }));
    const { begin, typePassword, relying } = await story(server, { tenant: off });
    await begin({ acr_values: MULTI_FACTOR });
    expect((await relying.exchange((await typePassword()).url)).claims()?.acr).toBe(
      'urn:sallyport:acr:password',
    );
    const claims = JSON.stringify({ id_token: { acr: { essential: true, values: [MULTI_FACTOR] } } });
    const fresh = await story(server, { tenant: off });
    await fresh.begin({ claims });
    expect(errorOf((await fresh.typePassword()).url)).toBe('unmet_authentication_requirements');
    // Administrators enrol here, and this person they did not.
    await tale.begin({ claims });
    expect(errorOf((await tale.typePassword()).url)).toBe('unmet_authentication_requirements');
    const free = await story(server, { preset: 'vcc-live' });
    await free.begin({ claims });
    expect((await free.typePassword()).step).toBe('activate');
  });

  test('S58 V21 re-authentication as somebody else gives a new session and leaves nothing of the first person', async () => {
    const { begin, browser, relying, tenant, tokens } = await signedIn();
    const cookie = async () =>
      (await browser.jar.getCookies(server.issuer)).find((c) => c.key === 'sallyport_session')?.value;
    const firstCookie = await cookie();
    const other = await server.account(tenant);
    await begin({ prompt: 'login' });
    let page = await browser.submit(
      { clientCode: tenant.clientCode, userName: other.userName, password: 'correct horse 9' },
      '/password',
    );
    // The engine signs the first person out by a form of its own, for browsers without scripts a button.
    if (page.step === 'change') page = await browser.submit({});
    const second = (await relying.exchange(page.url)).claims();
    expect(second?.sub).toBe(other.id);
    expect(await cookie()).not.toBe(firstCookie);
    await expect(relying.refresh(tokens)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  test('V22 two people at one browser, the cookie lost between: every token is of whoever signed in for it', async () => {
    const { begin, browser, relying, tenant, tokens, account } = await signedIn();
    const other = await server.account(tenant);
    const as = (userName: string) =>
      browser.submit({ clientCode: tenant.clientCode, userName, password: 'correct horse 9' }, '/password');
    await browser.jar.removeAllCookies();
    await begin();
    const theirs = await relying.exchange((await as(other.userName)).url);
    await browser.jar.removeAllCookies();
    await begin();
    const mine = await relying.exchange((await as(account.userName)).url);
    const subjects = await Promise.all(
      [tokens, theirs, mine].map(async (one) => {
        const next = await relying.refresh(one);
        const { sub } = await relying.userinfo(next);
        return [one.claims()?.sub, next.claims()?.sub, sub, one.claims()?.sid === next.claims()?.sid];
      }),
    );
    expect(subjects).toEqual([account, other, account].map(({ id }) => [id, id, id, true]));
  });
});

describe('tokens', () => {
  test('OID-1 S70 refresh rotates; a used one ends the family', async () => {
    const { relying, tokens } = await signedIn();
    const next = await relying.refresh(tokens);
    expect(next.refresh_token).not.toBe(tokens.refresh_token);
    expect(next.claims()?.sub).toBe(tokens.claims()?.sub);
    await expect(relying.refresh(tokens)).rejects.toMatchObject({ error: 'invalid_grant' });
    await expect(relying.refresh(next)).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(await relying.introspect(next.access_token)).toEqual({ active: false });
  });

  test('OID-1 introspection, userinfo and revocation', async () => {
    const { relying, tokens, account, application } = await signedIn();
    expect(await relying.introspect(tokens.access_token)).toMatchObject({
      active: true,
      sub: account.id,
      client_id: application.id,
    });
    await relying.revoke(tokens.access_token);
    expect(await relying.introspect(tokens.access_token)).toEqual({ active: false });
    await expect(relying.userinfo(tokens)).rejects.toBeTruthy();
    expect(await relying.introspect('nothing')).toEqual({ active: false });
  });

  test('S74 an application learns nothing of another application’s token', async () => {
    const { tokens } = await signedIn();
    const stranger = await story(server);
    expect(await stranger.relying.introspect(tokens.access_token)).toEqual({ active: false });
  });

  test('S70 V27 a refresh token presented by another application is refused and not spent', async () => {
    const { relying, tokens } = await signedIn();
    const stranger = await story(server);
    await expect(stranger.relying.refresh(tokens)).rejects.toMatchObject({ error: 'invalid_grant' });
    expect((await relying.refresh(tokens)).access_token).toBeTruthy();
  });

  test('OID-1 S74 a machine gets a JWT for its own audience, and no other', async () => {
    const audience = 'https://api.example.org';
    const { id, secret } = await server.application({ kind: 'machine', audience, scopes: ['read', 'write'] });
    const config = (await RelyingApplication.discover(server.issuer, id, secret)).config;
    const tokens = await client.clientCredentialsGrant(config, { scope: 'read' });
    const [header, payload] = tokens.access_token
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString());
    expect(JSON.parse(header ?? '')).toMatchObject({ typ: 'at+jwt', alg: 'ES256' });
    expect(JSON.parse(payload ?? '')).toMatchObject({
      aud: audience,
      client_id: id,
      scope: 'read',
      iss: server.issuer,
    });
    expect(tokens.expires_in).toBeLessThanOrEqual(300);
    await expect(
      client.clientCredentialsGrant(config, { resource: 'https://other.example.org' }),
    ).rejects.toMatchObject({ error: 'invalid_target' });
  });

  test('S72 a wrong secret is refused; after a rotation both secrets work', async () => {
    const { id, secret } = await server.application({ kind: 'machine' });
    const ask = async (s: string) => {
      const response = await fetch(`${server.issuer}/oauth2/token`, {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
        headers: { authorization: basic(id, s) },
      });
      return response.status;
    };
    expect(await ask('wrong')).toBe(401);
    const newer = await server.core.applications.rotateSecret(id);
    expect([await ask(secret), await ask(newer ?? '')]).toEqual([200, 200]);
  });

  test('OID-2 discovery, and keys of both algorithms without a private part', async () => {
    const discovery = (await (
      await fetch(`${server.issuer}/.well-known/openid-configuration`)
    ).json()) as Record<string, unknown>;
    expect(discovery).toMatchObject({
      issuer: server.issuer,
      authorization_endpoint: `${server.issuer}/oauth2/authorize`,
      token_endpoint: `${server.issuer}/oauth2/token`,
      userinfo_endpoint: `${server.issuer}/oauth2/userinfo`,
      jwks_uri: `${server.issuer}/oauth2/jwks`,
      introspection_endpoint: `${server.issuer}/oauth2/introspect`,
      revocation_endpoint: `${server.issuer}/oauth2/revoke`,
      end_session_endpoint: `${server.issuer}/oauth2/logout`,
      code_challenge_methods_supported: ['S256'],
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    });
    const { keys } = (await (await fetch(`${server.issuer}/oauth2/jwks`)).json()) as {
      keys: Record<string, unknown>[];
    };
    expect(keys.map((k) => k.alg).sort()).toEqual(['ES256', 'RS256']);
    expect(keys.some((k) => 'd' in k)).toBe(false);
  });
});

describe('the end of a session', () => {
  test('SES-3 S55 signing out ends session and session-bound tokens, and goes back to the application', async () => {
    const { begin, browser, relying, tokens } = await signedIn();
    const asked = await browser.open(relying.logoutUrl(tokens.id_token));
    expect(asked).toMatchObject({ status: 200, step: 'logout' });
    const landed = await browser.submit({ logout: 'yes' });
    expect(landed.url).toBe('http://localhost:9/');
    expect(errorOf((await begin({ prompt: 'none' })).url)).toBe('login_required');
    await expect(relying.refresh(tokens)).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(await relying.introspect(tokens.access_token)).toEqual({ active: false });
  });

  test('S55 the old cookie opens nothing after signing out', async () => {
    const { browser, relying, tokens } = await signedIn();
    const thief = new Browser(server.issuer);
    for (const cookie of await browser.jar.getCookies(server.issuer))
      await thief.jar.setCookie(cookie.toString(), server.issuer);
    await browser.open(relying.logoutUrl(tokens.id_token));
    await browser.submit({ logout: 'yes' });
    expect(errorOf((await thief.open(await relying.request({ prompt: 'none' }))).url)).toBe('login_required');
  });

  test('S77 staying signed in leaves the session; a forged hint is refused', async () => {
    const { begin, browser, relying, tokens } = await signedIn();
    await browser.open(relying.logoutUrl(undefined));
    expect(browser.page.step).toBe('logout');
    await browser.submit({});
    expect(isIn(await begin({ prompt: 'none' }))).toBe(true);
    const [h, p] = (tokens.id_token ?? '').split('.');
    expect((await browser.open(relying.logoutUrl(`${h}.${p}.AAAA`))).status).toBe(400);
  });

  test('SES-2 S54 D16 a session ends after the idle time, and after the absolute one however much it is used', async () => {
    const time = holdTime();
    try {
      const tenant = await server.tenant(
        'livevox',
        policyWith({ session: { idleMinutes: 60, absoluteMinutes: 150 } }),
      );
      const { begin, relying } = await signedIn({ tenant });
      for (const minutes of [50, 50]) {
        time.move(minutes * 60);
        await relying.exchange((await begin({ prompt: 'none' })).url);
      }
      time.move(51 * 60);
      expect(errorOf((await begin({ prompt: 'none' })).url)).toBe('login_required');
      const idle = await signedIn({ tenant });
      time.move(61 * 60);
      expect(errorOf((await idle.begin({ prompt: 'none' })).url)).toBe('login_required');
    } finally {
      time.release();
    }
  });

  test('SES-2 a refresh counts as use: a call longer than the idle limit does not end the session', async () => {
    const time = holdTime();
    try {
      const { begin, relying, tokens: first } = await signedIn();
      let tokens = first;
      for (let i = 0; i < 3; i++) {
        time.move(100 * 60);
        tokens = await relying.refresh(tokens);
      }
      expect(isIn(await begin({ prompt: 'none' }))).toBe(true);
    } finally {
      time.release();
    }
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

  test('SES-4 S46 S56 V28 a password set by somebody else and a disabled account end everything at once', async () => {
    for (const kind of ['password-set', 'disabled'] as const) {
      const { begin, relying, tokens, account, tenant } = await signedIn();
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

  test('SES-4 the epoch alone refuses what the sweep has not deleted yet', async () => {
    const { begin, relying, tokens, account } = await signedIn();
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

describe('requests that are wrong', () => {
  const authorize = async (parameters: Record<string, string>) => {
    const url = `${server.issuer}/oauth2/authorize?${new URLSearchParams(parameters)}`;
    return fetch(url, { redirect: 'manual', headers: { accept: 'text/html' } });
  };
  const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
  const sound = (id: string, redirectUri = CALLBACK) => ({
    client_id: id,
    response_type: 'code',
    scope: 'openid',
    redirect_uri: redirectUri,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: 's',
  });

  test('S66 an unknown application gets a page of ours and no redirect', async () => {
    const response = await authorize(sound('nobody'));
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('Unknown application');
  });

  const VARIANTS = [
    'http://localhost:9/callback/',
    'http://localhost:9/Callback',
    'http://LOCALHOST:9/callback',
    'http://localhost:9/callback?x=1',
    'http://localhost:9/callback#x',
    'http://localhost:9//callback',
    'http://localhost:9/./callback',
    'http://localhost:9/x/../callback',
    'http://localhost:9/callback/..',
    'http://localhost:9/callback..;/',
    'http://localhost:9/callback%2f',
    'http://localhost:9/%63allback',
    'http://localhost:9/callback.',
    'http://localhost.:9/callback',
    'http://localhost:90/callback',
    'http://localhost/callback',
    'https://localhost:9/callback',
    'http://localhost:9@evil.example/callback',
    'http://evil.example/callback',
    'http://evil.example#localhost:9/callback',
    'http://localhost:9.evil.example/callback',
    'http://evil.example\\@localhost:9/callback',
    'http://localhost:9\\callback',
    '//localhost:9/callback',
    '/callback',
    'callback',
    'javascript:alert(1)',
    'data:text/html,x',
    'http://127.0.0.1:9/callback',
    'http://[::1]:9/callback',
    'http://xn--lcalhost-q4a:9/callback',
    'http://lοcalhost:9/callback',
    'http://localhost:9/callback\t',
    ' http://localhost:9/callback',
    'http://localhost:9/callback ',
    'http://localhost:9/callback%00',
    'http://localhost:9/callback%0d%0aLocation:%20http://evil.example',
    'http://localhost:9/callback?',
    'http://localhost:9/callback;x',
    'http://localhost:9/callbac',
    'http://localhost:9/callback2',
    'http://localhost:9',
  ];
  test.each(VARIANTS)('S65 V23 the redirect URI %j is not the registered one', async (redirectUri) => {
    const { id } = await server.application();
    const response = await authorize(sound(id, redirectUri));
    expect(response.status).toBe(400);
    expect(response.headers.get('location')).toBeNull();
  });

  test('S65 V23 two redirect URIs in one request are refused', async () => {
    const { id } = await server.application();
    const url = `${server.issuer}/oauth2/authorize?${new URLSearchParams(sound(id))}&redirect_uri=${encodeURIComponent('http://evil.example/')}`;
    const response = await fetch(url, { redirect: 'manual' });
    expect(response.headers.get('location')).toBeNull();
    expect(response.status).toBe(400);
  });

  test('S68 V24 a request without PKCE, with plain, or for a token directly is refused, for every kind of application', async () => {
    for (const kind of ['web', 'spa', 'native'] as const) {
      const { id } = await server.application({ kind });
      const { code_challenge: _, code_challenge_method: __, ...without } = sound(id);
      for (const parameters of [
        without,
        { ...sound(id), code_challenge_method: 'plain' },
        { ...sound(id), code_challenge: 'short' },
        { ...sound(id), response_type: 'token' },
        { ...sound(id), response_type: 'id_token', nonce: 'n' },
      ]) {
        const location = (await authorize(parameters)).headers.get('location') ?? '';
        expect(location.startsWith(CALLBACK)).toBe(true);
        expect(location).toMatch(
          /[?#&]error=(invalid_request|unsupported_response_type|unauthorized_client)/,
        );
        expect(location).toMatch(/[?#&]iss=/);
      }
    }
  });

  test('S68 V24 a code needs its verifier', async () => {
    const tale = await story(server);
    await tale.begin();
    const { code_verifier: _, ...request } = tale.relying.tokenRequest((await tale.typePassword()).url);
    for (const body of [request, { ...request, code_verifier: 'x'.repeat(43) }]) {
      const response = await fetch(`${server.issuer}/oauth2/token`, {
        method: 'POST',
        body: new URLSearchParams(body),
        headers: { authorization: basic(tale.application.id, tale.application.secret) },
      });
      expect([response.status, ((await response.json()) as { error: string }).error]).toEqual([
        400,
        'invalid_grant',
      ]);
    }
  });

  test('S73 a hint without a signature, or signed with the public key as a secret, is refused', async () => {
    const { relying, tokens, browser } = await signedIn();
    const [, payload = ''] = (tokens.id_token ?? '').split('.');
    const header = (alg: string) => Buffer.from(JSON.stringify({ alg, typ: 'JWT' })).toString('base64url');
    const jwks = await (await fetch(`${server.issuer}/oauth2/jwks`)).text();
    const { createHmac } = await import('node:crypto');
    const mac = createHmac('sha256', jwks)
      .update(`${header('HS256')}.${payload}`)
      .digest('base64url');
    for (const forged of [
      `${header('none')}.${payload}.`,
      `${header('HS256')}.${payload}.${mac}`,
      'x.y.z',
      '',
    ]) {
      expect((await browser.open(relying.logoutUrl(forged || 'nothing'))).status).toBe(400);
    }
  });

  test('S71 D15 the password grant does not exist', async () => {
    const { id, secret } = await server.application();
    const response = await fetch(`${server.issuer}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'password', username: 'a', password: 'b' }),
      headers: { authorization: basic(id, secret) },
    });
    expect(((await response.json()) as { error: string }).error).toBe('unsupported_grant_type');
  });

  test('V32 features that are off answer 404 to direct calls', async () => {
    for (const path of [
      '/oauth2/par',
      '/oauth2/device/auth',
      '/oauth2/register',
      '/oauth2/device',
      '/interaction/x',
      '/reg',
      '/token',
      '/auth',
    ]) {
      expect((await fetch(`${server.issuer}${path}`, { method: 'POST' })).status).toBe(404);
    }
  });
});
