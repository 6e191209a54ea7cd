import { describe, expect, test } from '@jest/globals';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer } from '../support/administration.ts';
import { PASSWORD, SECRET } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { Program, type ProgramTale, programTale } from '../support/program.ts';
import { codeOf } from '../support/story.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const DAY = 86_400;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const REFUSED = { code: 'unauthorized', message: 'Token, session or credentials are not accepted.' };
const NOT_THERE = { code: 'session_not_found', message: 'There is no such session.' };

const server = serverForAll();
const time = clockForEach();

const failuresOf = async ({ account }: ProgramTale) =>
  (await server.core.audit.ofAccount(account.id, 50)).filter(
    ({ type, outcome }) => type === 'sign-in.password' && outcome === 'failure',
  ).length;

describe('signing in', () => {
  test('API-2 S52 token, client code, name and password begin a session; numbers and days come with it', async () => {
    const { program, person, tenant, account } = await programTale(server, 'livevox');
    const { status, body } = await program.login(person);
    expect(status).toBe(200);
    expect(body).toEqual({
      sessionId: expect.stringMatching(UUID),
      clientId: tenant.number,
      userId: account.number,
      ...(tenant.policy.password.expireAfterDays === null
        ? {}
        : { daysUntilPasswordExpires: tenant.policy.password.expireAfterDays }),
    });
    expect(Number.isInteger(tenant.number) && Number.isInteger(account.number)).toBe(true);
  });

  test('PWD-14 API-2 days are whole, rounded up, and only there where passwords expire', async () => {
    const never = await programTale(server, 'modern', { password: 'a long enough password' });
    expect((await never.program.login(never.person)).body).not.toHaveProperty('daysUntilPasswordExpires');
    const ends = await programTale(server);
    expect((await ends.program.login(ends.person)).body.daysUntilPasswordExpires).toBe(90);
    time.move(80 * DAY + 1);
    expect((await ends.program.login(ends.person)).body.daysUntilPasswordExpires).toBe(10);
    time.move(9 * DAY);
    expect((await ends.program.login(ends.person)).body.daysUntilPasswordExpires).toBe(1);
  });

  test.each([
    ['agent', { agent: true }],
    ['isAgent', { isAgent: true }],
    ['agent as text', { agent: 'true' }],
    ['both, one false', { agent: false, isAgent: true }],
  ])('API-2 %s names an agent', async (_, flags) => {
    const { program, person } = await programTale(server, 'livevox', { population: 'agent' });
    const { agent: _agent, ...rest } = person;
    expect((await program.ask('POST', '/login', { ...rest, ...flags })).status).toBe(200);
    expect((await program.ask('POST', '/login', rest)).status).toBe(401);
  });

  test.each(['/v1', '/v5.0', '/v18.12'])('API-2 the same under a version: %s', async (version) => {
    const one = await programTale(server);
    const program = new Program(server.issuer, one.program.token, version);
    expect((await program.login(one.person)).status).toBe(200);
    expect((await program.validate()).status).toBe(200);
    expect((await program.asSession('GET', '/list')).status).toBe(200);
    expect((await program.logout()).status).toBe(204);
  });

  test.each(['/v', '/vx', '/v1.2.3', '/v1.', '/1'])('API-2 %s is no version', async (version) => {
    const one = await programTale(server);
    const program = new Program(server.issuer, one.program.token, version);
    expect([404, 405]).toContain((await program.login(one.person)).status);
  });
});

