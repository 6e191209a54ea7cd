import { describe, expect, test } from '@jest/globals';
import { CALLBACK, isIn } from '../support/app.ts';
import { basic } from '../support/application.ts';
import { signedIn, story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();

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
    const response = await authorize(sound('no-application'));
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
        expect(isIn({ url: location })).toBe(true);
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
    const { relying, tokens, browser } = await signedIn(server);
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
