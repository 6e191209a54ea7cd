import { describe, expect, test } from '@jest/globals';
import { engineConfiguration } from '../../src/doors/oidc/configuration.ts';
import { systemClock } from '../../src/foundation/base/index.ts';
import { basic } from '../support/application.ts';
import { type Story, story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();

/** Takes an application out of the store, as an operator with the database at hand does: no command of ours does so. */
async function remove(id: string): Promise<void> {
  const applications = server.core.documents.collection({
    name: 'applications',
    indexes: { order: { fields: ['id'] } },
  });
  expect(await applications.remove(id)).toBe(true);
  // What is created tells every cache of applications to look again.
  await server.application();
}

/** A person who is signed in at an application that is then taken away. */
async function gone() {
  const tale = await story(server);
  await tale.begin();
  const tokens = await tale.relying.exchange((await tale.typePassword()).url);
  await remove(tale.application.id);
  return { ...tale, tokens };
}

async function ask(path: string, fields: Record<string, string>, authorization?: string) {
  const answer = await fetch(`${server.issuer}/oauth2/${path}`, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: authorization ? { authorization } : {},
  });
  const text = await answer.text();
  return { status: answer.status, body: text ? (JSON.parse(text) as Record<string, unknown>) : {} };
}

const credentials = ({ application: { id, secret } }: Pick<Story, 'application'>) => basic(id, secret);

describe('an application that is gone', () => {
  test.each(['introspect', 'revoke'])('SEC-4 X17 is refused by %s, with its own tokens', async (path) => {
    const tale = await gone();
    for (const token of [tale.tokens.access_token, tale.tokens.refresh_token ?? '', 'nothing']) {
      const { status, body } = await ask(path, { token }, credentials(tale));
      expect([status, body.error]).toEqual([401, 'invalid_client']);
    }
  });

  test.each(['introspect', 'revoke'])('SEC-4 X17 is refused by %s without its secret too', async (path) => {
    const tale = await gone();
    for (const client_id of [tale.application.id, 'undefined', 'null']) {
      const { status, body } = await ask(path, { token: tale.tokens.access_token, client_id });
      expect([status, body.error]).toEqual([401, 'invalid_client']);
    }
    const { status } = await ask(path, { token: tale.tokens.access_token });
    expect(status).toBe(400);
  });

  test('SEC-4 X17 gets no new tokens, and its access token reads nothing', async () => {
    const tale = await gone();
    const fields = { grant_type: 'refresh_token', refresh_token: tale.tokens.refresh_token ?? '' };
    expect((await ask('token', fields, credentials(tale))).status).toBe(401);
    const userinfo = await fetch(`${server.issuer}/oauth2/userinfo`, {
      headers: { authorization: `Bearer ${tale.tokens.access_token}` },
    });
    expect(userinfo.status).toBe(401);
  });
});

describe('a token whose application is gone', () => {
  test.each([
    ['a web application', { kind: 'web' }],
    ['a machine without an audience', { kind: 'machine', audience: null }],
    ['a machine with an audience', { kind: 'machine', audience: 'https://api.example.test/' }],
  ] as const)('SEC-4 X17 is not active for %s, which cannot revoke it either', async (_, options) => {
    const tale = await gone();
    const asking = credentials({ application: await server.application(options) });
    for (const token of [tale.tokens.access_token, tale.tokens.refresh_token ?? '']) {
      expect(await ask('introspect', { token }, asking)).toEqual({ status: 200, body: { active: false } });
      expect((await ask('revoke', { token }, asking)).status).toBe(200);
    }
    await server.application({ id: tale.application.id, secret: tale.application.secret });
    expect((await tale.relying.introspect(tale.tokens.access_token)).active).toBe(true);
    expect((await tale.relying.introspect(tale.tokens.refresh_token ?? '')).active).toBe(true);
  });

  test('SEC-4 X17 of a machine that is gone is not active for one that is there', async () => {
    const first = await server.application({ kind: 'machine' });
    const fields = { grant_type: 'client_credentials' };
    const issued = await ask('token', fields, basic(first.id, first.secret));
    expect(issued.status).toBe(200);
    await remove(first.id);
    const second = await server.application({ kind: 'machine' });
    const token = String(issued.body.access_token);
    const asked = await ask('introspect', { token }, basic(second.id, second.secret));
    expect(asked).toEqual({ status: 200, body: { active: false } });
  });
});

test('SEC-4 X17 an application that goes while it asks learns nothing, as it has no audience to compare', async () => {
  const { features } = engineConfiguration({
    issuer: server.issuer,
    jwks: [],
    clock: systemClock,
    applications: server.core.applications,
    pages: {},
  } as never);
  const asker = { clientId: 'was-here' } as never;
  const of = (clientId: string, aud?: string) => ({ clientId, aud }) as never;
  const ctx = {} as never;
  expect(await features?.introspection?.allowedPolicy?.(ctx, asker, of('another'))).toBe(false);
  expect(await features?.introspection?.allowedPolicy?.(ctx, asker, of('another', 'x:y'))).toBe(false);
  expect(await features?.revocation?.allowedPolicy?.(ctx, asker, of('another'))).toBe(false);
});

describe('signing out', () => {
  test('SEC-4 X17 with the ID token of an application that is gone is refused', async () => {
    const tale = await gone();
    const page = await tale.browser.open(tale.relying.logoutUrl(tale.tokens.id_token));
    expect([page.status, page.step]).toEqual([400, 'error']);
  });

  test('SEC-4 X17 ends a session that an application was part of before it was gone', async () => {
    const tale = await gone();
    await tale.browser.open('/oauth2/logout');
    expect((await tale.browser.submit({ logout: 'yes' })).step).toBe('logged-out');
  });
});
