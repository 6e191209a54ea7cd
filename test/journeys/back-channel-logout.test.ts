import { afterEach, describe, expect, test } from '@jest/globals';
import type { Account } from '../../src/capabilities/accounts/index.ts';
import type { DeliveryState } from '../../src/capabilities/logout-delivery/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer } from '../support/administration.ts';
import { PASSWORD } from '../support/app.ts';
import { RelyingApplication } from '../support/application.ts';
import { Browser } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import {
  accepts,
  answers,
  floods,
  hangs,
  type LogoutListener,
  startLogoutListener,
} from '../support/logout-listener.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const HOUR = 3_600;
const DAY = 86_400;

const server = serverForAll({ SALLYPORT_OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1/32' });
const time = clockForEach();
const listeners: LogoutListener[] = [];
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close();
});

async function listening(manner = accepts) {
  const listener = await startLogoutListener(manner);
  listeners.push(listener);
  return listener;
}

/** An application with an address, and somebody signed on to it. */
async function signedOn(
  options: { policy?: Record<string, unknown>; manner?: LogoutListener['manner'] } = {},
) {
  const listener = await listening(options.manner);
  const tenant = await server.tenant('livevox');
  if (options.policy) await server.changePolicy(tenant, options.policy);
  const account = await server.account(tenant);
  const { id, secret } = await server.application({ backchannelLogoutUri: listener.url });
  const relying = await RelyingApplication.discover(server.issuer, id, secret);
  const browser = new Browser(server.issuer);
  const signIn = async () => {
    await browser.open(await relying.request());
    const { userName } = account;
    const fields = { clientCode: tenant.clientCode, userName, password: PASSWORD };
    const landed = await browser.submit(fields, '/password');
    return relying.exchange(landed.url);
  };
  const tokens = await signIn();
  return { listener, tenant, account, application: id, relying, browser, tokens, signIn };
}
type SignedOn = Awaited<ReturnType<typeof signedOn>>;

const deliveries = async (applicationId: string, state: DeliveryState) =>
  (await server.core.deliveries.list({ applicationId, state })).items;
const settled = (applicationId: string, state: DeliveryState, count = 1) =>
  eventually(
    () => deliveries(applicationId, state),
    (found) => found.length === count,
  );

const failing = (applicationId: string, problem: string) =>
  eventually(
    () => deliveries(applicationId, 'pending'),
    (found) => found[0]?.problem === problem,
  );

/** The one token that came says that this session of this person has ended. */
async function expectTold({ listener, application, account, tokens }: SignedOn) {
  await settled(application, 'delivered');
  expect(listener.tokens).toHaveLength(1);
  const { payload, protectedHeader } = await listener.verified(
    listener.tokens[0] ?? '',
    server.issuer,
    application,
  );
  expect(protectedHeader.typ).toBe('logout+jwt');
  expect(payload).toEqual({
    iss: server.issuer,
    aud: application,
    sub: account.id,
    sid: tokens.claims()?.sid,
    iat: expect.any(Number),
    exp: (payload.iat ?? 0) + 120,
    jti: expect.any(String),
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  });
  expect(tokens.claims()?.sid).toEqual(expect.any(String));
}

const signOut = async (tale: SignedOn, fields: Record<string, string>) => {
  await tale.browser.open(tale.relying.logoutUrl(tale.tokens.id_token));
  return tale.browser.submit(fields, '/oauth2/logout/confirm');
};
const sessionOf = async ({ tenant, account }: SignedOn) =>
  (await server.core.sessions.live(tenant, await server.reread(account)))[0]?.uid ?? '';

