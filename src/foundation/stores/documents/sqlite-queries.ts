// The statements of pages and counts: each names its index, and bounds it once on either side.
import { cursorOf, type Range, rangeOf, type Value } from './fields.ts';
import type { CollectionSpec, PageQuery } from './port.ts';
import { columnOf, indexName, orderOf } from './sqlite-tables.ts';

interface Statement {
  sql: string;
  values: Value[];
}

/** What a query reads, as one range of its index. */
function rangeSql(spec: CollectionSpec, query: Range) {
  const { fields, equals, between, order } = rangeOf(spec, query);
  const after = cursorOf(query, order.length);
  const columns = orderOf(spec.indexes[query.index] ?? {}, order);
  const where = equals.map((_, i) => `${columnOf(fields[i] ?? '')} = ?`);
  const values: Value[] = [...equals];
  // A cursor takes the place of the bound on its side: of two bounds SQLite may seek the one that is further away.
  const bound = (sign: '<' | '>', comparison: '<' | '>=', value: Value | undefined) => {
    if (after && (sign === '<') === (query.descending === true)) {
      where.push(`(${columns.join(', ')}) ${sign} (${columns.map(() => '?').join(', ')})`);
      values.push(...after.slice(0, columns.length));
    } else if (value !== undefined) {
      where.push(`${columns[0]} ${comparison} ?`);
      values.push(value);
    }
  };
  bound('>', '>=', between?.[0]);
  bound('<', '<', between?.[1]);
  const from = `FROM "${spec.name}" INDEXED BY ${indexName(spec, query.index)}`;
  return { source: where.length > 0 ? `${from} WHERE ${where.join(' AND ')}` : from, values, columns, order };
}

/** One row more than the page holds, so that it shows whether another page follows. */
export function pageStatement(
  spec: CollectionSpec,
  query: PageQuery,
): Statement & { order: readonly string[] } {
  const { source, values, columns, order } = rangeSql(spec, query);
  const ordered = columns.map((column) => (query.descending ? `${column} DESC` : column)).join(', ');
  const sql = `SELECT id, version, body ${source} ORDER BY ${ordered} LIMIT ?`;
  return { sql, values: [...values, query.limit + 1], order };
}

export function countStatement(spec: CollectionSpec, query: Range & { cap: number }): Statement {
  const { source, values } = rangeSql(spec, query);
  return { sql: `SELECT COUNT(*) AS n FROM (SELECT 1 ${source} LIMIT ?)`, values: [...values, query.cap] };
}

/** @param fields every field of a unique index */
export function findStatement(spec: CollectionSpec, index: string, fields: readonly string[]): string {
  const where = fields.map((field) => `${columnOf(field)} = ?`).join(' AND ');
  return `SELECT id, version, body FROM "${spec.name}" INDEXED BY ${indexName(spec, index)} WHERE ${where}`;
}
