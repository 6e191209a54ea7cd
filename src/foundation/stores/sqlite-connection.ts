import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import {
  closeToOthers,
  isSallyportError,
  makeFolder,
  makePrivateFile,
  randomBelow,
  SallyportError,
} from '../base/index.ts';
import { type Patience, patienceFor } from './patience.ts';

/** One SQLite file: statements prepared once, one immediate transaction a write, patient with other processes. */
export interface SqliteConnection {
  prepare(sql: string): StatementSync;
  /** Reads; retried while another process holds the file. */
  read<T>(work: () => T): Promise<T>;
  /** Runs `work` in one BEGIN IMMEDIATE transaction (P7); retried as a whole while another process writes. */
  write<T>(work: () => T): Promise<T>;
  exec(sql: string): void;
  /** Reads at the start, and blocks the thread while another process holds the file. */
  look<T>(work: () => T): T;
  /** Changes the tables in one BEGIN IMMEDIATE transaction; at the start only, as `look`. */
  alter(work: () => void): void;
  /** Reads the whole file. @throws SallyportError `store_unavailable` when it is damaged */
  verify(): Promise<void>;
  close(): void;
}

/** How long a busy file is waited for. */
export interface Waiting {
  /** What a store is waited for before a request is refused. */
  deadlineSeconds?: number | undefined;
  /** In place of what follows from the deadline. */
  patience?: Patience | undefined;
}

const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
// A long busy timeout would block the event loop, so SQLite waits briefly and we wait the rest of the two deadlines outside.
const BUSY_TIMEOUT_MS = 15;
const DEADLINES = 2;
/** Processes that start at the same moment on an empty folder make its tables one after another. */
const DEADLINES_AT_START = 15;
const LONGEST_START_SECONDS = 60;
const DEADLINE_SECONDS = 1;
/**
 * Reading a larger file at every start would take seconds; there damage shows when the page is read, and `check` reads all.
 */
const CHECKED_AT_START_BYTES = 64 * 1_024 * 1_024;

function isBusy(error: unknown): boolean {
  const code = (error as { errcode?: number }).errcode;
  return code !== undefined && ((code & 0xff) === SQLITE_BUSY || (code & 0xff) === SQLITE_LOCKED);
}

function isSqlite(error: unknown): boolean {
  const { code } = error as { code?: string };
  // The second is what a closed file answers.
  return code === 'ERR_SQLITE_ERROR' || code === 'ERR_INVALID_STATE';
}

function unavailable(error: unknown): SallyportError {
  return new SallyportError('store_unavailable', `sqlite: ${(error as Error).message}`, { cause: error });
}

/** Whether another process holds the file, so that waiting may mend it. */
export function isBusyFile(error: unknown): boolean {
  return isSallyportError(error) ? isBusyFile(error.cause) : isBusy(error ?? {});
}

async function patiently<T>(patience: Patience, work: () => T): Promise<T> {
  const startedAt = patience.now();
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isSqlite(error)) throw error;
      if (!isBusy(error) || patience.now() - startedAt > patience.limitMs) {
        throw unavailable(error);
      }
    }
    await patience.pause(1 + randomBelow(12));
  }
}

/**
 * Tries again while another process holds the database. It blocks the thread, so use it only at the start, where
 * nothing else waits.
 */
function insist<T>(limitMs: number, work: () => T): T {
  const until = performance.now() + limitMs;
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw error;
    }
    Atomics.wait(cell, 0, 0, 5 + randomBelow(20));
  }
}

function openFile(file: string, synchronous: 'FULL' | 'NORMAL', timeout: number): DatabaseSync {
  makeFolder(dirname(file));
  const existed = existsSync(file);
  // Made by us: SQLite would let the group and others read it, and gives what it makes beside it the mode of this one.
  makePrivateFile(file);
  for (const beside of ['-wal', '-shm']) closeToOthers(`${file}${beside}`);
  const database = new DatabaseSync(file, { timeout });
  try {
    database.exec(
      `PRAGMA journal_mode=WAL; PRAGMA synchronous=${synchronous}; PRAGMA journal_size_limit=67108864; PRAGMA wal_autocheckpoint=8000;`,
    );
    if (existed && statSync(file).size <= CHECKED_AT_START_BYTES) assertSound(database, file);
    database.exec(`PRAGMA busy_timeout=${BUSY_TIMEOUT_MS}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A damaged file is refused, never replaced by an empty one (F13). */
function assertSound(database: DatabaseSync, file: string) {
  const row = database.prepare('PRAGMA quick_check(1)').get() as { quick_check?: string };
  if (row.quick_check !== 'ok') throw new Error(`${file} is damaged: ${row.quick_check}`);
}

/**
 * Opens or makes the file.
 * @param synchronous FULL where nothing acknowledged may be lost, NORMAL where losing the last moments of a power cut is allowed
 * @throws SallyportError `store_unavailable` that names the file when it cannot be opened or is damaged
 */
export function openSqlite(
  file: string,
  synchronous: 'FULL' | 'NORMAL',
  waiting: Waiting = {},
): SqliteConnection {
  const { deadlineSeconds = DEADLINE_SECONDS } = waiting;
  const patienceMs = DEADLINES * deadlineSeconds * 1_000;
  const patience = waiting.patience ?? patienceFor(patienceMs);
  const startMs = Math.min(DEADLINES_AT_START * deadlineSeconds, LONGEST_START_SECONDS) * 1_000;
  const openMs = patience.openMs ?? startMs;
  let database: DatabaseSync;
  try {
    database = insist(openMs, () => openFile(file, synchronous, Math.min(patienceMs, openMs)));
  } catch (error) {
    throw new SallyportError('store_unavailable', `${file} cannot be opened: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const statements = new Map<string, StatementSync>();
  const prepare = (sql: string) => {
    const known = statements.get(sql);
    if (known) return known;
    try {
      const statement = database.prepare(sql);
      statements.set(sql, statement);
      return statement;
    } catch (error) {
      throw isSqlite(error) && !isBusy(error) ? unavailable(error) : error;
    }
  };
  const transaction = <T>(work: () => T): T => {
    prepare('BEGIN IMMEDIATE').run();
    try {
      const result = work();
      prepare('COMMIT').run();
      return result;
    } catch (error) {
      if (database.isTransaction) prepare('ROLLBACK').run();
      throw error;
    }
  };
  const look = <T>(work: () => T): T => {
    try {
      return insist(openMs, work);
    } catch (error) {
      throw isSqlite(error) ? unavailable(error) : error;
    }
  };
  return {
    prepare,
    exec: (sql) => look(() => database.exec(sql)),
    look,
    alter: (work) => look(() => transaction(work)),
    verify: async () => {
      try {
        assertSound(database, file);
      } catch (error) {
        throw unavailable(error);
      }
    },
    read: (work) => patiently(patience, work),
    write: (work) => patiently(patience, () => transaction(work)),
    close: () => {
      statements.clear();
      if (database.isOpen) database.close();
    },
  };
}
