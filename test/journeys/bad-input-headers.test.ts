import { describe, expect, test } from '@jest/globals';
import { CALLBACK, startApp } from '../support/app.ts';
import { Browser } from '../support/browser.ts';
import { requestWithHost } from '../support/raw.ts';
import { story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();

const host = () => new URL(server.issuer).host;

describe('headers that lie', () => {
  const SPOOFS: Record<string, string>[] = [
    { 'x-forwarded-host': 'evil.example' },
    { 'x-forwarded-proto': 'https' },
    { 'x-forwarded-port': '1' },
    { forwarded: 'host=evil.example;proto=https' },
    { 'x-forwarded-host': 'a, b' },
    { 'x-forwarded-for': '6.6.6.6' },
    { 'x-real-ip': '6.6.6.6' },
    { 'x-forwarded-for': 'x'.repeat(4_000) },
    { 'x-forwarded-for': ',,,' },
  ];

  test.each(SPOOFS)('S26 V25 %j changes no address that we make', async (spoof) => {
    const discovery = await requestWithHost(server.issuer, '/.well-known/openid-configuration', {
      host: host(),
      ...spoof,
    });
    expect(discovery.status).toBe(200);
    expect(discovery.body).not.toContain('evil');
    expect(JSON.parse(discovery.body)).toMatchObject({
      issuer: server.issuer,
      token_endpoint: `${server.issuer}/oauth2/token`,
    });
  });

  test('S63 a foreign Host is answered 421; health answers by any name', async () => {
    for (const foreign of ['evil.example', `${host()}.evil.example`, 'localhost', '']) {
      expect(
        (await requestWithHost(server.issuer, '/.well-known/openid-configuration', { host: foreign })).status,
      ).toBe(421);
    }
    expect((await requestWithHost(server.issuer, '/health/live', { host: '10.0.0.1:3000' })).status).toBe(
      200,
    );
    expect((await requestWithHost(server.issuer, '/health/ready', { host: 'x' })).status).toBe(200);
  });

  test('S26 an address from X-Forwarded-For is not believed without a trusted proxy', async () => {
    const { begin, browser, account, tenant } = await story(server);
    const page = await begin();
    const fields = { clientCode: tenant.clientCode, userName: account.userName, password: 'wrong 123456' };
    await browser.post(`${page.url}/password`, fields, {
      origin: server.issuer,
      'x-forwarded-for': '6.6.6.6',
    });
    expect((await server.core.audit.ofAccount(account.id, 5))[0]?.address).toBe('127.0.0.1');
  });

  test('S26 S44 behind a trusted proxy the rightmost stranger is the client, and Host is overwritten', async () => {
    const proxied = await startApp({ SALLYPORT_TRUSTED_PROXIES: '127.0.0.0/8' });
    try {
      const discovery = await requestWithHost(proxied.issuer, '/.well-known/openid-configuration', {
        host: 'internal:8080',
        'x-forwarded-host': 'evil.example',
        'x-forwarded-for': '6.6.6.6, 203.0.113.9, 127.0.0.2',
      });
      expect(JSON.parse(discovery.body)).toMatchObject({
        issuer: proxied.issuer,
        token_endpoint: `${proxied.issuer}/oauth2/token`,
      });
      const { begin, browser, account, tenant } = await story(proxied);
      const page = await begin();
      await browser.post(
        `${page.url}/password`,
        { clientCode: tenant.clientCode, userName: account.userName, password: 'wrong 123456' },
        { origin: proxied.issuer, 'x-forwarded-for': '6.6.6.6, 203.0.113.9, 127.0.0.2' },
      );
      expect((await proxied.core.audit.ofAccount(account.id, 5))[0]?.address).toBe('203.0.113.9');
    } finally {
      await proxied.close();
    }
  });

  test('S80 a User-Agent with control characters cannot forge a line', async () => {
    const { begin, browser, account, tenant } = await story(server);
    const page = await begin();
    await browser.post(
      `${page.url}/password`,
      { clientCode: tenant.clientCode, userName: account.userName, password: 'wrong 123456' },
      { origin: server.issuer, 'user-agent': `x\t${'y'.repeat(2_000)}` },
    );
    const [entry] = await server.core.audit.ofAccount(account.id, 5);
    expect(entry?.browser).toMatch(/^x y{298}$/);
  });
});

describe('headers that we send', () => {
  test('S61 D20 every page carries the strict policy and is not stored', async () => {
    const { begin } = await story(server);
    const page = await begin();
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy.split('; ')).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
      ]),
    );
    expect(policy).not.toMatch(/unsafe|nonce|form-action|\*/);
    expect(Object.fromEntries(page.headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'cross-origin-opener-policy': 'same-origin',
      'x-frame-options': 'DENY',
    });
    expect(page.html).not.toMatch(/<script|<style|\sstyle=|\son[a-z]+=/i);
    expect(page.headers.get('server')).toBeNull();
    expect(page.headers.get('x-powered-by')).toBeNull();
  });

  test('S53 on http cookies are HttpOnly and Lax; on https they are Secure and carry their prefixes', async () => {
    const secure = await startApp({
      SALLYPORT_ISSUER: 'https://sign-in.example.org',
      SALLYPORT_TRUSTED_PROXIES: '127.0.0.1',
    });
    try {
      const { id } = await secure.application();
      const query = new URLSearchParams({
        client_id: id,
        response_type: 'code',
        scope: 'openid',
        redirect_uri: CALLBACK,
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
        code_challenge_method: 'S256',
      });
      const response = await fetch(
        `http://127.0.0.1:${secure.core.settings.listen.port}/oauth2/authorize?${query}`,
        { redirect: 'manual' },
      );
      const cookies = response.headers.getSetCookie();
      expect(cookies.length).toBeGreaterThan(0);
      for (const cookie of cookies)
        expect(cookie).toMatch(
          /^__Secure-sallyport_.*; secure.*httponly|^__Secure-sallyport_.*httponly.*secure/i,
        );
      expect(response.headers.get('strict-transport-security')).toMatch(/max-age=31536000/);
    } finally {
      await secure.close();
    }
    const { begin, browser, typePassword } = await story(server);
    await begin();
    await typePassword();
    for (const cookie of await browser.jar.getCookies(server.issuer))
      expect([cookie.httpOnly, cookie.sameSite]).toEqual([true, 'lax']);
  });

  test('S62 CORS is for the registered origin of the application only, and pages have none', async () => {
    const { id, secret } = await server.application();
    const ask = (origin: string) =>
      fetch(`${server.issuer}/oauth2/token`, {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x' }),
        headers: { origin, authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
      });
    expect((await ask('http://localhost:9')).headers.get('access-control-allow-origin')).toBe(
      'http://localhost:9',
    );
    expect((await ask('http://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
    const { begin } = await story(server);
    expect((await begin()).headers.get('access-control-allow-origin')).toBeNull();
  });

  test('S62 discovery and keys are open to scripts of every origin, also once they are kept in memory', async () => {
    for (const path of ['/.well-known/openid-configuration', '/oauth2/jwks']) {
      const plain = [await fetch(`${server.issuer}${path}`), await fetch(`${server.issuer}${path}`)];
      const [first, second] = await Promise.all(plain.map((response) => response.text()));
      expect(second).toBe(first);
      const scripted = await fetch(`${server.issuer}${path}`, { headers: { origin: 'https://app.example' } });
      expect(scripted.headers.get('access-control-allow-origin')).toBeTruthy();
      expect(await scripted.text()).toBe(first);
      expect(plain[1]?.headers.get('cache-control')).toBe('public, max-age=300');
      expect((await fetch(`${server.issuer}${path}`, { method: 'HEAD' })).status).toBe(200);
    }
  });

  test('S63 TRACE is refused', async () => {
    expect((await requestWithHost(server.issuer, '/', { host: host() }, 'TRACE')).status).toBe(405);
  });

  test('an address that does not exist is a page for people and JSON for programs', async () => {
    const page = await new Browser(server.issuer).open('/nothing/here');
    expect(page).toMatchObject({ status: 404, step: 'error' });
    const json = await fetch(`${server.issuer}/nothing/here`, { headers: { accept: 'application/json' } });
    expect([json.status, await json.json()]).toEqual([
      404,
      { error: 'not_found', message: expect.any(String), requestId: expect.any(String) },
    ]);
  });
});
