import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { freshFolder } from '../support/folder.ts';
import { THINGS_FOR_RACE as THINGS } from '../support/racer-things.ts';
import { openDocumentsAt } from '../support/stores.ts';

interface Thing {
  id: string;
  tenant: string;
  name: { key: string };
  size: number;
}

const thing = (n: number): Thing => ({ id: `d${n}`, tenant: 't1', name: { key: `n${n}` }, size: n % 3 });

let folder: ReturnType<typeof freshFolder>;
beforeEach(() => {
  folder = freshFolder();
  // As earlier versions made it: with indexes of expressions.
  const database = new DatabaseSync(join(folder.path, 'documents.sqlite'));
  database.exec(
    `CREATE TABLE "things" (id TEXT PRIMARY KEY, version INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
     CREATE UNIQUE INDEX "things_name" ON "things" (json_extract(body, '$.tenant'), json_extract(body, '$.name.key'));
     CREATE INDEX "things_size" ON "things" (json_extract(body, '$.tenant'), json_extract(body, '$.size'), id);`,
  );
  const insert = database.prepare('INSERT INTO "things" (id, version, body) VALUES (?, 1, ?)');
  for (let n = 0; n < 20; n++) insert.run(`d${n}`, JSON.stringify(thing(n)));
  database.close();
});
afterEach(() => folder.remove());

const indexes = () => {
  const database = new DatabaseSync(join(folder.path, 'documents.sqlite'), { readOnly: true });
  const rows = database
    .prepare("SELECT sql FROM sqlite_schema WHERE name LIKE 'things_%' AND sql IS NOT NULL")
    .all();
  database.close();
  return rows.map(({ sql }) => String(sql));
};

test('a table of an earlier version is brought up when it is opened, and keeps its documents', async () => {
  const [one, other] = [
    await openDocumentsAt(`sqlite:${folder.path}`),
    await openDocumentsAt(`sqlite:${folder.path}`),
  ];
  try {
    const things = one.collection<Thing>(THINGS);
    const elsewhere = other.collection<Thing>(THINGS);
    expect(await things.find('name', ['t1', 'n7'])).toEqual({ doc: thing(7), version: 1 });
    expect(await elsewhere.count({ index: 'size', equals: ['t1'], cap: 100 })).toBe(20);
    expect(await elsewhere.insert({ ...thing(7), id: 'another' })).toEqual({
      inserted: false,
      duplicate: 'name',
    });
    expect(indexes().filter((sql) => sql.includes('json_extract'))).toEqual([]);
    expect(indexes()).toHaveLength(2);
  } finally {
    await one.close();
    await other.close();
  }
});

test('one of this version is left as it is', async () => {
  const first = await openDocumentsAt(`sqlite:${folder.path}`);
  first.collection<Thing>(THINGS);
  await first.close();
  const made = indexes();
  const writer = new DatabaseSync(join(folder.path, 'documents.sqlite'));
  writer.exec('BEGIN IMMEDIATE');
  // It would wait for the writer if it changed anything.
  const second = await openDocumentsAt(`sqlite:${folder.path}`);
  const found = await second.collection<Thing>(THINGS).get('d3');
  writer.exec('ROLLBACK');
  writer.close();
  await second.close();
  expect(found?.doc).toEqual(thing(3));
  expect(indexes()).toEqual(made);
});
