import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MongoClient } from 'mongodb';
import type { Core } from '../../src/core/index.ts';
import { HANG_MS } from './pace.ts';

interface Row {
  id: string;
  version: number;
  body: string;
}

/** What background work and refused calls write: leases, and the audit. */
const BESIDE: ReadonlySet<string> = new Set(['audit', 'jobs', 'statistics']);

function ofSqlite(folder: string): Record<string, Row[]> {
  const database = new DatabaseSync(join(folder, 'documents.sqlite'), { readOnly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    const names = tables.map(({ name }) => String(name)).filter((name) => !BESIDE.has(name));
    return Object.fromEntries(
      names.map((name) => [name, database.prepare(`SELECT * FROM "${name}"`).all() as unknown as Row[]]),
    );
  } finally {
    database.close();
  }
}

async function ofMongodb(url: string): Promise<Record<string, Row[]>> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: HANG_MS });
  try {
    const collections = await client.db().listCollections({}, { nameOnly: true }).toArray();
    const names = collections.map(({ name }) => name).filter((name) => !BESIDE.has(name));
    const dumped = names.map(async (name) => {
      const rows = await client.db().collection(name).find().sort({ _id: 1 }).toArray();
      return [name, rows.map(({ _id, version, body }) => ({ id: String(_id), version, body }))] as const;
    });
    return Object.fromEntries(await Promise.all(dumped));
  } finally {
    await client.close();
  }
}

/**
 * Every document as it stands in the store, apart from the audit: what no refused call changes. A collection without documents is
 * left out, as MongoDB makes one when it is first read.
 */
export async function documentsOf({ core }: { core: Core }): Promise<Record<string, Row[]>> {
  const { data, stores } = core.settings;
  const found = await (stores.documents === 'sqlite' ? ofSqlite(data) : ofMongodb(stores.documents));
  return Object.fromEntries(Object.entries(found).filter(([, rows]) => rows.length > 0));
}
