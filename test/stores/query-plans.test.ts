import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { encodeCursor, rangeOf } from '../../src/foundation/stores/documents/fields.ts';
import {
  countStatement,
  findStatement,
  pageStatement,
} from '../../src/foundation/stores/documents/sqlite-queries.ts';
import type { CollectionSpec, PageQuery } from '../../src/foundation/stores/index.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll({ SALLYPORT_DOCUMENTS: 'sqlite', SALLYPORT_EPHEMERAL: 'sqlite' });

function read<T>(file: string, work: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(join(server.folder, `${file}.sqlite`), { readOnly: true });
  try {
    return work(database);
  } finally {
    database.close();
  }
}

function plan(file: string, sql: string): string {
  return read(file, (database) =>
    database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => detail)
      .join('; '),
  );
}

/** The names that rooms declare, as their files say them. */
const DECLARED = (readdirSync('src', { recursive: true }) as string[])
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => [
    ...readFileSync(`src/${file}`, 'utf8').matchAll(/: CollectionSpec = \{\s*name: '(\w+)'/g),
  ])
  .map(([, name]) => name);

/** The collections as the file of a started server has them. */
function collections(): CollectionSpec[] {
  return read('documents', (database) => {
    const tables = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> '_ping'")
      .all();
    return tables.map(({ name }) => {
      const table = String(name);
      const made = database.prepare('SELECT name, "unique" FROM pragma_index_list(?) WHERE origin = \'c\'');
      const columns = database.prepare('SELECT name FROM pragma_index_info(?)');
      const indexes = made.all(table).map(({ name: index, unique }) => {
        const fields = columns.all(String(index)).map((column) => String(column.name).replace(/^\$\./, ''));
        return [
          String(index).replace(`${table}_`, ''),
          { fields, ...(unique ? { unique: true as const } : {}) },
        ];
      });
      return { name: table, indexes: Object.fromEntries(indexes) };
    });
  });
}

/** Every shape of page that an index can be asked for: how many fields are fixed, a prefix or two numbers, the direction, first and deep. */
function pages(spec: CollectionSpec, index: string): PageQuery[] {
  const { fields } = spec.indexes[index] as { fields: readonly string[] };
  const isEnd = (equals: number) => equals === fields.length || fields[equals] === 'id';
  return fields
    .map((_, n) => n)
    .flatMap((n) =>
      isEnd(n)
        ? [{ n, narrowed: {} }]
        : [
            { n, narrowed: {} },
            { n, narrowed: { prefix: 'v' } },
            { n, narrowed: { between: [1, 9] as const } },
          ],
    )
    .flatMap(({ n, narrowed }) =>
      [{}, { descending: true as const }].map((direction) => ({
        index,
        equals: Array<string>(n).fill('v'),
        limit: 50,
        ...narrowed,
        ...direction,
      })),
    )
    .flatMap((query) => {
      const value = 'between' in query ? 5 : 'value';
      const after = encodeCursor(rangeOf(spec, query).order.map(() => value));
      return [query, { ...query, after }];
    });
}

describe('documents in SQLite', () => {
  let every: CollectionSpec[];
  beforeAll(() => {
    every = collections();
  });

  test('every collection of the product is looked at', () => {
    expect(every.map(({ name }) => name).sort()).toEqual([...new Set(DECLARED)].sort());
  });

  const mistakes = (of: (spec: CollectionSpec, index: string) => [sql: string, bounds: number][]) =>
    every.flatMap((spec) =>
      Object.keys(spec.indexes).flatMap((index) =>
        of(spec, index)
          .map(([sql, bounds]) => [sql, bounds, plan('documents', sql)] as const)
          .filter(([, bounds, found]) => {
            const isSeeking = found.startsWith(`SEARCH ${spec.name} USING `) && !found.includes(';');
            // With nothing to bound it, the first page is the beginning of the index.
            const isBeginning = bounds === 0 && !found.includes(';');
            return !(isSeeking || isBeginning) || found.split('?').length - 1 !== bounds;
          })
          .map(([sql, , found]) => `${sql}: ${found}`),
      ),
    );

  test('every page, a deep one too, seeks in its index by every value that bounds it', () => {
    expect(
      mistakes((spec, index) =>
        pages(spec, index).map((query) => {
          const { sql, values } = pageStatement(spec, query);
          return [sql, values.length - 1];
        }),
      ),
    ).toEqual([]);
  });

  test('every count and look-up does, too', () => {
    expect(
      mistakes((spec, index) =>
        pages(spec, index)
          .filter(({ after }) => after === undefined)
          .map((query) => {
            const { sql, values } = countStatement(spec, { ...query, cap: 10 });
            return [sql.replace('SELECT COUNT(*) AS n FROM (', '').replace(/\)$/, ''), values.length - 1];
          }),
      ),
    ).toEqual([]);
    expect(
      mistakes((spec, index) => {
        const { fields, unique } = spec.indexes[index] as { fields: readonly string[]; unique?: true };
        return unique ? [[findStatement(spec, index, fields), fields.length]] : [];
      }),
    ).toEqual([]);
  });
});

test.each([
  "SELECT * FROM record WHERE kind = 'Session' AND id = 'x' AND expires_at > 1 AND buried = 0",
  "SELECT m.id FROM member m JOIN record r ON r.kind = m.kind AND r.id = m.id WHERE m.kind = 'Session' AND m.name = 'account' AND m.key = 'x'",
  'SELECT kind, id FROM record WHERE expires_at <= 1 AND expires_at + linger <= 1 LIMIT 10',
  "SELECT id FROM expiry WHERE kind = 'Session' AND at <= 1 ORDER BY at LIMIT 10",
  "UPDATE record SET expires_at = 2 WHERE kind = 'ApiSession' AND id = 'x' AND expires_at > 1 AND buried = 0 AND EXISTS (SELECT 1 FROM member WHERE kind = 'ApiSession' AND name = 'tenant' AND key = 'a' AND id = 'x')",
  "SELECT COUNT(*) FROM lease WHERE key = 'x'",
])('every query runs on an index of the short-lived store (%s)', (sql) => {
  expect(plan('ephemeral', sql)).not.toMatch(/SCAN|TEMP B-TREE/);
  expect(plan('ephemeral', sql)).toMatch(/SEARCH/);
});