describe('one refusal for everything before the password was right', () => {
  test('API-3 S15 token, names, passwords, locks and permissions: the same status, body and headers', async () => {
    const one = await programTale(server);
    const other = await programTale(server);
    const disabled = await programTale(server);
    await administer(server, operations.account.disable, disabled.account, {});
    const unpermitted = await programTale(server, 'livevox', { permissions: [] });
    const without = await programTale(server, 'livevox');
    await server.core.accounts.update(without.account.id, (account) => ({ ...account, password: null }));
    const answers = [
      await one.program.ask('POST', '/login', one.person, {}),
      await one.program.ask('POST', '/login', one.person, { 'lv-access': 'x'.repeat(32) }),
      await one.program.ask('POST', '/login', one.person, { 'lv-access': other.program.token }),
      await one.program.ask('POST', '/login', one.person, {
        'lv-access': `${one.program.token}, ${one.program.token}`,
      }),
      await other.program.login(one.person),
      await one.program.login({ ...one.person, password: 'wrong' }),
      await one.program.login({ ...one.person, userName: 'unknown' }),
      await one.program.login({ ...one.person, userName: one.person.userName.toUpperCase() }),
      await one.program.login({ ...one.person, agent: true }),
      await one.program.login({ ...one.person, clientName: 'NOWHERE' }),
      await one.program.login({ ...one.person, password: 'x'.repeat(1_025) }),
      await disabled.program.login(disabled.person),
      await unpermitted.program.login(unpermitted.person),
      await without.program.login(without.person),
    ];
    const [first] = answers;
    const plain = ({ status, body, headers }: (typeof answers)[number]) => ({
      status,
      body,
      headers: [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name)),
    });
    expect(first).toMatchObject({ status: 401, body: REFUSED });
    for (const answer of answers) expect(plain(answer)).toEqual(plain(first as (typeof answers)[number]));
  });

  test('API-3 without a token that works nothing is counted, whatever the body is', async () => {
    const one = await programTale(server);
    const other = await programTale(server);
    const wrong = { ...one.person, password: 'wrong' };
    for (let i = 0; i < 10; i++) {
      await one.program.ask('POST', '/login', wrong, {});
      await one.program.ask('POST', '/login', wrong, { 'lv-access': other.program.token });
      expect((await one.program.ask('POST', '/login', '[not json', { 'lv-access': 'no' })).status).toBe(401);
    }
    expect(await failuresOf(one)).toBe(0);
    expect((await one.program.login(one.person)).status).toBe(200);
  });

  test('API-3 S24 failures here and on the pages are one count, and so is the lock', async () => {
    const one = await programTale(server);
    for (let i = 0; i < 3; i++) await one.program.login({ ...one.person, password: 'wrong' });
    const named = await server.core.passwordProofs.named({
      tenant: one.tenant,
      tenantKey: '',
      strangersPolicy: one.tenant.policy,
      population: 'user',
      userName: one.person.userName,
      address: '127.0.0.1',
    });
    for (let i = 0; i < 2; i++) await server.core.passwordProofs.tryPassword(named, 'stranger', {}, 'wrong');
    expect((await server.reread(one.account)).lock).toMatchObject({ cause: 'password' });
    expect(await one.program.login(one.person)).toMatchObject({ status: 401, body: REFUSED });
    await server.core.lockout.unlock(one.account.id);
    expect((await one.program.login(one.person)).status).toBe(200);
  });

  test('LCK-8 why says what an administrator must know', async () => {
    const one = await programTale(server, 'livevox', { permissions: [] });
    await one.program.login({ ...one.person, password: 'wrong' });
    await one.program.login(one.person);
    const attempts = await eventually(
      async () => (await administer(server, operations.account.why, one.account, { last: 5 })).attempts,
      // Noted by whichever process it was, and written a moment later.
      ({ length }) => length >= 3,
    );
    expect(attempts.find(({ outcome }) => outcome === 'failure')).toMatchObject({
      rule: 'wrong',
      failures: 1,
      limit: 5,
      through: 'token reports',
    });
    expect(attempts.find(({ outcome }) => outcome === 'refused')).toMatchObject({
      rule: 'permission',
      through: 'token reports',
    });
  });

  test('SGN-5 from outside the networks of the site a right password is refused like a wrong one', async () => {
    const one = await programTale(server);
    await server.changePolicy(one.tenant, {
      'signIn.networks': { user: ['203.0.113.0/24'], agent: ['203.0.113.0/24'] },
    });
    expect(await one.program.login(one.person)).toMatchObject({ status: 401, body: REFUSED });
  });

  test('API-7 the permission may be given to anybody, and taken back at once', async () => {
    const one = await programTale(server, 'livevox', { population: 'agent', permissions: [] });
    expect((await one.program.login(one.person)).status).toBe(401);
    await administer(server, operations.account.permit, one.account, { permission: 'use-session-api' });
    expect((await one.program.login(one.person)).status).toBe(200);
    expect((await one.program.validate()).status).toBe(200);
    await administer(server, operations.account.permit, one.account, {
      permission: 'use-session-api',
      given: false,
    });
    expect(await one.program.validate()).toMatchObject({ status: 404, body: NOT_THERE });
    expect((await one.program.login(one.person)).status).toBe(401);
  });
});

