/** What every document carries: an id that never changes. The store adds the version. */
export interface Document {
  readonly id: string;
}

export interface Versioned<T> {
  doc: T;
  version: number;
}

/**
 * A collection's name and its indexes. Fields are dotted paths to text or numbers, and have a value in every document:
 * what is optional and unique lives in a collection of its own, as the servers treat absence differently.
 */
export interface CollectionSpec {
  name: string;
  indexes: Readonly<Record<string, { fields: readonly string[]; unique?: true }>>;
}

export interface PageQuery {
  index: string;
  /** Values of the leading fields of the index. */
  equals?: readonly (string | number)[];
  /** A prefix of the text field that follows them. */
  prefix?: string;
  /** In place of a prefix: from which number on, and below which, the number field that follows them is. */
  between?: readonly [from: number, below: number];
  /** The `next` of the page before. Opaque; a forged one is refused or answers an empty page, never more. */
  after?: string;
  /** From the end of the index backwards. */
  descending?: true;
  /** 1 to 500. */
  limit: number;
}

export interface Page<T> {
  items: Versioned<T>[];
  next?: string;
}

/** Every verb throws `store_unavailable` when the store cannot answer; an unknown outcome is never read as success. */
export interface Collection<T extends Document> {
  /** @returns `inserted`, or the name of the unique index (`id` for the id itself) that already holds the value */
  insert(doc: T): Promise<{ inserted: true } | { inserted: false; duplicate: string }>;
  /** Inserts all in one step, or none. The ids are new; there is no other unique index. */
  insertAll(docs: readonly T[]): Promise<void>;
  get(id: string): Promise<Versioned<T> | undefined>;
  /** Looks a document up by all fields of a unique index. */
  find(index: string, values: readonly (string | number)[]): Promise<Versioned<T> | undefined>;
  /** Compare-and-set. @returns whether this caller won: of N calls with one version, exactly one does (P1). */
  replace(doc: T, expectedVersion: number): Promise<boolean>;
  /** @returns whether a document was there. */
  remove(id: string): Promise<boolean>;
  /** Pages in index order, ties by id; a document that stays is never skipped or shown twice. */
  page(query: PageQuery): Promise<Page<T>>;
  /** Counts up to `cap`. */
  count(query: Pick<PageQuery, 'index' | 'equals' | 'prefix' | 'between'> & { cap: number }): Promise<number>;
}

export interface Documents {
  collection<T extends Document>(spec: CollectionSpec): Collection<T>;
  /** Looks for damage, reading everything where the store does not do so itself. Throws when there is any. */
  verify(): Promise<void>;
  /** Throws when the store cannot answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
