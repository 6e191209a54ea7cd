import { describe, expect, test } from '@jest/globals';
import * as client from 'openid-client';
import { basic, RelyingApplication } from '../support/application.ts';
import { signedIn, story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();

describe('tokens', () => {
  test('OID-1 S70 refresh rotates; a used one ends the family', async () => {
    const { relying, tokens } = await signedIn(server);
    const next = await relying.refresh(tokens);
    expect(next.refresh_token).not.toBe(tokens.refresh_token);
    expect(next.claims()?.sub).toBe(tokens.claims()?.sub);
    await expect(relying.refresh(tokens)).rejects.toMatchObject({ error: 'invalid_grant' });
    await expect(relying.refresh(next)).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(await relying.introspect(next.access_token)).toEqual({ active: false });
  });

  test('OID-1 introspection, userinfo and revocation', async () => {
    const { relying, tokens, account, application } = await signedIn(server);
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
    const { tokens } = await signedIn(server);
    const stranger = await story(server);
    expect(await stranger.relying.introspect(tokens.access_token)).toEqual({ active: false });
  });

  test('S70 V27 a refresh token presented by another application is refused and not spent', async () => {
    const { relying, tokens } = await signedIn(server);
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
