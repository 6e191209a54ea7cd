import { describe, expect, test } from '@jest/globals';
import { isIn, PASSWORD, startApp } from '../support/app.ts';
import type { Browser, Shown } from '../support/browser.ts';
import { story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();

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

test('S81 OPS-3 a lost store means 503 at every door, never an open one, and readiness says so', async () => {
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
