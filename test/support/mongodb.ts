import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { findMongodb, type MongodbServer, POSTGRES_PROGRAMS } from '../mongodb-server.ts';
import { freshFolder } from './folder.ts';
import { startOneAtATime } from './one-at-a-time.ts';
import { HANG_MS } from './pace.ts';
import { freePort } from './port.ts';

export interface MongodbTestServer {
  /** Without a database. */
  url: string;
  stop(): Promise<void>;
}

/** Waits until the server answers; asked again and again, as nothing tells. */
async function answering(url: string, child: ChildProcess): Promise<void> {
  const until = Date.now() + HANG_MS;
  for (;;) {
    const client = new MongoClient(url, { serverSelectionTimeoutMS: 5_000 });
    try {
      await client.connect();
      return;
    } catch (error) {
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
      if (Date.now() > until) throw error;
    } finally {
      await client.close();
    }
  }
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

async function startMongod(program: string): Promise<MongodbTestServer> {
  const folder = freshFolder();
  const port = await freePort();
  const url = `mongodb://127.0.0.1:${port}`;
  const args = ['--dbpath', folder.path, '--port', String(port), '--bind_ip', '127.0.0.1'];
  const child = spawn(program, args, { stdio: 'ignore' });
  await answering(url, child);
  return {
    url,
    stop: async () => {
      await ended(child, 'SIGTERM');
      folder.remove();
    },
  };
}

/** PostgreSQL will not run as root: it runs as Debian's user of that name, in the folder that holds it. */
async function startPostgres(root: string, isDurable: boolean) {
  const data = `/var/tmp/sallyport-test-${randomUUID()}`;
  const port = await freePort();
  const within = (program: string, ...args: string[]) => [
    '--userspec=postgres:postgres',
    root,
    `${POSTGRES_PROGRAMS}/${program}`,
    ...args,
  ];
  const run = (program: string, ...args: string[]) => {
    const { status, stderr } = spawnSync('chroot', within(program, ...args), {
      encoding: 'utf8',
      timeout: HANG_MS,
    });
    if (status !== 0) throw new Error(`${program}: ${stderr}`);
  };
  run('initdb', '-D', data, '--auth=trust', '--username=postgres', '--locale=C.UTF-8', '--no-sync');
  const settings = {
    shared_preload_libraries: 'pg_cron, pg_documentdb_core, pg_documentdb',
    'cron.database_name': 'postgres',
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 300,
    dynamic_shared_memory_type: 'mmap',
    fsync: isDurable ? 'on' : 'off',
    // DocumentDB's unique indexes make inserts of one value at one moment wait for each other: found out sooner than after a second.
    deadlock_timeout: '20ms',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`);
  appendFileSync(join(root, data, 'postgresql.conf'), lines.join(''));
  const child = spawn('chroot', within('postgres', '-D', data), { stdio: ['ignore', 'ignore', 'pipe'] });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
    if (said.includes('ready to accept connections')) resolve();
  });
  child.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}: ${said}`)));
  await promise;
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  run('psql', url, '--quiet', '-c', 'CREATE EXTENSION documentdb CASCADE');
  return {
    url,
    stop: async () => {
      await ended(child, 'SIGINT');
      rmSync(join(root, data), { recursive: true, force: true });
    },
  };
}

async function startFerretdb(program: string, root: string, isDurable: boolean): Promise<MongodbTestServer> {
  const postgres = await startPostgres(root, isDurable);
  const folder = freshFolder();
  const port = await freePort();
  const url = `mongodb://127.0.0.1:${port}`;
  const options = {
    'postgresql-url': postgres.url,
    'listen-addr': `127.0.0.1:${port}`,
    'debug-addr': '-',
    'state-dir': folder.path,
    telemetry: 'disable',
    'log-level': 'ERROR',
  };
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  // It reports every refused command as an error of its own; what matters arrives as the answer.
  const child = spawn(program, ['--no-auth', ...args], { stdio: 'ignore' });
  await answering(url, child);
  return {
    url,
    stop: async () => {
      await ended(child, 'SIGTERM');
      await postgres.stop();
      folder.remove();
    },
  };
}

async function startFerretdb1(program: string): Promise<MongodbTestServer> {
  const folder = freshFolder();
  const port = await freePort();
  const options = {
    handler: 'sqlite',
    'sqlite-url': `file:${folder.path}/`,
    'listen-addr': `127.0.0.1:${port}`,
    'debug-addr': '-',
    'state-dir': folder.path,
    telemetry: 'disable',
    'log-level': 'error',
  };
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  await answering(`mongodb://127.0.0.1:${port}`, child);
  const proxy = await startOneAtATime(port);
  return {
    url: `mongodb://127.0.0.1:${proxy.port}`,
    stop: async () => {
      await proxy.close();
      await ended(child, 'SIGTERM');
      folder.remove();
    },
  };
}

/** @param isDurable whether an acknowledged write is on the disk: for measuring, not for tests of a running server */
function startServer(server: MongodbServer, isDurable: boolean): Promise<MongodbTestServer> {
  if (server.kind === 'mongod') return startMongod(server.program);
  if (server.kind === 'ferretdb1') return startFerretdb1(server.program);
  if (server.kind === 'ferretdb') return startFerretdb(server.program, server.root, isDurable);
  return Promise.resolve({ url: server.url, stop: async () => {} });
}

/** A MongoDB-wire server for this run: the one that `TEST_MONGODB_URL` names, or a private one with throw-away data. */
export function startMongodb({ isDurable = false } = {}): Promise<MongodbTestServer> {
  const server = findMongodb();
  if (!server) throw new Error('MongoDB is missing: npm run services');
  return startServer(server, isDurable);
}

/** A database of its own on a server. @returns its address, and the way to be rid of it */
export function freshDatabase({ url }: MongodbTestServer): { url: string; drop(): Promise<void> } {
  const name = `sallyport_${randomUUID().replaceAll('-', '')}`;
  const address = new URL(url);
  address.pathname = `/${name}`;
  return {
    url: address.href,
    drop: async () => {
      const client = new MongoClient(address.href, { serverSelectionTimeoutMS: HANG_MS });
      await client.db(name).dropDatabase();
      await client.close();
    },
  };
}
