import { describe, expect, test } from '@jest/globals';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer, refusalOf } from '../support/administration.ts';
import { eventually } from '../support/eventually.ts';
import { Program, programTale } from '../support/program.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const HOUR = 3_600;
const DAY = 86_400;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const REFUSED = { code: 'unauthorized', message: 'Token, session or credentials are not accepted.' };
const NOT_THERE = { code: 'session_not_found', message: 'There is no such session.' };

const server = serverForAll();
const time = clockForEach();

describe('one session an account and token', () => {
  test('API-4 the same pair answers the same id while it lives, another token another one', async () => {
    const one = await programTale(server);
    const { body: first } = await one.program.login(one.person);
    expect((await one.program.login(one.person)).body.sessionId).toBe(first.sessionId);
    const second = new Program(server.issuer, await server.apiToken(one.tenant, 'second'));
    const other = (await second.login(one.person)).body.sessionId;
    expect(other).not.toBe(first.sessionId);
    expect((await one.program.logout()).status).toBe(204);
    expect((await second.validate()).status).toBe(200);
    const again = (await one.program.login(one.person)).body.sessionId;
    expect([first.sessionId, other]).not.toContain(again);
  });

  test('API-4 P1 of 20 at once all get one id, with a session before and without, in every round', async () => {
    const one = await programTale(server);
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => one.program.login(one.person)));
      expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
      expect(new Set(answers.map(({ body }) => body.sessionId)).size).toBe(1);
      expect(await server.core.apiSessions.ofAccount(one.account.id)).toHaveLength(1);
      if (round === 1) expect((await one.program.logout()).status).toBe(204);
    }
  });

  test('API-4 S50 no id comes twice: not after the end, not after two hours, not after an event', async () => {
    const one = await programTale(server);
    const ids = new Set<unknown>();
    const begin = async () => ids.add((await one.program.login(one.person)).body.sessionId);
    await begin();
    await one.program.logout();
    await begin();
    time.move(2 * HOUR);
    await begin();
    await administer(server, operations.account.endAllSessions, one.account, {});
    await begin();
    expect(ids.size).toBe(4);
    expect((await one.program.validate()).status).toBe(200);
  });

  test('API-4 a session whose place was forgotten is the session still', async () => {
    const one = await programTale(server);
    await server.changePolicy(one.tenant, { 'session.apiIdleMinutes': 10_080 });
    const { body } = await one.program.login(one.person);
    for (let day = 0; day < 3; day++) {
      time.move(DAY);
      expect((await one.program.validate()).status).toBe(200);
    }
    expect((await one.program.login(one.person)).body.sessionId).toBe(body.sessionId);
  });
});

describe('a session that this process cannot know yet', () => {
  test('SES-4 API-6 is refused, and not ended: it is there once the epoch is seen', async () => {
    const one = await programTale(server);
    const [token] = await server.core.apiTokens.list(one.tenant.id);
    const ahead = await server.core.apiSessions.begin({
      account: one.account,
      epoch: one.account.epoch + 1,
      tokenId: token?.tokenId ?? '',
      idleSeconds: 2 * HOUR,
      address: '',
      browser: '',
    });
    const behind = String((await one.program.login(one.person)).body.sessionId);
    expect((await one.program.validate(ahead)).status).toBe(404);
    await server.core.accounts.update(one.account.id, (account) => ({
      ...account,
      epoch: account.epoch + 1,
    }));
    expect((await one.program.validate(ahead)).status).toBe(200);
    expect((await one.program.validate(behind)).status).toBe(404);
    expect(await server.core.apiSessions.read(behind)).toBeUndefined();
  });
});

describe('two hours without use', () => {
  test('API-6 validate and login begin them again, list and details do not', async () => {
    const one = await programTale(server);
    await one.program.login(one.person);
    time.move(2 * HOUR - 1);
    expect((await one.program.validate()).status).toBe(200);
    time.move(2 * HOUR - 1);
    expect((await one.program.login(one.person)).status).toBe(200);
    time.move(HOUR);
    expect((await one.program.asSession('GET', '/list')).status).toBe(200);
    expect((await one.program.asSession('GET', `/${one.program.session}`)).status).toBe(200);
    time.move(HOUR - 1);
    expect((await one.program.asSession('GET', '/list')).status).toBe(200);
    time.move(1);
    expect((await one.program.asSession('GET', '/list')).status).toBe(401);
    expect(await one.program.validate()).toMatchObject({ status: 404, body: NOT_THERE });
  });

  test('API-6 another length is the tenant’s own', async () => {
    const one = await programTale(server);
    await server.changePolicy(one.tenant, { 'session.apiIdleMinutes': 5 });
    await one.program.login(one.person);
    time.move(299);
    expect((await one.program.validate()).status).toBe(200);
    time.move(300);
    expect((await one.program.validate()).status).toBe(404);
  });
});

