// The table of a collection: a row for each document, a virtual column for each field that an index reads, and the indexes.
// SQLite seeks by several values at once only in columns: on indexes of expressions a page read all that came before it.
import type { SqliteConnection } from '../sqlite-connection.ts';
import type { CollectionSpec } from './port.ts';

const NAME = /^[a-zA-Z][a-zA-Z0-9]*$/;
const FIELD = /^[a-zA-Z][a-zA-Z0-9.]*$/;

function pathOf(field: string): string {
  if (!FIELD.test(field)) throw new RangeError(`not a field: ${field}`);
  return `$.${field}`;
}

/** The column of a field: named by its path, which no other column can be. */
export function columnOf(field: string): string {
  return field === 'id' ? 'id' : `"${pathOf(field)}"`;
}

/** The columns by which an index orders. The id is the last of every index, as the table is WITHOUT ROWID. */
export function orderOf({ unique }: { unique?: true }, order: readonly string[]): string[] {
  const isByIdOnly = order.length === 1;
  return (unique && !isByIdOnly ? order.filter((field) => field !== 'id') : order).map(columnOf);
}

export function indexName(spec: CollectionSpec, index: string): string {
  return `"${spec.name}_${index}"`;
}

/** What every index is made by, as SQLite keeps the text of it. */
function definitions(spec: CollectionSpec): Map<string, string> {
  return new Map(
    Object.entries(spec.indexes).map(([index, { fields, unique }]) => {
      const columns = [...new Set(unique ? fields : [...fields, 'id'])].map(columnOf);
      const kind = unique ? 'UNIQUE INDEX' : 'INDEX';
      const text = `CREATE ${kind} ${indexName(spec, index)} ON "${spec.name}" (${columns.join(', ')})`;
      return [`${spec.name}_${index}`, text];
    }),
  );
}

/** The statements that bring the table to what the collection declares; none where it is so already. */
function missing(connection: SqliteConnection, spec: CollectionSpec): string[] {
  const columns = connection.prepare('SELECT name FROM pragma_table_xinfo(?)').all(spec.name);
  const indexes = connection
    .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?")
    .all(spec.name);
  const hasColumn = new Set(columns.map(({ name }) => name));
  const made = new Map(indexes.map(({ name, sql }) => [name, sql]));
  const fields = new Set(Object.values(spec.indexes).flatMap((index) => index.fields));
  fields.delete('id');
  const table = `CREATE TABLE "${spec.name}" (id TEXT PRIMARY KEY, version INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID`;
  const newColumns = [...fields]
    .filter((field) => !hasColumn.has(pathOf(field)))
    .map(
      (field) =>
        `ALTER TABLE "${spec.name}" ADD COLUMN ${columnOf(field)} AS (json_extract(body, '${pathOf(field)}')) VIRTUAL`,
    );
  const newIndexes = [...definitions(spec)]
    .filter(([name, sql]) => made.get(name) !== sql)
    // An index of that name with other columns is of an earlier version.
    .flatMap(([name, sql]) => [...(made.has(name) ? [`DROP INDEX "${name}"`] : []), sql]);
  return [...(hasColumn.size === 0 ? [table] : []), ...newColumns, ...newIndexes];
}

/** Makes the table, or brings one of an earlier version to what is declared: at a million documents some seconds, once. */
export function prepareTable(connection: SqliteConnection, spec: CollectionSpec): void {
  if (!NAME.test(spec.name)) throw new RangeError(`not a collection name: ${spec.name}`);
  if (connection.look(() => missing(connection, spec)).length === 0) return;
  connection.alter(() => {
    // Looked at again: another process may have done it meanwhile.
    for (const sql of missing(connection, spec)) connection.exec(sql);
  });
}
