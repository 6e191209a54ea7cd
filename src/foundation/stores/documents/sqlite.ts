import { openSqlite, type SqliteConnection, type Waiting } from '../sqlite-connection.ts';
import { assertLimit, encodeCursor, type Range, uniqueFieldsOf, type Value, valueAt } from './fields.ts';
import type { Collection, CollectionSpec, Document, Documents, Page, PageQuery, Versioned } from './port.ts';
import { countStatement, findStatement, pageStatement } from './sqlite-queries.ts';
import { prepareTable } from './sqlite-tables.ts';

type Row = { id: string; version: number; body: string };

function versioned<T>(row: Row | undefined): Versioned<T> | undefined {
  return row && { doc: JSON.parse(row.body) as T, version: row.version };
}

class SqliteCollection<T extends Document> implements Collection<T> {
  private readonly connection: SqliteConnection;
  private readonly spec: CollectionSpec;

  constructor(connection: SqliteConnection, spec: CollectionSpec) {
    this.connection = connection;
    this.spec = spec;
    prepareTable(connection, spec);
  }

  insert(doc: T) {
    const { connection, spec } = this;
    return connection.write((): { inserted: true } | { inserted: false; duplicate: string } => {
      const body = JSON.stringify(doc);
      const { changes } = connection
        .prepare(`INSERT INTO "${spec.name}" (id, version, body) VALUES (?, 1, ?) ON CONFLICT DO NOTHING`)
        .run(doc.id, body);
      return changes === 1 ? { inserted: true } : { inserted: false, duplicate: this.holder(doc) };
    });
  }

  insertAll(docs: readonly T[]) {
    const { connection, spec } = this;
    const statement = connection.prepare(`INSERT INTO "${spec.name}" (id, version, body) VALUES (?, 1, ?)`);
    return connection.write(() => {
      for (const doc of docs) statement.run(doc.id, JSON.stringify(doc));
    });
  }

  /** Names the unique index that refused a document, by looking it up: messages differ between servers. */
  private holder(doc: T): string {
    const { connection, spec } = this;
    for (const [name, { fields, unique }] of Object.entries(spec.indexes)) {
      if (!unique) continue;
      const values = fields.map((field) => valueAt(doc, field));
      if (connection.prepare(findStatement(spec, name, fields)).get(...values)) return name;
    }
    return 'id';
  }

  get(id: string) {
    const statement = this.connection.prepare(
      `SELECT id, version, body FROM "${this.spec.name}" WHERE id = ?`,
    );
    return this.connection.read(() => versioned<T>(statement.get(id) as Row | undefined));
  }

  find(index: string, values: readonly Value[]) {
    const fields = uniqueFieldsOf(this.spec, index, values);
    const statement = this.connection.prepare(findStatement(this.spec, index, fields));
    return this.connection.read(() => versioned<T>(statement.get(...values) as Row | undefined));
  }

  replace(doc: T, expectedVersion: number) {
    const { connection, spec } = this;
    const statement = connection.prepare(
      `UPDATE OR ABORT "${spec.name}" SET version = version + 1, body = ? WHERE id = ? AND version = ?`,
    );
    return connection.write(() => statement.run(JSON.stringify(doc), doc.id, expectedVersion).changes === 1);
  }

  remove(id: string) {
    const statement = this.connection.prepare(`DELETE FROM "${this.spec.name}" WHERE id = ?`);
    return this.connection.write(() => statement.run(id).changes === 1);
  }

  async page(query: PageQuery): Promise<Page<T>> {
    assertLimit(query.limit);
    const { sql, values, order } = pageStatement(this.spec, query);
    const statement = this.connection.prepare(sql);
    return this.connection.read(() => {
      const rows = statement.all(...values) as Row[];
      const items = rows.slice(0, query.limit).map((row) => versioned<T>(row) as Versioned<T>);
      const last = items.at(-1);
      if (rows.length <= query.limit || !last) return { items };
      return { items, next: encodeCursor(order.map((field) => valueAt(last.doc, field))) };
    });
  }

  count(query: Range & { cap: number }) {
    const { sql, values } = countStatement(this.spec, query);
    const statement = this.connection.prepare(sql);
    return this.connection.read(() => (statement.get(...values) as { n: number }).n);
  }
}

/** Documents in one SQLite file: WAL, every acknowledged write on the disk. */
export function openSqliteDocuments(file: string, waiting?: Waiting): Documents {
  const connection = openSqlite(file, 'FULL', waiting);
  try {
    connection.exec('CREATE TABLE IF NOT EXISTS "_ping" (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)');
  } catch (error) {
    connection.close();
    throw error;
  }
  return {
    collection: <T extends Document>(spec: CollectionSpec) => new SqliteCollection<T>(connection, spec),
    verify: () => connection.verify(),
    // A write: a full disk still lets everything be read (F10).
    ping: () =>
      connection.write(() => {
        connection.prepare('INSERT INTO "_ping" VALUES (1, 1) ON CONFLICT DO UPDATE SET n = n + 1').run();
      }),
    close: async () => connection.close(),
  };
}