describe('validating', () => {
  test('API-5 in the path or the query, with the token or a session of the tenant', async () => {
    const one = await programTale(server);
    await one.program.login(one.person);
    const { session, token } = one.program;
    const ways: [string, Record<string, string>][] = [
      [`/validate/${session}`, { 'lv-access': token }],
      [`/validate?sessionId=${session}`, { 'lv-access': token }],
      [`/validate/${session}`, { 'lv-session': session }],
      [`/validate?sessionId=${session}`, { 'lv-session': session }],
    ];
    for (const [path, headers] of ways)
      expect(await one.program.ask('GET', path, undefined, headers)).toMatchObject({
        status: 200,
        body: { clientId: one.tenant.number, userId: one.account.number },
      });
  });

  test('API-5 TEN-1 another tenant learns nothing of a session, and does not keep it alive', async () => {
    const one = await programTale(server);
    const other = await programTale(server);
    await one.program.login(one.person);
    await other.program.login(other.person);
    time.move(HOUR);
    const before = await server.core.apiSessions.read(one.program.session);
    for (const headers of [{ 'lv-access': other.program.token }, { 'lv-session': other.program.session }]) {
      const path = `/validate/${one.program.session}`;
      expect(await one.program.ask('GET', path, undefined, headers as Record<string, string>)).toMatchObject({
        status: 404,
        body: NOT_THERE,
      });
    }
    expect((await server.core.apiSessions.read(one.program.session))?.expiresAt).toBe(before?.expiresAt);
    expect((await other.program.logout(one.program.session)).status).toBe(404);
    expect((await other.program.asSession('GET', `/${one.program.session}`)).status).toBe(404);
    expect((await one.program.validate()).status).toBe(200);
  });

  test('API-5 missing and wrong headers are 401, an id that is none 404', async () => {
    const one = await programTale(server);
    await one.program.login(one.person);
    const path = `/validate/${one.program.session}`;
    for (const headers of [
      {},
      { 'lv-access': 'wrong' },
      { 'lv-session': 'wrong' },
      { 'lv-session': crypto.randomUUID() },
    ])
      expect(await one.program.ask('GET', path, undefined, headers as Record<string, string>)).toMatchObject({
        status: 401,
        body: REFUSED,
      });
    for (const id of [
      'x',
      '../login',
      '%00',
      crypto.randomUUID(),
      one.program.session.toUpperCase(),
      `${one.program.session}x`,
    ])
      expect((await one.program.validate(encodeURIComponent(id))).status).toBe(404);
    expect((await one.program.ask('GET', '/validate')).status).toBe(404);
    const twice = `/validate?sessionId=${one.program.session}&sessionId=${one.program.session}`;
    expect((await one.program.ask('GET', twice)).status).toBe(404);
  });
});

describe('list, details and logout', () => {
  test('API-5 everybody sees their own; who may end sessions sees all, without the ids that open them', async () => {
    const one = await programTale(server);
    await one.program.login(one.person);
    const chief = await server.account(one.tenant, { permissions: ['use-session-api', 'end-sessions'] });
    const boss = new Program(server.issuer, one.program.token);
    await boss.login({ ...one.person, userName: chief.userName });
    const { body: own } = await one.program.asSession('GET', '/list');
    expect(own.sessions).toEqual([
      {
        id: expect.stringMatching(UUID),
        sessionId: one.program.session,
        clientId: one.tenant.number,
        userId: one.account.number,
        userName: one.account.userName,
        agent: false,
        token: 'reports',
        startedAt: expect.stringMatching(/Z$/),
        lastUsedAt: expect.stringMatching(/Z$/),
        expiresAt: expect.stringMatching(/Z$/),
        address: '127.0.0.1',
      },
    ]);
    const { body: all } = await boss.asSession('GET', '/list');
    const sessions = all.sessions as { id: string; userName: string; sessionId?: string }[];
    expect(sessions.map(({ userName }) => userName).sort()).toEqual(
      [chief.userName, one.account.userName].sort(),
    );
    const theirs = sessions.find(({ userName }) => userName === one.account.userName);
    expect(theirs).not.toHaveProperty('sessionId');
    const reference = theirs?.id ?? '';
    // A reference names, and opens nothing.
    expect((await one.program.validate(reference)).status).toBe(404);
    expect((await boss.asSession('GET', '/list', reference)).status).toBe(401);
    expect((await boss.asSession('GET', `/${reference}`)).body.userName).toBe(one.account.userName);
    expect((await one.program.logout(boss.session)).status).toBe(404);
    expect((await boss.logout(reference)).status).toBe(204);
    expect((await one.program.validate()).status).toBe(404);
    expect((await boss.logout(reference)).status).toBe(404);
    expect((await boss.logout()).status).toBe(204);
    expect((await boss.logout()).status).toBe(401);
  });

  test('API-5 a long list comes in pages', async () => {
    const one = await programTale(server, 'livevox', { permissions: ['use-session-api', 'end-sessions'] });
    await one.program.login(one.person);
    const [token] = await server.core.apiTokens.list(one.tenant.id);
    for (let n = 0; n < 130; n++) {
      const account = { id: crypto.randomUUID(), tenantId: one.tenant.id };
      const wanted = { epoch: 1, tokenId: token?.tokenId ?? '', idleSeconds: 600, address: '', browser: '' };
      await server.core.apiSessions.begin({ account, ...wanted });
    }
    const tokenIds = [token?.tokenId ?? ''];
    const first = await server.core.apiSessions.ofTokens(tokenIds, '', 100);
    const second = await server.core.apiSessions.ofTokens(tokenIds, first.next ?? '', 100);
    expect([first.items.length, second.items.length, second.next]).toEqual([100, 31, undefined]);
    expect(new Set([...first.items, ...second.items].map(({ reference }) => reference)).size).toBe(131);
    expect((await one.program.asSession('GET', '/list')).body.next).toBe(first.next);
  });
});

