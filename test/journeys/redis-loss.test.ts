import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { isIn, PASSWORD, SECRET, type StartedApp, startApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { Program } from '../support/program.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { codeOf, story } from '../support/story.ts';
import { holdTime } from '../support/time.ts';

let redis: RedisServer;
let server: StartedApp;
beforeAll(async () => {
  redis = await startRedis();
  server = await startApp({ SALLYPORT_EPHEMERAL: `redis://127.0.0.1:${redis.port}` });
});
afterAll(async () => {
  await server.close();
  await redis.stop();
});

async function empty() {
  const client = new Redis(`redis://127.0.0.1:${redis.port}`);
  await client.flushall();
  await client.quit();
}

test('F5 S25 Redis is emptied under a running server: locks stand, people sign in again, no spent code is accepted', async () => {
  const time = holdTime();
  try {
    time.toStepStart(2);
    const locked = await story(server);
    await locked.begin();
    for (let i = 0; i < 5; i++) await locked.typePassword('wrong 123456');
    const tale = await story(server, { person: { totpSecret: SECRET } });
    await tale.begin();
    await tale.typePassword();
    const code = codeOf(SECRET);
    const tokens = await tale.relying.exchange((await tale.browser.submit({ code })).url);
    await empty();
    // The first that would write is refused, with nothing decided; from then on the loss is known.
    expect(await tale.begin()).toMatchObject({ status: 503 });
    expect((await tale.begin()).step).toBe('password');
    await expect(tale.relying.refresh(tokens)).rejects.toMatchObject({ error: 'invalid_grant' });
    await tale.typePassword();
    expect((await tale.browser.submit({ code })).step).toBe('second-factor');
    time.move(30);
    expect(isIn(await tale.browser.submit({ code: codeOf(SECRET) }))).toBe(true);
    await locked.begin();
    expect((await locked.typePassword()).step).toBe('locked');
  } finally {
    time.release();
  }
});

test('F5 API-4 what programs held is gone with Redis, and no id comes back', async () => {
  const tenant = await server.tenant();
  const account = await server.account(tenant, { permissions: ['use-session-api'] });
  const program = new Program(server.issuer, await server.apiToken(tenant));
  const person = { clientName: tenant.clientCode, userName: account.userName, password: PASSWORD };
  await program.login(person);
  const former = program.session;
  await empty();
  const refused = await program.validate();
  expect([404, 503]).toContain(refused.status);
  expect(typeof refused.body.code).toBe('string');
  await eventually(
    async () => (await program.login(person)).status,
    (status) => status === 200,
  );
  expect(program.session).not.toBe(former);
  expect((await program.validate()).status).toBe(200);
  expect((await program.validate(former)).status).toBe(404);
});
