import { describe, expect, test } from '@jest/globals';
import { createSessions } from '../../src/capabilities/credential-events/index.ts';
import { accountDependents } from '../../src/core/short-lived.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer } from '../support/administration.ts';
import { PASSWORD } from '../support/app.ts';
import { Browser } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { Program } from '../support/program.ts';
import { story } from '../support/story.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const NO_PROGRAMS = { list: async () => [], end: async () => false };
const server = serverForAll();
const time = clockForEach();

/** A person who is signed in everywhere: browser, program, and a sign-in half-way. */
async function everywhere() {
  const tale = await story(server, {
    person: { permissions: ['use-session-api'], email: 'ann@example.org' },
  });
  await tale.begin();
  const tokens = await tale.relying.exchange((await tale.typePassword()).url);
  const program = new Program(server.issuer, await server.apiToken(tale.tenant));
  const person = {
    clientName: tale.tenant.clientCode,
    userName: tale.account.userName,
    password: PASSWORD,
  };
  await program.login(person);
  const halfWay = new Browser(server.issuer);
  await server.changePolicy(tale.tenant, { 'password.expireAfterDays': null });
  await halfWay.open(await tale.relying.request());
  await halfWay.submit({ ...person, clientCode: person.clientName, password: 'wrong' }, '/password');
  return { ...tale, tokens, program, person, halfWay };
}
type Everywhere = Awaited<ReturnType<typeof everywhere>>;

const isSignedIn = async ({ browser, relying }: Everywhere) =>
  (await browser.open(await relying.request({ prompt: 'none' }))).url.includes('code=');

async function expectNothingWorks(one: Everywhere) {
  expect(await isSignedIn(one)).toBe(false);
  await expect(one.relying.refresh(one.tokens)).rejects.toMatchObject({ error: 'invalid_grant' });
  await expect(one.relying.userinfo(one.tokens)).rejects.toBeTruthy();
  expect(await one.relying.introspect(one.tokens.access_token)).toEqual({ active: false });
  expect((await one.program.validate()).status).toBe(404);
  expect((await one.program.asSession('GET', '/list')).status).toBe(401);
}

const events = async ({ account }: Pick<Everywhere, 'account'>) =>
  (await server.core.audit.ofAccount(account.id, 50)).filter(({ type }) => type === 'credential.event');

const EVENTS: [string, (one: Everywhere) => Promise<unknown>][] = [
  ['sessions-ended', ({ account }) => administer(server, operations.account.endAllSessions, account, {})],
  ['password-set', ({ account }) => administer(server, operations.account.setPassword, account, {})],
  ['password-compromised', ({ account }) => administer(server, operations.account.compromised, account, {})],
  ['disabled', ({ account }) => administer(server, operations.account.disable, account, {})],
  ['deleted', ({ account }) => administer(server, operations.account.remove, account, {})],
  [
    'password-changed',
    ({ program, person }) => program.changePassword({ ...person, newPassword: 'another horse 10' }),
  ],
];

describe('one credential event ends everything, and says so', () => {
  test.each(EVENTS)('S46 S57 %s', async (kind, happen) => {
    const one = await everywhere();
    expect(await isSignedIn(one)).toBe(true);
    expect((await one.program.validate()).status).toBe(200);
    await happen(one);
    await expectNothingWorks(one);
    const [event, ...others] = await events(one);
    expect(others).toEqual([]);
    expect(event?.detail).toEqual({
      kind,
      event: expect.any(String),
      browserSessions: 1,
      grants: expect.any(Number),
      accessTokens: expect.any(Number),
      refreshTokens: expect.any(Number),
      authorizationCodes: expect.any(Number),
      apiSessions: 1,
      halfDoneSignIns: expect.any(Number),
    });
  });

  test('SES-4 it answers exactly what it writes down, and nothing of what there was not', async () => {
    const one = await everywhere();
    const { ended } = await administer(server, operations.account.endAllSessions, one.account, {});
    const [{ kind: _kind, event: _event, ...written } = {} as never] = (await events(one)).map(
      ({ detail }) => detail,
    );
    expect(ended).toEqual(written);
    expect(ended).toMatchObject({ browserSessions: 1, apiSessions: 1, refreshTokens: 1 });
    expect(await administer(server, operations.account.endAllSessions, one.account, {})).toEqual({
      ended: {},
    });
  });

  test('SES-4 the person’s own change on the pages keeps that session, and ends the programs’', async () => {
    const one = await everywhere();
    await one.browser.open('/account/password');
    const newPassword = 'another horse 10';
    await one.browser.submit({ currentPassword: PASSWORD, newPassword, newPasswordAgain: newPassword });
    expect(await isSignedIn(one)).toBe(true);
    expect((await one.relying.introspect((await one.relying.refresh(one.tokens)).access_token)).active).toBe(
      true,
    );
    expect((await one.program.validate()).status).toBe(404);
    expect((await events(one))[0]?.detail).toMatchObject({ kind: 'password-changed', apiSessions: 1 });
    expect((await events(one))[0]?.detail).not.toHaveProperty('browserSessions');
  });

  test('SES-4 API-4 everybody’s end of sessions ends those of programs too', async () => {
    const one = await everywhere();
    await server.core.sessions.endPopulation(one.tenant, 'user', { actor: 'command-line' });
    await expectNothingWorks(one);
    expect((await one.program.login(one.person)).status).toBe(200);
    expect((await one.program.validate()).status).toBe(200);
  });

  test('D7 SES-4 a lock leaves programs signed in, and ends them where the site wants that', async () => {
    for (const endsSessions of [false, true]) {
      const one = await everywhere();
      if (endsSessions) await server.changePolicy(one.tenant, { 'lockout.endsSessions': true }, 2);
      const other = new Program(server.issuer, one.program.token);
      for (let i = 0; i < 5; i++) await other.login({ ...one.person, password: 'wrong' });
      expect((await server.reread(one.account)).lock).not.toBeNull();
      expect((await one.program.validate()).status).toBe(endsSessions ? 404 : 200);
      expect(await isSignedIn(one)).toBe(!endsSessions);
    }
  });

  test('ACC-8 the name of a deleted account may be used again, by another person', async () => {
    const one = await everywhere();
    await administer(server, operations.account.remove, one.account, {});
    const next = await server.account(one.tenant, {
      userName: one.account.userName,
      permissions: ['use-session-api'],
    });
    expect(next.number).toBeGreaterThan(one.account.number);
    await expectNothingWorks(one);
    const { body } = await one.program.login(one.person);
    expect(body.userId).toBe(next.number);
  });
});

