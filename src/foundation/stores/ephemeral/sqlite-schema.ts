import { readFileSync } from 'node:fs';
import { newId } from '../../base/index.ts';
import type { SqliteConnection } from '../sqlite-connection.ts';
import type { Generation } from './port.ts';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS record (
  kind TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, parts TEXT NOT NULL, version INTEGER NOT NULL,
  expires_at INTEGER NOT NULL, claimed_at INTEGER, buried INTEGER NOT NULL DEFAULT 0, generation TEXT NOT NULL,
  linger INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS record_expiry ON record (expires_at);
CREATE TABLE IF NOT EXISTS expiry (kind TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS expiry_order ON expiry (kind, at);
CREATE TABLE IF NOT EXISTS member (
  kind TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL,
  PRIMARY KEY (kind, name, key, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS member_record ON member (kind, id);
CREATE TABLE IF NOT EXISTS counter (key TEXT PRIMARY KEY, failures INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS counter_expiry ON counter (expires_at);
CREATE TABLE IF NOT EXISTS lease (id TEXT PRIMARY KEY, key TEXT NOT NULL, granted_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS lease_key ON lease (key, granted_at);
CREATE TABLE IF NOT EXISTS height (key TEXT PRIMARY KEY, number INTEGER NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS height_expiry ON height (expires_at);
CREATE TABLE IF NOT EXISTS topic (name TEXT PRIMARY KEY, version TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS generation (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL, born_at INTEGER NOT NULL, boot TEXT NOT NULL);
`;

/** Changes with every boot of the machine: a power cut may have taken the last moments of a file written with synchronous=NORMAL. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

/** Files of an earlier version count failures without the time of the last one, and let no record linger. */
const LATER_COLUMNS = [
  ['counter', 'last_at'],
  ['record', 'linger'],
] as const;

function addLaterColumns(connection: SqliteConnection): void {
  for (const [table, column] of LATER_COLUMNS) {
    const columns = connection.prepare('SELECT name FROM pragma_table_info(?)').all(table) as {
      name: string;
    }[];
    if (!columns.some(({ name }) => name === column))
      connection.exec(`ALTER TABLE ${table} ADD COLUMN ${column} INTEGER NOT NULL DEFAULT 0`);
  }
}

/** Makes the tables, and renews the generation when the file is new or the machine was rebooted (P6). */
export function prepareEphemeral(connection: SqliteConnection, now: number): Generation {
  connection.exec('BEGIN IMMEDIATE');
  try {
    connection.exec(SCHEMA);
    addLaterColumns(connection);
    const boot = bootId();
    const row = connection.prepare('SELECT id, born_at AS bornAt, boot FROM generation').get() as
      | (Generation & { boot: string })
      | undefined;
    const current =
      row && row.boot === boot ? { id: row.id, bornAt: row.bornAt } : { id: newId(), bornAt: now };
    connection
      .prepare('INSERT OR REPLACE INTO generation (one, id, born_at, boot) VALUES (1, ?, ?, ?)')
      .run(current.id, current.bornAt, boot);
    connection.exec('COMMIT');
    return current;
  } catch (error) {
    connection.exec('ROLLBACK');
    throw error;
  }
}
