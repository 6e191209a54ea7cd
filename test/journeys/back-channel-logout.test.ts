import { describe, expect, test } from '@jest/globals';
import { memberOf } from '../../src/capabilities/credential-events/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer } from '../support/administration.ts';
import { PASSWORD } from '../support/app.ts';
import { RelyingApplication } from '../support/application.ts';
import { backChannelOn, type SignedOn, TELLS_LISTENERS } from '../support/back-channel.ts';
import { Browser } from '../support/browser.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const HOUR = 3_600;

const server = serverForAll(TELLS_LISTENERS);

const time = clockForEach();
const { listening, signedOn, deliveries, settled, expectTold } = backChannelOn(server);

const signOut = async (tale: SignedOn, fields: Record<string, string>) => {
  await tale.browser.open(tale.relying.logoutUrl(tale.tokens.id_token));
  return tale.browser.submit(fields, '/oauth2/logout/confirm');
};

const sessionOf = async ({ tenant, account }: SignedOn) =>
  (await server.core.sessions.live(memberOf(await server.reread(account), tenant)))[0]?.uid ?? '';

const ENDS: [string, (tale: SignedOn) => Promise<unknown>, Record<string, unknown>?][] = [
  ['the person signs out', (tale) => signOut(tale, { logout: 'yes' })],
  ['the person signs out of that application only', (tale) => signOut(tale, {})],
  [
    'the person ends the session elsewhere',
    async (tale) =>
      server.core.sessions.endOne(tale.account, await sessionOf(tale), { actor: tale.account.id }),
  ],
  [
    'an administrator ends the session',
    async (tale) =>
      administer(server, operations.account.endSession, tale.account, { session: await sessionOf(tale) }),
  ],
  [
    'an administrator ends everything',
    ({ account }) => administer(server, operations.account.endAllSessions, account, {}),
  ],
  [
    'an administrator sets a password',
    ({ account }) => administer(server, operations.account.setPassword, account, {}),
  ],
  ['the account is disabled', ({ account }) => administer(server, operations.account.disable, account, {})],
  ['the account is deleted', ({ account }) => administer(server, operations.account.remove, account, {})],
  [
    'everybody is signed out',
    async ({ tenant }) => {
      await server.core.sessions.endPopulation(tenant, 'user', { actor: 'command-line' });
      time.move(1);
    },
  ],
  [
    'another person signs in with the same browser',
    async ({ tenant, browser, relying }) => {
      const other = await server.account(tenant);
      await browser.open(await relying.request({ prompt: 'login' }));
      const fields = { clientCode: tenant.clientCode, userName: other.userName, password: PASSWORD };
      const page = await browser.submit(fields, '/password');
      if (page.step === 'change') await browser.submit({});
    },
  ],
  [
    'it is not used for two hours',
    async () => {
      time.move(2 * HOUR + 16);
      await server.core.sessions.endExpired();
    },
  ],
  [
    'a day is over',
    async ({ relying, tokens }) => {
      let latest = tokens;
      for (let hour = 0; hour < 23; hour++) {
        time.move(HOUR);
        latest = await relying.refresh(latest);
      }
      time.move(HOUR + 16);
      await server.core.sessions.endExpired();
    },
  ],
  [
    'a lock ends it, where the site wants that',
    async ({ tenant, account }) => {
      const named = await server.core.passwordProofs.named({
        tenant: (await server.core.tenants.byId(tenant.id)) ?? tenant,
        tenantKey: '',
        strangersPolicy: tenant.policy,
        population: 'user',
        userName: account.userName,
        address: '',
      });
      for (let i = 0; i < 5; i++)
        await server.core.passwordProofs.tryPassword(named, 'stranger', {}, 'wrong');
    },
    { 'lockout.endsSessions': true },
  ],
];

describe('every end of a session is told to its applications', () => {
  test.each(ENDS)('SES-3 S55 %s', async (...[, end, policy]) => {
    const tale = await signedOn(policy ? { policy } : {});
    await end(tale);
    await expectTold(tale);
  });

  test('V21 S58 the first person is signed out of the applications, and the second is not', async () => {
    const tale = await signedOn();
    const other = await server.account(tale.tenant);
    await tale.browser.open(await tale.relying.request({ prompt: 'login' }));
    const fields = { clientCode: tale.tenant.clientCode, userName: other.userName, password: PASSWORD };
    let page = await tale.browser.submit(fields, '/password');
    if (page.step === 'change') page = await tale.browser.submit({});
    const claims = (await tale.relying.exchange(page.url)).claims();
    expect(claims?.sub).toBe(other.id);
    expect(claims?.sid).not.toBe(tale.tokens.claims()?.sid);
    await expectTold(tale);
  });

  test('SES-3 every application of the session is told, each with its own sid; one without an address is not', async () => {
    const tale = await signedOn();
    const second = await listening();
    const also = await server.application({ backchannelLogoutUri: second.url });
    const silent = await server.application();
    const sids = new Map<string, unknown>();
    for (const { id, secret } of [also, silent]) {
      const relying = await RelyingApplication.discover(server.issuer, id, secret);
      const landed = await tale.browser.open(await relying.request());
      sids.set(id, (await relying.exchange(landed.url)).claims()?.sid);
    }
    await signOut(tale, { logout: 'yes' });
    await expectTold(tale);
    await settled(also.id, 'delivered');
    const { payload } = await second.verified(second.tokens[0] ?? '', server.issuer, also.id);
    expect(payload.sid).toBe(sids.get(also.id));
    expect(payload.sid).not.toBe(tale.tokens.claims()?.sid);
    expect(await deliveries(silent.id, 'delivered')).toEqual([]);
  });

  test('SES-4 a person’s own change ends the other sessions, and tells of them only', async () => {
    const tale = await signedOn();
    const here = new Browser(server.issuer);
    await here.open(await tale.relying.request());
    const { userName } = tale.account;
    const fields = { clientCode: tale.tenant.clientCode, userName, password: PASSWORD };
    const kept = (await tale.relying.exchange((await here.submit(fields, '/password')).url)).claims();
    await here.open('/account/password');
    const newPassword = 'another horse 10';
    await here.submit({ currentPassword: PASSWORD, newPassword, newPasswordAgain: newPassword });
    await expectTold(tale);
    expect(kept?.sid).not.toBe(tale.tokens.claims()?.sid);
    expect((await here.open(await tale.relying.request({ prompt: 'none' }))).url).toContain('code=');
  });

  test('SES-2 SES-3 a session in use is not ended, and one that was told of is told of once', async () => {
    const tale = await signedOn();
    let latest = tale.tokens;
    for (let hour = 0; hour < 3; hour++) {
      time.move(HOUR);
      latest = await tale.relying.refresh(latest);
      await server.core.sessions.endExpired();
    }
    expect(tale.listener.tokens).toEqual([]);
    time.move(2 * HOUR + 16);
    await Promise.all(Array.from({ length: 20 }, () => server.core.sessions.endExpired()));
    await settled(tale.application, 'delivered');
    time.move(90);
    await server.core.sessions.endExpired();
    expect(tale.listener.tokens).toHaveLength(1);
  });

  test('SES-3 one who dies between taking an expired session and letting it be told leaves it to another', async () => {
    const tale = await signedOn();
    time.move(2 * HOUR + 16);
    const now = server.core.clock.now();
    expect(await server.core.ephemeral.takeExpired('Session', now, 60, 10)).not.toEqual([]);
    await server.core.sessions.endExpired();
    expect(await deliveries(tale.application, 'pending')).toEqual([]);
    time.move(60);
    await server.core.sessions.endExpired();
    await expectTold(tale);
  });
});
