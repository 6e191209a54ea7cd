// The product as it is measured: real process, its stores seeded once; each sign-in takes an account of its own.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Redis } from 'ioredis';
import { generateSync } from 'otplib';
import type { Account } from '../src/capabilities/accounts/index.ts';
import { loadPreset } from '../src/capabilities/tenants/index.ts';
import { openCore } from '../src/core/index.ts';
import { createLog, newId, systemClock } from '../src/foundation/base/index.ts';
import { loadSettings, readMasterKeys } from '../src/foundation/settings/index.ts';
import { freshDatabase, startMongodb } from '../test/support/mongodb.ts';
import { startRedis } from '../test/support/redis.ts';
import { send } from './load.ts';
import { type Measured, startServer } from './processes.ts';
import { CALLBACK, type Client, type Paths, Visitor } from './visitor.ts';

/** Which stores are measured: the embedded pair, or MongoDB and Redis. */
export type Pair = 'embedded' | 'servers';

export interface Product {
  port: number;
  machine: Client;
  desk: Client;
  accounts: number;
  /** A program's token, and people who sign in by it. */
  program: { token: string; people: readonly string[] };
  start(core: number | undefined): Promise<Measured>;
  /** Adds accounts that no one signs in with. */
  fill(accounts: number): Promise<void>;
  /** What the ephemeral store holds, in bytes. */
  ephemeralBytes(): Promise<number>;
  remove(): Promise<void>;
}

const FILL_BATCH = 1_000;
const PROGRAMS = 64;
const PASSWORD = 'correct horse 9';
const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

export const OUR_PATHS: Paths = {
  authorize: '/oauth2/authorize',
  token: '/oauth2/token',
  introspect: '/oauth2/introspect',
  userinfo: '/oauth2/userinfo',
  jwks: '/oauth2/jwks',
};

interface PairOfStores {
  environment: Record<string, string>;
  ephemeralBytes(): Promise<number>;
  remove(): Promise<void>;
}

