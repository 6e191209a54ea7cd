import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { sendRequest } from '../support/raw.ts';
import { serverForAll } from '../support/suite.ts';

/** Every address that prints an address, or leads somewhere. */
const PATHS = [
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  '/oauth2/jwks',
  '/oauth2/logout',
  '/oauth2/authorize?client_id=x',
  '/oauth2/device',
  '/account',
  '/go/user',
  '/.well-known/change-password',
  '/health/live',
  '/no-such-page',
];

/** How a stranger may write another host into the request line. */
const FORMS: readonly [string, (path: string) => string][] = [
  ['absolute-form', (path) => `http://evil.example${path}`],
  ['absolute-form in capitals', (path) => `HTTP://evil.example${path}`],
  ['absolute-form over https', (path) => `https://evil.example${path}`],
  ['absolute-form of another scheme', (path) => `gopher://evil.example${path}`],
  ['userinfo', (path) => `http://localhost@evil.example${path}`],
  ['a path below two slashes', (path) => `//evil.example${path}`],
  ['a path below a backslash', (path) => `/\\evil.example${path}`],
  ['a backslash in the path', (path) => `/x\\..${path}`],
  ['a fragment', (path) => `${path}#@evil.example`],
  ['no host at all', () => 'http://['],
  ['authority-form', () => 'evil.example:443'],
  ['asterisk-form', () => '*'],
  ['bytes beyond ASCII', (path) => `${path}\xff`],
];

describe.each([
  ['directly', {}],
  ['through a trusted proxy', { SALLYPORT_TRUSTED_PROXIES: '127.0.0.1,::1' }],
])('a request line that names another host, %s', (_way, environment: Record<string, string>) => {
  const server = serverForAll(environment);
  const port = () => Number(new URL(server.issuer).port);
  const ask = (target: string, method = 'GET', headers: string[] = []) =>
    sendRequest(port(), [`${method} ${target} HTTP/1.1`, `Host: localhost:${port()}`, ...headers]);
  const discovery = async () => (await ask('/.well-known/openid-configuration')).text;

  /** A stranger comes first, so that what is kept would be theirs. */
  const attackAll = async () => {
    const answers: [string, string, number][] = [];
    for (const [name, form] of FORMS)
      for (const path of PATHS)
        for (const method of ['GET', 'HEAD']) {
          const { status, text } = await ask(form(path), method);
          expect(text).not.toContain('evil.example');
          if (status !== 400) answers.push([name, `${method} ${path}`, status]);
        }
    return answers;
  };

  test('SEC-4 X1 is a 400 on every endpoint, and nothing printed holds that host', async () => {
    expect(await attackAll()).toEqual([]);
  });

  test('SEC-4 X1 changes nothing of what the next visitor gets, before and after a rotation of keys', async () => {
    const before = await discovery();
    expect(before).toContain(`"issuer":"${server.issuer}"`);
    const key = await server.core.keys.rotate('ES256', false);
    if ('refused' in key) throw new Error('no rotation');
    // The provider is swapped, and with it what was kept: the stranger comes first again.
    const isSwapped = async () => (await ask('/oauth2/jwks')).text.includes(key.kid);
    await eventually(isSwapped, Boolean);
    expect(await attackAll()).toEqual([]);
    const after = await discovery();
    expect(after.split('\r\n\r\n')[1]).toBe(before.split('\r\n\r\n')[1]);
  });

  test('SEC-4 X1 a post to a foreign target is refused before its body is read', async () => {
    for (const path of ['/oauth2/token', '/oauth2/par', '/oauth2/logout', '/session/login']) {
      const headers = ['Content-Type: application/x-www-form-urlencoded', 'Content-Length: 0'];
      expect((await ask(`http://evil.example${path}`, 'POST', headers)).status).toBe(400);
    }
  });

  test('S44 X1 forwarding headers and a Host in other spellings put no foreign address into a document', async () => {
    const headers = [
      'X-Forwarded-Host: evil.example',
      'X-Forwarded-Proto: gopher',
      'Forwarded: host=evil.example;proto=https',
      'X-Forwarded-Prefix: //evil.example',
      'X-Original-URL: http://evil.example/',
      'X-Rewrite-Url: //evil.example/',
    ];
    for (const path of PATHS) expect((await ask(path, 'GET', headers)).text).not.toContain('evil.example');
  });

  test('S65 an address of ours in every document, though the query names another', async () => {
    const path = '/.well-known/openid-configuration?issuer=http://evil.example/&x=//evil.example';
    const { status, text } = await ask(path);
    expect(status).toBe(200);
    expect(text).not.toContain('evil.example');
  });
});
