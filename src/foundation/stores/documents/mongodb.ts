import type { Db, Collection as DriverCollection, MongoClient, MongoClientOptions } from 'mongodb';
import { SallyportError } from '../../base/index.ts';
import { assertLimit, encodeCursor, type Range, uniqueFieldsOf, type Value, valueAt } from './fields.ts';
import { keyOf, keyRange, keysOf, keysThatFit } from './mongodb-keys.ts';
import type { Collection, CollectionSpec, Document, Documents, Page, PageQuery, Versioned } from './port.ts';

/** As it is stored: the document as JSON text, and a text key for each index. */
interface Row {
  _id: string;
  version: number;
  body: string;
  keys: Record<string, string>;
}

const DUPLICATE_KEY = 11_000;
const DEFAULT_DATABASE = 'sallyport';

export interface MongodbOptions {
  /** `mongodb://` or `mongodb+srv://` address; its path names the database. */
  url: string;
  deadlineSeconds: number;
}

/**
 * No wait is longer than two deadlines: a person gets an answer soon, no matter what the server does. A write counts
 * when a majority has it on the disk (P8), and a read returns only what was acknowledged in this way; only the
 * primary is asked.
 */
const options = (deadlineMs: number): MongoClientOptions => ({
  writeConcern: { w: 'majority', journal: true },
  readConcern: { level: 'majority' },
  readPreference: 'primary',
  serverSelectionTimeoutMS: deadlineMs,
  connectTimeoutMS: deadlineMs,
  socketTimeoutMS: 2 * deadlineMs,
  waitQueueTimeoutMS: deadlineMs,
  heartbeatFrequencyMS: 5_000,
  maxPoolSize: 50,
  ignoreUndefined: true,
  appName: 'sallyport',
});

interface DriverError {
  code?: number;
  message: string;
  insertedIds?: Record<number, string>;
}

function isDuplicate(error: unknown): boolean {
  return (error as DriverError).code === DUPLICATE_KEY;
}

function unavailable(error: unknown): SallyportError {
  return new SallyportError('store_unavailable', `mongodb: ${(error as DriverError).message}`, {
    cause: error,
  });
}

function versioned<T>(row: Row | null): Versioned<T> | undefined {
  return row ? { doc: JSON.parse(row.body) as T, version: row.version } : undefined;
}

class MongodbCollection<T extends Document> implements Collection<T> {
  private readonly rows: DriverCollection<Row>;
  private readonly spec: CollectionSpec;
  private indexed: Promise<unknown> | undefined;

  constructor(database: Db, spec: CollectionSpec) {
    this.rows = database.collection<Row>(spec.name);
    this.spec = spec;
  }

  private row(doc: T, version: number): Row {
    return { _id: doc.id, version, body: JSON.stringify(doc), keys: keysOf(this.spec, doc) };
  }

  /** Makes the indexes that are missing. One by one compared, as some servers do not bear being asked for what is there. */
  private async makeIndexes(): Promise<void> {
    // A collection that is not there yet has none.
    const there = await this.rows.indexes().catch(() => []);
    const missing = Object.entries(this.spec.indexes)
      .filter(([name]) => !there.some((index) => index.name === name))
      .map(([name, { unique }]) => ({
        name,
        key: { [`keys.${name}`]: 1 as const },
        ...(unique ? { unique } : {}),
      }));
    if (missing.length === 0) return;
    await this.fillKeys(missing.map(({ name }) => name));
    await this.rows.createIndexes(missing);
  }

  /** Documents that were written before an index was declared have no key for it. */
  private async fillKeys(names: readonly string[]): Promise<void> {
    const lacking = this.rows.find({ $or: names.map((name) => ({ [`keys.${name}`]: { $exists: false } })) });
    for await (const { _id, version, body } of lacking) {
      const keys = Object.entries(keysThatFit(this.spec, names, JSON.parse(body) as T));
      if (keys.length === 0) continue;
      const fields = Object.fromEntries(keys.map(([name, key]) => [`keys.${name}`, key]));
      // One that was replaced meanwhile has them.
      await this.rows.updateOne({ _id, version }, { $set: fields });
    }
  }

  private async withIndexes(): Promise<void> {
    this.indexed ??= this.makeIndexes();
    try {
      await this.indexed;
    } catch (error) {
      this.indexed = undefined;
      throw error;
    }
  }

  private async ask<R>(work: (rows: DriverCollection<Row>) => Promise<R>): Promise<R> {
    try {
      await this.withIndexes();
      return await work(this.rows);
    } catch (error) {
      throw unavailable(error);
    }
  }

