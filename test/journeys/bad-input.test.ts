import { request } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { CALLBACK, isIn, PASSWORD, startApp } from '../support/app.ts';
import { Browser, type Shown } from '../support/browser.ts';
import { story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();

/** A request as raw as Node sends it: fetch refuses to set Host. */
function raw(
  path: string,
  headers: Record<string, string | string[]>,
  method = 'GET',
): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number;
    headers: Record<string, unknown>;
    body: string;
  }>();
  const { port } = new URL(server.issuer);
  const sent = request({ host: '127.0.0.1', port, path, method, headers, setHost: false }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: Buffer.concat(chunks).toString(),
      }),
    );
  });
  sent.on('error', reject);
  sent.end();
  return promise;
}

const host = () => new URL(server.issuer).host;

describe('forms', () => {
  async function post(
    page: Shown,
    browser: Browser,
    body: string | Buffer,
    headers: Record<string, string> = {},
  ) {
    const cookie = await browser.jar.getCookieString(page.url);
    return fetch(`${page.url}/password`, {
      method: 'POST',
      body,
      redirect: 'manual',
      headers: {
        cookie,
        origin: server.issuer,
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'text/html',
        ...headers,
      },
    });
  }

  test.each([
    ['a megabyte', 'userName=x&password='.padEnd(1_048_576, 'a'), {}, 413],
    ['65 KiB', 'userName=x&password='.padEnd(66_560, 'a'), {}, 413],
    ['JSON', '{"userName":"x"}', { 'content-type': 'application/json' }, 415],
    ['multipart', 'x', { 'content-type': 'multipart/form-data; boundary=x' }, 415],
    ['a compressed body', 'x', { 'content-encoding': 'gzip' }, 415],
    ['NUL bytes', 'userName=a%00b&password=x', {}, 400],
    ['invalid UTF-8 in escapes', 'userName=%ff%fe&password=x', {}, 400],
    ['invalid UTF-8 as bytes', Buffer.from([0x75, 0x3d, 0xff, 0xfe]), {}, 400],
    ['a broken escape', 'userName=%zz&password=x', {}, 400],
    ['a field twice', 'userName=a&userName=b&password=x', {}, 400],
    ['a hundred fields', Array.from({ length: 100 }, (_, i) => `f${i}=1`).join('&'), {}, 400],
    ['a name of 5,000 characters', `userName=${'x'.repeat(5_000)}&password=x`, {}, 400],
  ])(
    'SEC-3 %s is a clear error, and the sign-in goes on afterwards',
    async (_name, body, headers, status) => {
      const { begin, browser, typePassword } = await story(server);
      const page = await begin();
      const response = await post(page, browser, body as string, headers as Record<string, string>);
      expect(response.status).toBe(status);
      expect(await response.text()).toContain('data-step="error"');
      await browser.open(page.url);
      expect(isIn(await typePassword())).toBe(true);
    },
  );

  test('V34 SEC-3 {"$gt":""}, arrays and prototype keys in every field are just wrong text', async () => {
    const { begin, browser } = await story(server);
    const page = await begin();
    for (const text of [
      '{"$gt":""}',
      '["a"]',
      '__proto__',
      'constructor',
      "' OR 1=1 --",
      '../../etc/passwd',
      '<script>alert(1)</script>',
      '\u202Eevil',
    ]) {
      const answered = await browser.post(`${page.url}/password`, {
        clientCode: text,
        userName: text,
        password: text,
      });
      expect(answered).toMatchObject({ status: 200 });
      expect(['password', 'locked']).toContain(answered.step);
      expect(answered.html).not.toContain('<script>alert');
      await browser.post(`${page.url}/restart`, {});
    }
    const body = 'userName[$gt]=&password[$ne]=x&clientCode[]=y';
    expect((await post(await browser.open(page.url), browser, body)).status).toBe(303);
  });

  test('SEC-3 an empty post, and one without a content type, are answered', async () => {
    const { begin, browser } = await story(server);
    const page = await begin();
    const cookie = await browser.jar.getCookieString(page.url);
    const response = await fetch(`${page.url}/password`, {
      method: 'POST',
      headers: { cookie, origin: server.issuer },
      redirect: 'manual',
    });
    expect(response.status).toBe(303);
  });

  test('S59 V19 a post from another site is refused, and one from a sister port too; without either header only this form is taken', async () => {
    const { begin, browser, tenant, account } = await story(server);
    const page = await begin();
    const fields = { clientCode: tenant.clientCode, userName: account.userName, password: PASSWORD };
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: server.issuer },
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: `${server.issuer}.evil.example` },
    ]) {
      const refused = await browser.post(`${page.url}/password`, fields, headers as Record<string, string>);
      expect([refused.status, refused.step]).toEqual([403, 'error']);
    }
    expect((await server.core.audit.ofAccount(account.id, 5)).length).toBe(0);
    expect(isIn(await browser.post(`${page.url}/password`, fields, {}))).toBe(true);
  });

  test('the token endpoint refuses a megabyte, JSON and a wrong method', async () => {
    const url = `${server.issuer}/oauth2/token`;
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(
      (await fetch(url, { method: 'POST', body: 'a='.padEnd(1_048_576, 'x'), headers: form })).status,
    ).toBe(400);
    expect(
      (await fetch(url, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }))
        .status,
    ).toBe(400);
    expect((await fetch(url)).status).toBe(404);
  });
});

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

  test.each(SPOOFS)('S44 S26 V25 %j changes no address that we make', async (spoof) => {
    const discovery = await raw('/.well-known/openid-configuration', { host: host(), ...spoof });
    expect(discovery.status).toBe(200);
    expect(discovery.body).not.toContain('evil');
    expect(JSON.parse(discovery.body)).toMatchObject({
      issuer: server.issuer,
      token_endpoint: `${server.issuer}/oauth2/token`,
    });
  });

  test('S63 a foreign Host is answered 421; health answers by any name', async () => {
    for (const foreign of ['evil.example', `${host()}.evil.example`, 'localhost', '']) {
      expect((await raw('/.well-known/openid-configuration', { host: foreign })).status).toBe(421);
    }
    expect((await raw('/health/live', { host: '10.0.0.1:3000' })).status).toBe(200);
    expect((await raw('/health/ready', { host: 'x' })).status).toBe(200);
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
      const { port } = new URL(proxied.issuer);
      const { promise, resolve } = Promise.withResolvers<string>();
      request(
        {
          host: '127.0.0.1',
          port,
          path: '/.well-known/openid-configuration',
          setHost: false,
          headers: {
            host: 'internal:8080',
            'x-forwarded-host': 'evil.example',
            'x-forwarded-for': '6.6.6.6, 203.0.113.9, 127.0.0.2',
          },
        },
        (response) => {
          let body = '';
          response.on('data', (chunk) => {
            body += chunk;
          });
          response.on('end', () => resolve(body));
        },
      ).end();
      expect(JSON.parse(await promise)).toMatchObject({
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
  test('S60 S61 D20 every page carries the strict policy and is not stored', async () => {
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

  test('S62 CORS is for the registered origin of the application alone, and pages have none', async () => {
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
    expect((await raw('/', { host: host() }, 'TRACE')).status).toBe(405);
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

test('S81 SEC-3 OPS-3 a lost store means 503 at every door, never an open one, and readiness says so', async () => {
  const broken = await startApp();
  const { begin, browser, typePassword, application, relying } = await story(broken);
  const page = await begin();
  const { application: machine } = { application: await broken.application({ kind: 'machine' }) };
  await broken.core.ephemeral.close();
  try {
    expect(await typePassword()).toMatchObject({ status: 503, step: 'error' });
    expect((await browser.open(page.url)).status).toBe(503);
    expect((await browser.open(await relying.request())).status).toBe(503);
    const body = new URLSearchParams({ grant_type: 'client_credentials' });
    const authorization = `Basic ${Buffer.from(`${machine.id}:${machine.secret}`).toString('base64')}`;
    const token = await fetch(`${broken.issuer}/oauth2/token`, {
      method: 'POST',
      body,
      headers: { authorization },
    });
    expect(token.status).toBe(503);
    expect(await token.text()).not.toMatch(/sqlite|stack|\.ts|node_modules/);
    expect((await fetch(`${broken.issuer}/health/live`)).status).toBe(200);
    const ready = await fetch(`${broken.issuer}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { status: 'not ready', failing: ['ephemeral'] },
    ]);
    expect(application.id).toBeTruthy();
  } finally {
    await broken.close();
  }
});
