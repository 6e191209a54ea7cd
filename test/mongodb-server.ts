// Finds a MongoDB-wire server for the tests, in this order: an address, `mongod`, FerretDB 2 on PostgreSQL with DocumentDB.
// As root on Debian it installs the last one: Debian sid's extension in a folder of its own, FerretDB with Go.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

export type MongodbServer =
  | { kind: 'address'; url: string }
  | { kind: 'mongod'; program: string }
  /** `root` is the folder that holds a Debian with PostgreSQL and DocumentDB; `/` for this one. */
  | { kind: 'ferretdb'; program: string; root: string };

const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'sallyport-tests');
const DEBIAN = join(CACHE, 'debian-sid');
const FERRETDB = 'github.com/FerretDB/FerretDB/v2/cmd/ferretdb@v2.7.0';
const POSTGRES_PACKAGE = 'postgresql-18-documentdb';
const DEBIAN_ARCHIVE = 'http://deb.debian.org/debian';

/** Where Debian's package puts the programs. */
export const POSTGRES_PROGRAMS = '/usr/lib/postgresql/18/bin';

export function onPath(program: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, program)).find((file) => existsSync(file));
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function hasDocumentdb(root: string): boolean {
  return (
    isRoot() &&
    existsSync(join(root, POSTGRES_PROGRAMS, 'postgres')) &&
    existsSync(join(root, 'usr/share/postgresql/18/extension/documentdb.control'))
  );
}

/** @returns what there is, or undefined */
export function findMongodb(): MongodbServer | undefined {
  if (process.env.TEST_MONGODB_URL) return { kind: 'address', url: process.env.TEST_MONGODB_URL };
  const mongod = onPath('mongod');
  if (mongod) return { kind: 'mongod', program: mongod };
  const program = [onPath('ferretdb'), join(CACHE, 'ferretdb')].find((file) => file && existsSync(file));
  const root = ['/', DEBIAN].find(hasDocumentdb);
  return program && root ? { kind: 'ferretdb', program, root } : undefined;
}

export function describeMongodb(server: MongodbServer): string {
  if (server.kind === 'address') return 'the server that TEST_MONGODB_URL names';
  if (server.kind === 'mongod') return server.program;
  return `FerretDB 2 (${server.program}) on PostgreSQL with DocumentDB (in ${server.root})`;
}

export const HOW_TO_INSTALL_MONGODB =
  'set TEST_MONGODB_URL to a server, or put mongod on the PATH; as root on Debian with Go it installs itself';

function run(command: string, args: readonly string[], environment: Record<string, string> = {}): boolean {
  const { status } = spawnSync(command, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...environment },
    timeout: 1_200_000,
  });
  return status === 0;
}

/** Installs PostgreSQL with DocumentDB beside this system: the extension is in Debian sid alone. */
function installDocumentdb(): boolean {
  if (hasDocumentdb('/') || hasDocumentdb(DEBIAN)) return true;
  const unfinished = `${DEBIAN}.${process.pid}`;
  const args = ['--variant=minbase', `--include=${POSTGRES_PACKAGE}`, 'sid', unfinished, DEBIAN_ARCHIVE];
  try {
    if (!run('debootstrap', args, { DEBIAN_FRONTEND: 'noninteractive' })) return false;
    if (!existsSync(DEBIAN)) renameSync(unfinished, DEBIAN);
    return true;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** As root on Debian with Go: installs what is missing, and says so. @param installPackages installs Debian packages */
export function installMongodb(installPackages: (names: readonly string[]) => boolean): boolean {
  if (!onPath('go')) return false;
  mkdirSync(CACHE, { recursive: true });
  console.log(
    `MongoDB: not here; installing Debian's ${POSTGRES_PACKAGE} into ${DEBIAN} (1 GB, some minutes) and ${FERRETDB}`,
  );
  if (!onPath('debootstrap') && !installPackages(['debootstrap'])) return false;
  const hasFerretdb =
    existsSync(join(CACHE, 'ferretdb')) || run('go', ['install', FERRETDB], { GOBIN: CACHE });
  return hasFerretdb && installDocumentdb();
}