async function embedded(): Promise<PairOfStores> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const file = join(folder, 'ephemeral.sqlite');
  return {
    environment: { SALLYPORT_DATA: folder },
    ephemeralBytes: async () => {
      const database = new DatabaseSync(file);
      database.exec('PRAGMA busy_timeout=5000; PRAGMA wal_checkpoint(TRUNCATE)');
      const { pages, size } = database
        .prepare(
          'SELECT page_count - freelist_count AS pages, page_size AS size FROM pragma_page_count, pragma_freelist_count, pragma_page_size',
        )
        .get() as { pages: number; size: number };
      database.close();
      return pages * size;
    },
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Private servers whose acknowledged writes are on the disk. */
async function servers(): Promise<PairOfStores> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const mongodb = await startMongodb({ isDurable: true });
  const database = freshDatabase(mongodb);
  const redis = await startRedis();
  return {
    environment: {
      SALLYPORT_DATA: folder,
      SALLYPORT_DOCUMENTS: database.url,
      SALLYPORT_EPHEMERAL: `redis://127.0.0.1:${redis.port}`,
      SALLYPORT_MASTER_KEY: randomBytes(32).toString('hex'),
    },
    ephemeralBytes: async () => {
      const client = new Redis(redis.port);
      const bytes = Number(/used_memory_dataset:(\d+)/.exec(await client.info('memory'))?.[1]);
      await client.quit();
      return bytes;
    },
    remove: async () => {
      await database.drop();
      await redis.stop();
      await mongodb.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Makes the stores: a tenant, the applications, and accounts that share one hash and one authenticator secret. */
export async function prepareProduct(pair: Pair, port: number, accounts: number): Promise<Product> {
  const stores = pair === 'embedded' ? await embedded() : await servers();
  const environment = {
    ...stores.environment,
    SALLYPORT_PORT: String(port),
    SALLYPORT_ISSUER: `http://localhost:${port}`,
    // All of the load comes from one address.
    SALLYPORT_BEGUN_SIGN_INS: '10000000',
    SALLYPORT_LOG_LEVEL: 'error',
  };
  const settings = loadSettings({ environment });
  const open = () =>
    openCore({
      settings,
      masterKeys: readMasterKeys(settings).keys,
      clock: systemClock,
      log: createLog('error'),
    });
  const core = await open();
  const policy = loadPreset('livevox');
  if (!policy) throw new Error('no preset');
  const tenant = await core.tenants.create({ clientCode: 'BENCH', name: 'Bench', policy });
  if ('refused' in tenant) throw new Error(tenant.refused.code);
  const password = await core.passwords.make(PASSWORD, policy, false);
  const seed = async (i: number) => {
    const account = await core.accounts.create({
      tenantId: tenant.id,
      population: 'user',
      userName: `person${i}`,
      password,
      identifiedBy: 'userName',
    });
    if ('refused' in account) throw new Error(account.refused.code);
    await core.secondFactors.bindKnown(account.id, SECRET);
  };
  for (let i = 0; i < accounts; i++) await seed(i);
  const made = await core.apiTokens.create(tenant.id, 'bench', 'bench');
  if ('refused' in made) throw new Error(made.refused.code);
  const people = Array.from({ length: PROGRAMS }, (_, i) => `program${i}`);
  for (const userName of people) {
    const person = { tenantId: tenant.id, population: 'user', userName, password } as const;
    const permissions = ['use-session-api'] as const;
    const account = await core.accounts.create({ ...person, permissions, identifiedBy: 'userName' });
    if ('refused' in account) throw new Error(account.refused.code);
  }
  const machine = await core.applications.create({
    id: 'machine',
    kind: 'machine',
    audience: 'https://api.example.org',
    scopes: ['read'],
  });
  const desk = await core.applications.create({
    id: 'desk',
    kind: 'web',
    redirectUris: [CALLBACK],
    isFirstParty: true,
  });
  await core.close();
  if ('refused' in machine || 'refused' in desk) throw new Error('no application');
  return {
    port,
    accounts,
    program: { token: made.secret, people },
    machine: { id: 'machine', secret: machine.secret ?? '' },
    desk: { id: 'desk', secret: desk.secret ?? '' },
    fill: async (count) => {
      const reopened = await open();
      const template = (await reopened.accounts.byName(tenant.id, 'user', 'person0'))?.doc;
      if (!template) throw new Error('no one to copy');
      const collection = reopened.documents.collection<Account>({
        name: 'accounts',
        indexes: { name: { fields: ['tenantId', 'population', 'nameKey'], unique: true } },
      });
      for (let at = 0; at < count; at += FILL_BATCH) {
        const batch = Array.from({ length: Math.min(FILL_BATCH, count - at) }, (_, i) => {
          const name = `filler${at + i}`;
          return { ...template, id: newId(), number: 1_000_000 + at + i, userName: name, nameKey: name };
        });
        await collection.insertAll(batch);
      }
      await reopened.close();
    },
    start: (cpu) => startServer('../src/main.ts', ['start'], environment, port, cpu),
    ephemeralBytes: stores.ephemeralBytes,
    remove: stores.remove,
  };
}

/** B15: one sign-in by the session API. @returns the session id */
export async function programLogin({ port, program }: Product, n: number): Promise<string> {
  const userName = program.people[n % program.people.length];
  const headers = { 'lv-access': program.token, 'content-type': 'application/json' };
  const body = JSON.stringify({ clientName: 'BENCH', userName, password: PASSWORD });
  const answer = await send(port, 'POST', '/session/login', headers, body);
  if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.body}`);
  return (JSON.parse(answer.body) as { sessionId: string }).sessionId;
}

/** B2: authorize, page, password, code page, code, resume, token. @throws at the first answer that is not as it must be */
export async function signIn({ port, desk, accounts }: Product, n: number): Promise<Visitor> {
  const visitor = new Visitor(port, OUR_PATHS, desk);
  const begun = await visitor.go('GET', visitor.authorizationRequest(), 303);
  const page = String(begun.headers.location);
  await visitor.go('GET', page, 200);
  const typed = new URLSearchParams({
    clientCode: 'BENCH',
    userName: `person${n % accounts}`,
    password: PASSWORD,
  });
  await visitor.go('POST', `${page}/password`, 303, typed.toString());
  const second = await visitor.go('GET', page, 200);
  if (!second.body.includes('data-step="second-factor"')) throw new Error('the code page did not come');
  const code = new URLSearchParams({ code: generateSync({ secret: SECRET }) });
  const coded = await visitor.go('POST', `${page}/second-factor`, 303, code.toString());
  const resumed = await visitor.go(
    'GET',
    new URL(String(coded.headers.location), 'http://localhost').pathname,
    303,
  );
  await visitor.redeem(resumed.headers.location);
  return visitor;
}