  insert(doc: T) {
    const row = this.row(doc, 1);
    return this.ask(async (rows): Promise<{ inserted: true } | { inserted: false; duplicate: string }> => {
      try {
        await rows.insertOne(row);
        return { inserted: true };
      } catch (error) {
        if (isDuplicate(error)) return { inserted: false, duplicate: await this.holder(row) };
        throw error;
      }
    });
  }

  /** Names the unique index that refused a document, by looking it up: messages differ between servers. */
  private async holder(row: Row): Promise<string> {
    for (const [name, { unique }] of Object.entries(this.spec.indexes)) {
      if (
        unique &&
        (await this.rows.findOne({ [`keys.${name}`]: row.keys[name] }, { projection: { _id: 1 } }))
      )
        return name;
    }
    return 'id';
  }

  insertAll(docs: readonly T[]) {
    const list = docs.map((doc) => this.row(doc, 1));
    return this.ask(async (rows) => {
      if (list.length === 0) return;
      try {
        await rows.insertMany(list, { ordered: true });
      } catch (error) {
        // No transaction: what this call inserted before the duplicate is taken back. The ids are known to be its own.
        const own = Object.values((error as DriverError).insertedIds ?? {});
        if (isDuplicate(error)) await rows.deleteMany({ _id: { $in: own } });
        throw error;
      }
    });
  }

  get(id: string) {
    return this.ask(async (rows) => versioned<T>(await rows.findOne({ _id: id })));
  }

  async find(index: string, values: readonly Value[]) {
    uniqueFieldsOf(this.spec, index, values);
    return this.ask(async (rows) => versioned<T>(await rows.findOne({ [`keys.${index}`]: keyOf(values) })));
  }

  replace(doc: T, expectedVersion: number) {
    const { _id, ...fields } = this.row(doc, expectedVersion + 1);
    return this.ask(async (rows) => {
      const { matchedCount } = await rows.replaceOne({ _id, version: expectedVersion }, fields);
      return matchedCount === 1;
    });
  }

  remove(id: string) {
    return this.ask(async (rows) => (await rows.deleteOne({ _id: id })).deletedCount === 1);
  }

  async page(query: PageQuery): Promise<Page<T>> {
    assertLimit(query.limit);
    const { key, order } = keyRange(this.spec, query);
    const field = `keys.${query.index}`;
    const found = await this.ask((rows) =>
      rows
        .find({ [field]: key })
        .sort({ [field]: query.descending ? -1 : 1 })
        .limit(query.limit + 1)
        .toArray(),
    );
    const items = found.slice(0, query.limit).map((row) => versioned<T>(row) as Versioned<T>);
    const last = items.at(-1);
    if (found.length <= query.limit || !last) return { items };
    return { items, next: encodeCursor(order.map((name) => valueAt(last.doc, name))) };
  }

  async count({ cap, ...query }: Range & { cap: number }) {
    const { key } = keyRange(this.spec, query);
    return this.ask((rows) => rows.countDocuments({ [`keys.${query.index}`]: key }, { limit: cap }));
  }
}

/** The database of an address, `sallyport` where it names none. */
function databaseName(url: string): string {
  return decodeURIComponent(/^[^:]+:\/\/[^/]+\/([^?]+)/.exec(url)?.[1] ?? DEFAULT_DATABASE);
}

async function connect(url: string, deadlineSeconds: number): Promise<MongoClient> {
  // Loaded when needed: on the embedded default the driver would be memory for nothing.
  const { MongoClient } = await import('mongodb');
  return new MongoClient(url, options(deadlineSeconds * 1_000)).connect();
}

/**
 * Documents in a MongoDB database, or in a server that speaks its protocol; no transaction, no feature that such servers lack.
 * @throws SallyportError `store_unavailable` when the server cannot be reached
 */
export async function openMongodbDocuments({ url, deadlineSeconds }: MongodbOptions): Promise<Documents> {
  const client = await connect(url, deadlineSeconds).catch((error: unknown) => {
    throw unavailable(error);
  });
  const database = client.db(databaseName(url));
  const ping = async () => {
    await database.command({ ping: 1 }).catch((error: unknown) => {
      throw unavailable(error);
    });
  };
  return {
    collection: <T extends Document>(spec: CollectionSpec) => new MongodbCollection<T>(database, spec),
    // The server checks what it reads from the disk by itself.
    verify: ping,
    ping,
    close: () => client.close(),
  };
}
