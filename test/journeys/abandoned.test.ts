import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLog } from '../../src/foundation/base/index.ts';
import { openSqliteEphemeral } from '../../src/foundation/stores/index.ts';
import { startSweeping } from '../../src/sweeping.ts';
import { isIn, type StartedApp, startApp } from '../support/app.ts';
import { freshFolder } from '../support/folder.ts';
import { story } from '../support/story.ts';
import { clockForEach } from '../support/suite.ts';

const MOST = 250;
const TEN_MINUTES = 600;
const DAY = 86_400;

let server: StartedApp;
let authorization: string;
const time = clockForEach();
beforeAll(async () => {
  server = await startApp({
    // A proxy of our own, so that a test may come from any address.
    SALLYPORT_TRUSTED_PROXIES: '127.0.0.0/8,::1/128',
    SALLYPORT_BEGUN_SIGN_INS: String(MOST),
  });
  const tale = await story(server);
  authorization = String(await tale.relying.request());
});
afterAll(() => server.close());

/** One stranger, who follows nothing and keeps no cookie. */
const begin = (address: string, accept = 'text/html') =>
  fetch(authorization, { redirect: 'manual', headers: { 'x-forwarded-for': address, accept } });

async function beginAll(address: string, count: number): Promise<number[]> {
  const answers: number[] = [];
  for (let n = 0; n < count; n++) answers.push((await begin(address)).status);
  return answers;
}

describe('sign-ins that are begun and left', () => {
  test('SEC-4 X8 one network begins only so many in ten minutes; others, and the next ten minutes, are not touched', async () => {
    time.toStepStart();
    const answers = await beginAll('192.0.2.1', MOST);
    expect(new Set(answers)).toEqual(new Set([303]));
    const refused = await begin('192.0.2.1');
    expect([refused.status, await refused.text()]).toEqual([
      429,
      expect.stringContaining('Too many sign-ins or sign-outs were started from your network'),
    ]);
    expect((await begin('192.0.2.2')).status).toBe(303);
    time.move(TEN_MINUTES);
    expect((await begin('192.0.2.1')).status).toBe(303);
  });

  test('SEC-4 X8 the addresses of one IPv6 network share its number', async () => {
    await beginAll('2001:db8:1:1::1', MOST);
    expect((await begin('2001:db8:1:1:ffff::2')).status).toBe(429);
    expect((await begin('2001:db8:1:2::1')).status).toBe(303);
  });

  test('SEC-4 X8 sign-outs that strangers ask for count as well', async () => {
    const signOut = () =>
      fetch(`${server.issuer}/oauth2/logout`, { headers: { 'x-forwarded-for': '192.0.2.9' } });
    for (let n = 0; n < MOST; n++) expect((await signOut()).status).toBe(200);
    const refused = await signOut();
    expect([refused.status, await refused.text()]).toEqual([429, expect.stringContaining('too_many_begun')]);
  });

  test.each([
    '/oauth2/logout/',
    '/oauth2/LOGOUT',
    '/OAuth2/logout',
    '/oauth2/Authorize',
    '/oauth2/authorize/',
  ])('SEC-4 X8 no other spelling of an address leads past the limit: %s', async (path) => {
    const { search } = new URL(authorization);
    const answer = await fetch(`${server.issuer}${path}${search}`, { redirect: 'manual' });
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([404, []]);
  });

  test.each(['image', 'iframe', 'empty'])(
    'SEC-4 X8 what a page of another site embeds (%s) uses up nothing of the network that its visitor is in',
    async (destination) => {
      const address = `198.51.100.${destination.length}`;
      const headers = { 'x-forwarded-for': address, 'sec-fetch-dest': destination };
      for (const url of [authorization, `${server.issuer}/oauth2/logout`])
        for (let n = 0; n <= MOST; n++) {
          const answer = await fetch(url, { redirect: 'manual', headers });
          expect([answer.status, answer.headers.get('location')]).toEqual([403, null]);
        }
      expect((await begin(address)).status).toBe(303);
    },
  );

  test('SEC-4 X8 a person who is signed in is let through from a network that has begun too many', async () => {
    const tale = await story(server);
    await tale.begin();
    expect(isIn(await tale.typePassword())).toBe(true);
    for (let n = 0; n <= MOST; n++) await fetch(authorization, { redirect: 'manual' });
    expect((await fetch(authorization, { redirect: 'manual' })).status).toBe(429);
    expect(isIn(await tale.begin())).toBe(true);
  });

  test('SEC-4 X8 a sweep deletes everything that expired, however much there is', async () => {
    await beginAll('192.0.2.3', MOST);
    const sweeping = startSweeping(server.core, createLog('silent'));
    time.move(DAY);
    // Asked twice at once: the second one waits for the end of the first.
    await Promise.all([sweeping.sweep(), sweeping.sweep()]);
    expect(await server.core.ephemeral.sweep(server.core.clock.now(), 100)).toBe(0);
    await sweeping.stop();
  });

  test('SEC-4 X8 a sweep that is told to stop begins no further batch', async () => {
    const { clock } = server.core;
    const folder = freshFolder();
    // Its own file, as Redis deletes what has expired by itself.
    const ephemeral = openSqliteEphemeral(`${folder.path}/ephemeral.sqlite`, clock.now());
    const record = { value: '', expiresAt: clock.now() + 1 };
    for (let n = 0; n < MOST; n++) await ephemeral.put('Left', String(n), record, clock.now());
    const sweeping = startSweeping({ ...server.core, ephemeral }, createLog('silent'));
    time.move(DAY);
    const swept = sweeping.sweep();
    await sweeping.stop();
    await swept;
    expect(await ephemeral.sweep(clock.now(), 100)).toBeGreaterThan(0);
    await ephemeral.close();
    folder.remove();
  });

  test('SEC-4 X8 a stranger who asks for errors, keys or pages leaves nothing behind', async () => {
    const sweeping = startSweeping(server.core, createLog('silent'));
    time.move(100 * DAY);
    await sweeping.sweep();
    for (const path of ['/oauth2/authorize', '/oauth2/jwks', '/sign-in/x', '/recover', '/'])
      await fetch(`${server.issuer}${path}`, { redirect: 'manual' });
    time.move(100 * DAY);
    expect(await server.core.ephemeral.sweep(server.core.clock.now(), 100)).toBe(0);
    await sweeping.stop();
  });
});