describe('tokens', () => {
  test('API-1 S52 32 alphanumeric characters, kept as a hash, tied to the tenant', async () => {
    const tenant = await server.tenant();
    const made = await server.core.apiTokens.create(tenant.id, 'Reports', 'command-line');
    if ('refused' in made) throw new Error(made.refused.code);
    expect(made.secret).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(JSON.stringify(await server.core.apiTokens.list(tenant.id))).not.toContain(made.secret);
    expect(await server.core.apiTokens.create(tenant.id, 'reports', 'x')).toEqual({
      refused: { code: 'token_name_taken', values: { name: 'reports' } },
    });
    for (const name of ['', ' ', 'a\nb', '-x', 'x'.repeat(61)])
      expect(await server.core.apiTokens.create(tenant.id, name, 'x')).toHaveProperty('refused');
  });

  test('API-1 P1 of 20 that are made at once five are', async () => {
    const tenant = await server.tenant();
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, n) => server.core.apiTokens.create(tenant.id, `token ${n}`, 'x')),
    );
    const secrets = made.flatMap((one) => ('secret' in one ? one.secret : []));
    expect(secrets).toHaveLength(5);
    expect(await server.core.apiTokens.list(tenant.id)).toHaveLength(5);
    for (const secret of secrets) expect(await server.core.apiTokens.bySecret(secret)).toBeDefined();
  });

  test('API-1 a revoked token is refused at once, with its sessions; its place is free again', async () => {
    const one = await programTale(server);
    const second = new Program(server.issuer, await server.apiToken(one.tenant, 'second'));
    await one.program.login(one.person);
    await second.login(one.person);
    const { revoke } = operations.token;
    expect(await administer(server, revoke, one.tenant, { name: 'REPORTS' })).toMatchObject({ sessions: 1 });
    expect(await refusalOf(server, revoke, one.tenant, { name: 'reports' })).toMatchObject({
      code: 'not_found',
    });
    expect((await one.program.login(one.person)).status).toBe(401);
    expect((await one.program.validate()).status).toBe(401);
    expect((await second.validate(one.program.session)).status).toBe(404);
    expect((await one.program.asSession('GET', '/list')).status).toBe(401);
    expect((await second.validate()).status).toBe(200);
    const again = new Program(server.issuer, await server.apiToken(one.tenant));
    expect((await again.login(one.person)).body.sessionId).not.toBe(one.program.session);
  });

  test('API-1 a session of a token that a crash left behind is dead', async () => {
    const one = await programTale(server);
    const second = new Program(server.issuer, await server.apiToken(one.tenant, 'second'));
    await one.program.login(one.person);
    await server.core.apiTokens.revoke(one.tenant.id, 'reports');
    expect((await second.validate(one.program.session)).status).toBe(404);
    expect(await server.core.apiSessions.ofAccount(one.account.id)).toEqual([]);
  });
});

describe('use is counted', () => {
  test('API-8 logins, failures and validations of each token and day', async () => {
    const one = await programTale(server);
    const today = new Date().toISOString().slice(0, 10);
    for (let i = 0; i < 3; i++) await one.program.login(one.person);
    await one.program.login({ ...one.person, password: 'wrong' });
    await one.program.login({ ...one.person, clientName: 'NOWHERE' });
    for (let i = 0; i < 4; i++) await one.program.validate();
    await one.program.asSession('GET', `/validate/${one.program.session}`);
    await one.program.validate(crypto.randomUUID());
    await one.program.ask('POST', '/login', { ...one.person, password: 7 });
    const tokenId = (await server.core.apiTokens.list(one.tenant.id))[0]?.tokenId ?? '';
    time.move(DAY);
    await one.program.login(one.person);
    // Each process writes what it counted when its two seconds are over.
    await eventually(
      () => server.core.usage.days(tokenId, 31),
      ([second, first]) =>
        second?.logins === 1 && (first?.validations ?? 0) >= 5 && (first?.failures ?? 0) >= 2,
    );
    expect(await server.core.usage.days(tokenId, 31)).toMatchObject([
      { logins: 1, failures: 0, validations: 0 },
      { day: today, logins: 3, failures: 2, validations: 5 },
    ]);
  });
});
