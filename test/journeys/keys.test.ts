import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { SECRET, type StartedApp, startApp } from '../support/app.ts';
import { basic } from '../support/application.ts';
import { eventually } from '../support/eventually.ts';
import { codeOf, story } from '../support/story.ts';
import { clockForEach } from '../support/suite.ts';
import { nowSeconds } from '../support/time.ts';

const AUDIENCE = 'https://reports.example.org';

let server: StartedApp;
let machine: { id: string; secret: string };
beforeAll(async () => {
  server = await startApp();
  machine = await server.application({ kind: 'machine', audience: AUDIENCE, scopes: ['read'] });
});
afterAll(() => server.close());

const time = clockForEach();

async function keySet(): Promise<{ set: JSONWebKeySet; maxAge: number; kids: string[] }> {
  const answer = await fetch(`${server.issuer}/oauth2/jwks`);
  const maxAge = Number(/max-age=(\d+)/.exec(answer.headers.get('cache-control') ?? '')?.[1]);
  const set = (await answer.json()) as JSONWebKeySet;
  return { set, maxAge, kids: set.keys.filter(({ alg }) => alg === 'ES256').map(({ kid }) => kid ?? '') };
}

async function machineToken(): Promise<string> {
  const answer = await fetch(`${server.issuer}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: basic(machine.id, machine.secret) },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}

const signingKid = async () => decodeProtectedHeader(await machineToken()).kid;

async function rotated(isReplacement = false) {
  const key = await server.core.keys.rotate('ES256', isReplacement);
  if ('refused' in key) throw new Error(key.refused.code);
  return key;
}

/** A resource server that keeps the key set for as long as its headers allow, and not a second less. */
function cachingVerifier() {
  let kept: { set: JSONWebKeySet; until: number } | undefined;
  return async (token: string) => {
    const now = nowSeconds();
    if (!kept || now >= kept.until) {
      const { set, maxAge } = await keySet();
      kept = { set, until: now + maxAge };
    }
    return jwtVerify(token, createLocalJWKSet(kept.set), { audience: AUDIENCE, currentDate: new Date() });
  };
}

describe('signing keys', () => {
  test('OID-2 a rotation is seen without a restart, and no application that keeps the key set refuses a token', async () => {
    const before = await keySet();
    const verifiers = Array.from({ length: 10 }, cachingVerifier);
    const next = await rotated();
    await eventually(keySet, ({ kids }) => kids.includes(next.kid));
    expect(await signingKid()).toBe(before.kids[0]);
    const signed = new Set<string | undefined>();
    // One verifier filled its cache just before the rotation, the others at other minutes of it.
    for (let minute = 0; minute < 20; minute++) {
      const token = await machineToken();
      signed.add(decodeProtectedHeader(token).kid);
      for (const verify of verifiers.slice(0, minute + 1)) await verify(token);
      time.move(60);
      if (nowSeconds() >= next.activeAt) await eventually(signingKid, (kid) => kid === next.kid);
    }
    expect([...signed]).toEqual([before.kids[0], next.kid]);
    expect(await server.core.keys.list()).toContainEqual(
      expect.objectContaining({ kid: before.kids[0], state: 'retired' }),
    );
  });

  test('OID-2 F20 what was begun under the former key ends under the new one: sign-in, tokens, session, logout', async () => {
    const tale = await story(server, { person: { totpSecret: SECRET } });
    time.toStepStart(2);
    const done = await story(server, { tenant: tale.tenant, person: { totpSecret: SECRET } });
    await done.begin();
    await done.typePassword();
    const tokens = await done.relying.exchange((await done.browser.submit({ code: codeOf(SECRET) })).url);
    await tale.begin();
    await tale.typePassword();
    const next = await rotated(true);
    await eventually(signingKid, (kid) => kid === next.kid);
    const finished = await tale.relying.exchange((await tale.browser.submit({ code: codeOf(SECRET) })).url);
    expect(decodeProtectedHeader(finished.id_token ?? '').kid).toBe(next.kid);
    expect(await done.relying.userinfo(tokens)).toMatchObject({ sub: done.account.id });
    const refreshed = await done.relying.refresh(tokens);
    expect(decodeProtectedHeader(refreshed.id_token ?? '').kid).toBe(next.kid);
    const again = await done.browser.open(await done.relying.request({ prompt: 'none' }));
    expect(new URL(again.url).searchParams.get('code')).toBeTruthy();
  });

  test('OID-2 a key that others know is gone from the key set without a restart', async () => {
    const [known] = (await keySet()).kids;
    const next = await rotated(true);
    const { kids } = await eventually(keySet, (set) => set.kids.includes(next.kid));
    expect(kids).toEqual([next.kid]);
    expect(kids).not.toContain(known);
  });

  test('OID-2 of two rotations at the same moment one makes a key', async () => {
    time.move(3_600);
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, () => server.core.keys.rotate('RS256', false)),
    );
    expect(outcomes.filter((outcome) => !('refused' in outcome))).toHaveLength(1);
  });
});
