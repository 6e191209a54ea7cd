import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { MongoClient } from 'mongodb';
import { run } from '../../src/doors/cli/index.ts';
import { startApp } from '../support/app.ts';
import { runCommand, terminal } from '../support/command.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { freshFolder } from '../support/folder.ts';
import { freshDatabase, type MongodbTestServer, startMongodb } from '../support/mongodb.ts';
import { faultDeadlineSeconds } from '../support/pace.ts';
import { freePort } from '../support/port.ts';
import { type RunningProcess, runProcess, startProcess } from '../support/process.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { holdTime } from '../support/time.ts';

let folder: ReturnType<typeof freshFolder>;
let mongodb: MongodbTestServer;
let database: ReturnType<typeof freshDatabase>;
let redis: RedisServer;
let environment: Record<string, string>;
const running: RunningProcess[] = [];

beforeEach(async () => {
  folder = freshFolder();
  mongodb = await startMongodb();
  database = freshDatabase(mongodb);
  redis = await startRedis();
  const port = await freePort();
  environment = {
    SALLYPORT_DATA: join(folder.path, 'data'),
    SALLYPORT_PORT: String(port),
    SALLYPORT_ISSUER: `http://localhost:${port}`,
    SALLYPORT_DOCUMENTS: database.url,
    SALLYPORT_EPHEMERAL: `redis://127.0.0.1:${redis.port}`,
    SALLYPORT_MASTER_KEY: randomBytes(32).toString('hex'),
    // Shorter than the start waits for a store that comes later.
    SALLYPORT_STORE_DEADLINE_SECONDS: String(await faultDeadlineSeconds()),
  };
});
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
  await database.drop();
  await redis.stop();
  await mongodb.stop();
  folder.remove();
});

function start(more: Record<string, string> = {}): RunningProcess {
  const server = startProcess(['start'], { ...environment, ...more });
  running.push(server);
  return server;
}