describe('a right password that is not enough', () => {
  test('API-3 PWD-7 a temporary or expired one has its own code, and POST /session/password is the way out', async () => {
    const one = await programTale(server, 'livevox', { isTemporary: true });
    const refused = await one.program.login(one.person);
    expect(refused).toMatchObject({ status: 401, body: { code: 'password_change_required' } });
    expect(await one.program.login({ ...one.person, password: 'wrong' })).toMatchObject({ body: REFUSED });
    const weak = await one.program.changePassword({ ...one.person, newPassword: 'short' });
    expect(weak).toMatchObject({
      status: 422,
      body: {
        code: 'password_refused',
        problems: expect.arrayContaining([{ rule: 'too-short', minimum: 8 }]),
      },
    });
    const reused = await one.program.changePassword({ ...one.person, newPassword: PASSWORD });
    expect(reused.body.problems).toEqual([expect.objectContaining({ rule: 'reused' })]);
    const newPassword = 'another horse 10';
    expect((await one.program.changePassword({ ...one.person, newPassword })).status).toBe(204);
    expect((await one.program.login(one.person)).status).toBe(401);
    expect((await one.program.login({ ...one.person, password: newPassword })).status).toBe(200);
  });

  test('API-6 D18 a session ends in the second in which its password expires', async () => {
    const one = await programTale(server);
    await server.changePolicy(one.tenant, {
      'password.expireAfterDays': 1,
      'session.apiIdleMinutes': 10_080,
    });
    await one.program.login(one.person);
    time.move(DAY - 1);
    expect((await one.program.validate()).status).toBe(200);
    time.move(1);
    expect((await one.program.validate()).status).toBe(404);
    expect((await one.program.asSession('GET', '/list')).status).toBe(401);
    expect((await one.program.login(one.person)).body.code).toBe('password_change_required');
  });

  test('D17 S40 a factor that is due must come along, and its failures lock as on the pages', async () => {
    const one = await programTale(server, 'livevox', { totpSecret: SECRET });
    expect((await one.program.login(one.person)).body.code).toBe('second_factor_required');
    expect((await one.program.login({ ...one.person, otp: '' })).body.code).toBe('second_factor_required');
    expect(await one.program.login({ ...one.person, password: 'wrong', otp: codeOf(SECRET) })).toMatchObject({
      body: REFUSED,
    });
    const otp = codeOf(SECRET);
    expect((await one.program.login({ ...one.person, otp })).status).toBe(200);
    // Used once, it is no code any more (S29), and that is a failure like any other.
    expect(await one.program.login({ ...one.person, otp })).toMatchObject({ status: 401, body: REFUSED });
    for (let i = 0; i < 4; i++) await one.program.login({ ...one.person, otp: '000000' });
    expect((await server.reread(one.account)).lock).toMatchObject({ cause: 'second-factor' });
    expect((await one.program.validate()).status).toBe(200);
  });

  test('D17 an account that must set up a factor is told to, and begins no session', async () => {
    const one = await programTale(server, 'livevox', { isEnrolled: true });
    expect(await one.program.login(one.person)).toMatchObject({
      status: 401,
      body: { code: 'second_factor_missing' },
    });
  });

  test('PWD-11 API-5 a change needs the code where there is a factor; a refused password spends none', async () => {
    const one = await programTale(server, 'livevox', { totpSecret: SECRET });
    const newPassword = 'another horse 10';
    const change = (more: object) => one.program.changePassword({ ...one.person, newPassword, ...more });
    expect((await change({})).body.code).toBe('second_factor_required');
    const otp = codeOf(SECRET);
    expect((await change({ otp, newPassword: 'short' })).status).toBe(422);
    expect((await change({ otp: '000000' })).status).toBe(401);
    expect((await change({ otp })).status).toBe(204);
    expect((await change({ password: newPassword, newPassword: 'third horse 11', otp })).status).toBe(401);
  });
});
