// Finds a MongoDB-wire server for the tests, in this order: an address, `mongod`, FerretDB 2 on PostgreSQL with DocumentDB, and
// FerretDB 1 on SQLite, one command at a time. As root on Debian with Go it installs FerretDB 2: Debian sid's extension in a
// folder of its own; elsewhere, with Go, FerretDB 1.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

export type MongodbServer =
  | { kind: 'address'; url: string }
  | { kind: 'mongod'; program: string }
  /** `root` is the folder that holds a Debian with PostgreSQL and DocumentDB; `/` for this one. */
  | { kind: 'ferretdb'; program: string; root: string }
  /** FerretDB 1: its updates are not atomic, so that a proxy must stand before it. Nothing is measured on it. */
  | { kind: 'ferretdb1'; program: string };

const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'sallyport-tests');
const DEBIAN = join(CACHE, 'debian-sid');
const FERRETDB = 'github.com/FerretDB/FerretDB/v2/cmd/ferretdb@v2.7.0';
const FERRETDB_1 = { module: 'github.com/FerretDB/FerretDB', version: 'v1.24.2' };
const FERRETDB_1_PROGRAM = join(CACHE, 'ferretdb-1');
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
  if (program && root) return { kind: 'ferretdb', program, root };
  return existsSync(FERRETDB_1_PROGRAM) ? { kind: 'ferretdb1', program: FERRETDB_1_PROGRAM } : undefined;
}

export function describeMongodb(server: MongodbServer): string {
  if (server.kind === 'address') return 'the server that TEST_MONGODB_URL names';
  if (server.kind === 'mongod') return server.program;
  if (server.kind === 'ferretdb1') return `FerretDB 1 (${server.program}) on SQLite, one command at a time`;
  return `FerretDB 2 (${server.program}) on PostgreSQL with DocumentDB (in ${server.root})`;
}

export const HOW_TO_INSTALL_MONGODB =
  'set TEST_MONGODB_URL to a server, or put mongod on the PATH; with Go it installs itself';

function run(command: string, args: readonly string[], environment: Record<string, string> = {}): boolean {
  const { status } = spawnSync(command, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...environment },
    timeout: 1_200_000,
  });
  return status === 0;
}

/** Installs PostgreSQL with DocumentDB beside this system: the extension is in Debian sid only. */
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

/** Builds FerretDB 1 from the module's files: its version must stand in one of them. */
function installFerretdb1(): boolean {
  const { module, version } = FERRETDB_1;
  const told = spawnSync('go', ['mod', 'download', '-json', `${module}@${version}`], {
    encoding: 'utf8',
    cwd: CACHE,
    timeout: 600_000,
  });
  if (told.status !== 0) return false;
  const source = join(CACHE, `ferretdb-1-source.${process.pid}`);
  try {
    cpSync((JSON.parse(told.stdout) as { Dir: string }).Dir, source, { recursive: true });
    run('chmod', ['-R', 'u+w', source]);
    writeFileSync(join(source, 'build/version/version.txt'), version);
    return run('go', ['-C', source, 'build', '-o', FERRETDB_1_PROGRAM, './cmd/ferretdb']);
  } finally {
    rmSync(source, { recursive: true, force: true });
  }
}

/** With Go: installs what is missing, and says so. @param installPackages installs Debian packages, where that can be done */
export function installMongodb(
  installPackages: ((names: readonly string[]) => boolean) | undefined,
): boolean {
  if (!onPath('go')) return false;
  mkdirSync(CACHE, { recursive: true });
  if (!installPackages) {
    console.log(`MongoDB: not here; building FerretDB ${FERRETDB_1.version} in ${CACHE}`);
    return installFerretdb1();
  }
  console.log(
    `MongoDB: not here; installing Debian's ${POSTGRES_PACKAGE} into ${DEBIAN} (1 GB, some minutes) and ${FERRETDB}`,
  );
  if (!onPath('debootstrap') && !installPackages(['debootstrap'])) return false;
  const hasFerretdb =
    existsSync(join(CACHE, 'ferretdb')) || run('go', ['install', FERRETDB], { GOBIN: CACHE });
  return (hasFerretdb && installDocumentdb()) || installFerretdb1();
}