describe('a start on MongoDB and Redis', () => {
  test('OPS-1 waits for servers that come later, and says so in one line', async () => {
    const port = await freePort();
    const later = new URL(database.url);
    later.port = String(port);
    await redis.halt();
    const server = start({ SALLYPORT_DOCUMENTS: later.href });
    await server.says('waiting for a store that does not answer');
    const proxy = await startFaultProxy(Number(new URL(database.url).port), { listenPort: port });
    try {
      await server.says('redis');
      await redis.resume();
      await server.says('"listening"');
      expect(server.output().match(/waiting for a store/g)).toHaveLength(2);
    } finally {
      server.child.kill('SIGTERM');
      await server.ended;
      await proxy.close();
    }
  });

  test('OPS-1 an address that never answers: after 30 seconds one line says which', async () => {
    const closed = await freePort();
    const { code, stdout, stderr } = await start({
      SALLYPORT_DOCUMENTS: `mongodb://user:hidden-word@127.0.0.1:${closed}/x`,
    }).ended;
    expect(code).toBe(1);
    expect(stdout).toContain('"seconds":30');
    expect(stderr).toMatch(new RegExp(`^sallyport: mongodb: .*127\\.0\\.0\\.1:${closed}.*\\n$`));
    expect(stdout + stderr).not.toContain('hidden-word');
  });

  test('OPS-1 two first starts at once on one empty database make one installation', async () => {
    const second = { ...environment, SALLYPORT_PORT: String(await freePort()) };
    const both = [start(), start(second)];
    await Promise.all(both.map((server) => server.says('"listening"')));
    const client = await new MongoClient(database.url).connect();
    expect(await client.db().collection('installation').countDocuments()).toBe(1);
    expect(await client.db().collection('signingKeys').countDocuments()).toBe(2);
    await client.close();
  });

  test('OPS-1 a command on an empty database says where it looked, and leaves nothing in MongoDB or Redis', async () => {
    const ended = await runCommand(['tenant', 'list'], environment);
    const { host, pathname } = new URL(database.url);
    expect([ended.code, ended.stdout]).toEqual([1, '']);
    expect(ended.stderr).toContain(`there is no installation in mongodb://${host}${pathname};`);
    const client = await new MongoClient(database.url).connect();
    try {
      expect(await client.db(pathname.slice(1)).listCollections().toArray()).toEqual([]);
    } finally {
      await client.close();
    }
    expect(existsSync(join(folder.path, 'data'))).toBe(false);
    // Redis was not asked either: it keeps no generation.
    const keys = new Redis(redis.port, '127.0.0.1');
    try {
      expect(await keys.dbsize()).toBe(0);
    } finally {
      keys.disconnect();
    }
  });

  test('OPS-1 a command waits for a store server that does not answer yet, and gives up after 30 seconds in one line', async () => {
    expect((await runCommand(['check'], environment)).code).toBe(0);
    await redis.halt();
    let now = 0;
    let mayCome = false;
    const patience = {
      limitMs: 30_000,
      now: () => now,
      pause: async () => {
        now += 5_000;
        if (mayCome && now === 15_000) await redis.resume();
      },
    };
    const list = async () => {
      now = 0;
      const { at, errors } = terminal(environment);
      return [await run(['tenant', 'list'], { ...at, patience }), errors(), now];
    };
    expect(await list()).toEqual([1, expect.stringMatching(/^sallyport: redis: .+\n$/), 30_000]);
    mayCome = true;
    expect(await list()).toEqual([0, '', 15_000]);
  });

  test('SEC-2 another master key on the same database is refused, and a missing one is said before anything is opened', async () => {
    expect((await runCommand(['check'], environment)).code).toBe(0);
    const other = await runProcess(['start'], {
      ...environment,
      SALLYPORT_MASTER_KEY: randomBytes(32).toString('hex'),
    });
    expect([other.code, other.stderr]).toEqual([
      1,
      'sallyport: the master key is not the one that these documents were sealed with\n',
    ]);
    const { SALLYPORT_MASTER_KEY: _, ...without } = environment;
    expect((await runProcess(['start'], without)).stderr).toContain(
      'masterKey: is needed with a mongodb:// address',
    );
    expect(
      (await runProcess(['start'], { ...environment, SALLYPORT_DOCUMENTS: 'mongodb:' })).stderr,
    ).toContain('must be sqlite or a mongodb:// address');
  });

  test('OPS-3 a database from a newer version is refused at once', async () => {
    await runCommand(['check'], environment);
    const client = await new MongoClient(database.url).connect();
    const rows = client.db().collection<{ _id: string; body: string }>('installation');
    const row = await rows.findOne({ _id: 'installation' });
    await rows.updateOne(
      { _id: 'installation' },
      { $set: { body: JSON.stringify({ ...JSON.parse(row?.body ?? ''), format: 99 }) } },
    );
    await client.close();
    const refused = await runProcess(['start'], environment);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining('newer version of Sallyport (format 99'),
    ]);
  });

  test('F7 P9 a Redis that may evict is refused at once, and one that begins to evict turns readiness red', async () => {
    const evicting = await startRedis(['--maxmemory-policy', 'allkeys-lru']);
    const refused = await runProcess(['start'], {
      ...environment,
      SALLYPORT_EPHEMERAL: `redis://127.0.0.1:${evicting.port}`,
    });
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining('set maxmemory-policy noeviction'),
    ]);
    await evicting.stop();
    const server = start();
    await server.says('"listening"');
    const { Redis } = await import('ioredis');
    const client = new Redis(redis.port);
    const ready = `${environment.SALLYPORT_ISSUER}/health/ready`;
    expect((await fetch(ready)).status).toBe(200);
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    expect(await (await fetch(ready)).json()).toEqual({ status: 'not ready', failing: ['ephemeral'] });
    await client.config('SET', 'maxmemory-policy', 'noeviction');
    expect((await fetch(ready)).status).toBe(200);
    await client.quit();
  });

  test('F7 P9 without an append-only file it starts with a warning, and readiness names it', async () => {
    const forgetful = await startRedis(['--appendonly', 'no']);
    const server = start({ SALLYPORT_EPHEMERAL: `redis://127.0.0.1:${forgetful.port}` });
    await server.says('"listening"');
    expect(server.output()).toContain('set appendonly yes');
    expect(await (await fetch(`${environment.SALLYPORT_ISSUER}/health/ready`)).json()).toEqual({
      status: 'ready',
      warnings: [expect.stringContaining('set appendonly yes')],
    });
    server.child.kill('SIGKILL');
    await server.ended;
    await forgetful.stop();
  });
});

test('P15 clocks 5 seconds apart: readiness says so, until they agree', async () => {
  const app = await startApp({ SALLYPORT_EPHEMERAL: `redis://127.0.0.1:${redis.port}` });
  const time = holdTime();
  try {
    const ready = async () => (await (await fetch(`${app.issuer}/health/ready`)).json()) as object;
    expect(await ready()).toEqual({ status: 'ready' });
    for (const seconds of [5, -10]) {
      time.move(seconds);
      expect(await ready()).toEqual({ status: 'not ready', failing: ['clock'] });
    }
    time.move(5);
    expect(await ready()).toEqual({ status: 'ready' });
  } finally {
    time.release();
    await app.close();
  }
});