describe('a process that dies in the middle of an event', () => {
  /** The very function, on a store that fails from the moment on in which the sweep would delete something. */
  const dying = () =>
    createSessions({
      ...server.core,
      ephemeral: {
        ...server.core.ephemeral,
        remove: () => Promise.reject(new Error('died')),
      },
      dependents: accountDependents,
      programs: NO_PROGRAMS,
      reader: {
        list: async () => [],
        end: async () => undefined,
        bury: () => Promise.reject(new Error('died')),
        endStale: async () => {},
        endExpired: async () => false,
      },
    });

  test('SES-4 V28 what it began is refused, and another finishes it: everything is deleted and written down once', async () => {
    const one = await everywhere();
    const disable = dying().credentialEvent({
      accountId: one.account.id,
      kind: 'disabled',
      change: (account) => ({ ...account, status: 'disabled' }),
      context: { actor: 'command-line', reason: 'left' },
    });
    await expect(disable).rejects.toThrow('died');
    await expectNothingWorks(one);
    expect(await events(one)).toEqual([]);
    time.move(30);
    await eventually(
      () => events(one),
      (found) => found.length === 1,
    );
    const [event] = await events(one);
    expect(event).toMatchObject({ actor: 'command-line', reason: 'left' });
    expect(event?.detail).toMatchObject({ kind: 'disabled', browserSessions: 1, refreshTokens: 1 });
    for (const { kind } of accountDependents)
      expect([
        kind,
        await server.core.ephemeral.members(kind, 'account', one.account.id, server.core.clock.now()),
      ]).toEqual([kind, []]);
  });

  test('SES-4 one that died before anything happened leaves nothing to finish', async () => {
    const one = await everywhere();
    const sessions = createSessions({
      ...server.core,
      accounts: { ...server.core.accounts, update: () => Promise.reject(new Error('died')) },
      dependents: accountDependents,
      programs: NO_PROGRAMS,
      reader: { list: async () => [] } as never,
    });
    const event = sessions.credentialEvent({
      accountId: one.account.id,
      kind: 'sessions-ended',
      change: (account) => account,
      context: {},
    });
    await expect(event).rejects.toThrow('died');
    time.move(30);
    const jobs = server.core.documents.collection<{ id: string; kind: string }>({
      name: 'jobs',
      indexes: { lane: { fields: ['lane', 'dueAt'] } },
    });
    await eventually(
      async () => (await jobs.page({ index: 'lane', limit: 100 })).items.map(({ doc }) => doc.kind),
      (kinds) => !kinds.includes('credential-sweep'),
    );
    expect(await events(one)).toEqual([]);
    expect(await isSignedIn(one)).toBe(true);
    expect((await one.program.validate()).status).toBe(200);
  });

  test('SES-4 one that died after it wrote the entry leaves one entry', async () => {
    const one = await everywhere();
    const sessions = createSessions({
      ...server.core,
      jobs: { ...server.core.jobs, withdraw: () => Promise.reject(new Error('died')) },
      dependents: accountDependents,
      programs: NO_PROGRAMS,
      reader: { bury: async () => {} } as never,
    });
    const event = sessions.credentialEvent({
      accountId: one.account.id,
      kind: 'sessions-ended',
      change: (account) => account,
      context: {},
    });
    await expect(event).rejects.toThrow('died');
    time.move(30);
    const { id } = one.account;
    await eventually(
      () => server.core.ephemeral.members('Session', 'account', id, server.core.clock.now()),
      (left) => left.length === 0,
    );
    expect(await events(one)).toHaveLength(1);
  });
});

describe('20 events at once', () => {
  test('SES-4 each happens, each says what it ended, and nothing is left', async () => {
    const one = await everywhere();
    await Promise.all(
      Array.from({ length: 20 }, () =>
        administer(server, operations.account.endAllSessions, one.account, {}),
      ),
    );
    expect(await events(one)).toHaveLength(20);
    expect((await server.reread(one.account)).epoch).toBe(one.account.epoch + 20);
    await expectNothingWorks(one);
  });

  test('SES-4 R10 programs that sign in during events hold nothing that an event ended', async () => {
    const one = await everywhere();
    const programs = Array.from({ length: 20 }, () => new Program(server.issuer, one.program.token));
    await Promise.all([
      ...programs.map((program) => program.login(one.person)),
      administer(server, operations.account.disable, one.account, {}),
    ]);
    for (const program of programs.filter(({ session }) => session !== ''))
      expect((await program.validate()).status).toBe(404);
  });
});