const ENDS: [string, (tale: SignedOn) => Promise<unknown>, Record<string, unknown>?][] = [
  ['the person signs out', (tale) => signOut(tale, { logout: 'yes' })],
  ['the person signs out of that application alone', (tale) => signOut(tale, {})],
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
    'somebody else signs in with the same browser',
    async ({ tenant, browser, relying }) => {
      const other = await server.account(tenant);
      await browser.open(await relying.request({ prompt: 'login' }));
      const fields = { clientCode: tenant.clientCode, userName: other.userName, password: PASSWORD };
      const page = await browser.submit(fields, '/password');
      if (page.step === 'change') await browser.submit({});
    },
  ],
  [
    'nobody uses it for two hours',
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

  test('SES-4 a person’s own change ends the other sessions, and tells of them alone', async () => {
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

describe('a slow or hostile application harms nobody', () => {
  const end = ({ account }: { account: Account }) =>
    administer(server, operations.account.endAllSessions, account, {});

  test('F22 SES-3 one that answers 500 for an hour is told within five minutes after', async () => {
    const tale = await signedOn({ manner: answers(500) });
    await end(tale);
    let told = 0;
    for (let elapsed = 0; elapsed < HOUR; elapsed += 300) {
      told += 1;
      const times = told;
      await eventually(
        () => deliveries(tale.application, 'pending'),
        ([one]) => (one?.attempts ?? 0) >= times && one?.problem === 'answered 500',
      );
      time.move(300);
    }
    tale.listener.manner = accepts;
    time.move(300);
    await settled(tale.application, 'delivered');
    const [delivered] = await deliveries(tale.application, 'delivered');
    expect(delivered).toMatchObject({ problem: '', attempts: tale.listener.tokens.length });
    const jtis = await Promise.all(
      tale.listener.tokens.map(async (token) => JSON.parse(atob(token.split('.')[1] ?? '')).jti as string),
    );
    expect(new Set(jtis).size).toBe(jtis.length);
  });

  test('F22 SES-3 one that is not there for a day is given up, visibly', async () => {
    const tale = await signedOn({ manner: answers(503) });
    await end(tale);
    await failing(tale.application, 'answered 503');
    time.move(DAY);
    await settled(tale.application, 'given-up');
    expect(await deliveries(tale.application, 'given-up')).toMatchObject([
      { problem: 'answered 503', accountId: tale.account.id },
    ]);
    const isGivenUp = ({ type }: { type: string }) => type === 'logout.given-up';
    await eventually(
      () => server.core.audit.ofAccount(tale.account.id, 20),
      (entries) => entries.some(isGivenUp),
    );
    time.move(8 * DAY);
    await server.core.deliveries.clear(100);
    expect(await deliveries(tale.application, 'given-up')).toEqual([]);
  });

  test('S78 F22 nothing of an answer is read, and no redirect is followed', async () => {
    const inside = await listening();
    const tale = await signedOn({ manner: answers(307, { location: inside.url }) });
    const flood = await signedOn({ manner: floods });
    await end(tale);
    await end(flood);
    await settled(flood.application, 'delivered');
    await failing(tale.application, 'answered 307');
    expect(inside.tokens).toEqual([]);
  });

  test('F22 forty sessions of one that never answers keep nobody else waiting, nor the mail', async () => {
    const dead = await signedOn({ manner: hangs });
    for (let n = 0; n < 40; n++)
      await server.core.deliveries.tell(dead.account.id, [
        { applicationId: dead.application, sid: `sid-${n}` },
      ]);
    const tale = await signedOn();
    await end(tale);
    await server.core.mail.notify({ ...tale.account, email: 'ann@example.org' }, 'changed');
    await settled(tale.application, 'delivered');
    await eventually(
      () => server.mailbox.messages.filter(({ to }) => to === 'ann@example.org').length,
      (count) => count === 1,
    );
    expect(dead.listener.mostAtOnce).toBeLessThanOrEqual(4);
    expect(await deliveries(dead.application, 'delivered')).toEqual([]);
  });

  test('SES-3 deliveries of one session and application keep their order', async () => {
    const tale = await signedOn({ manner: answers(500) });
    const tell = () =>
      server.core.deliveries.tell(tale.account.id, [{ applicationId: tale.application, sid: 'one' }]);
    await tell();
    await failing(tale.application, 'answered 500');
    await tell();
    time.move(2);
    tale.listener.manner = accepts;
    expect(tale.listener.tokens).toHaveLength(1);
    time.move(10);
    await eventually(
      () => deliveries(tale.application, 'delivered'),
      (found) => found.length === 1,
    );
    time.move(10);
    await settled(tale.application, 'delivered', 2);
    const [later, earlier] = await deliveries(tale.application, 'delivered');
    expect((earlier?.id ?? '') < (later?.id ?? '')).toBe(true);
    expect(earlier?.attempts).toBe(2);
    expect(later?.attempts).toBe(1);
  });

  test('SES-3 discovery says that it is done, and an application may not be made with an address that cannot be', async () => {
    const configuration = await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).json();
    expect(configuration).toMatchObject({
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
    });
    const make = (backchannelLogoutUri: string, kind: 'web' | 'machine' = 'web') =>
      server.core.applications.create({
        id: `refused-${kind}`,
        kind,
        redirectUris: kind === 'web' ? ['https://desk.example.org/'] : [],
        backchannelLogoutUri,
      });
    for (const uri of [
      'nowhere',
      'ftp://a.example/',
      'https://a.example/#x',
      'https://me:it@a.example/',
      'file:///etc',
    ])
      expect(await make(uri)).toHaveProperty('refused');
    expect(await make('https://a.example/', 'machine')).toHaveProperty('refused');
  });
});
