import { type Clock, guarded, type Log, newId } from '../../foundation/base/index.ts';
import {
  type Collection,
  type CollectionSpec,
  cursorAfter,
  type Documents,
  eachPage,
  type Migration,
} from '../../foundation/stores/index.ts';
import type { AuditType } from './catalogue.ts';
import { createFolding, FOLD_SECONDS } from './folding.ts';
import { type AuditQuery, createReading, type ListedEntries } from './reading.ts';

/** What a caller says of an event; the writer adds id and time. */
export interface AuditEvent {
  type: AuditType;
  outcome: 'success' | 'failure' | 'refused';
  /** Who did it: an account id, `command-line`, `system`, or empty for someone who is not known. */
  actor?: string;
  tenantId?: string;
  /** Whom it was done to. */
  accountId?: string;
  applicationId?: string;
  /** The address and the User-Agent of the request. */
  address?: string;
  browser?: string;
  /** `password`, `totp`, `mailed-code`, `recovery-code`, `login-code`, `passkey`; `code` for what has the shape of none. */
  factor?: string;
  reason?: string;
  /** Numbers and names that explain the decision, such as count n of m; the catalogue names them. Never a secret. */
  detail?: Record<string, string | number>;
}

export interface AuditEntry extends Required<Omit<AuditEvent, 'detail'>> {
  id: string;
  at: number;
  detail: Record<string, string | number>;
}

export interface Audit {
  /**
   * Writes the entry and all noted before it; resolves when they are durable. For every event that grants or changes
   * something.
   */
  write(event: AuditEvent): Promise<void>;
  /** Notes an entry that grants nothing: durable with the next `write`, or within 50 ms; refusals that repeat are one entry. */
  note(event: AuditEvent): void;
  /** Resolves when everything noted is durable, and the number of what repeated with it. */
  flush(): Promise<void>;
  /** The newest entries of an account, oldest first. */
  ofAccount(accountId: string, limit: number): Promise<AuditEntry[]>;
  byId(id: string): Promise<AuditEntry | undefined>;
  /** The entries for which everything holds that the query says, the newest first. What is only counted so far stays so. */
  list(query: AuditQuery): Promise<ListedEntries>;
  /** The entries of a tenant whose ids follow `after`, the oldest first. What is only noted stays so: folds are not cut short. */
  ofTenant(tenantId: string, after: string, limit: number): Promise<AuditEntry[]>;
  /** Hears of which tenants entries became durable, in this process. @returns what ends it */
  whenWritten(listener: (tenantIds: ReadonlySet<string>) => void): () => void;
  /** Every entry in the order of writing, page by page. */
  page(after: string | undefined, limit: number): Promise<{ items: AuditEntry[]; next?: string }>;
}

const SPEC: CollectionSpec = {
  name: 'audit',
  indexes: {
    account: { fields: ['accountId', 'id'] },
    tenant: { fields: ['tenantId', 'id'] },
    actor: { fields: ['actor', 'id'] },
    order: { fields: ['id'] },
  },
};

/** Up to the sixth format there was no index by tenant or actor. Made now, while no request waits for it. */
export const indexAudit: Migration = async ({ documents }) => {
  await documents.collection<AuditEntry>(SPEC).page({ index: 'tenant', limit: 1 });
};

/** User-Agent texts are the browser's own claim: bounded, and without control characters (S80). */
function bounded(text: string | undefined): string {
  return (text ?? '').replace(/\p{Cc}/gu, ' ').slice(0, 300);
}

function entryOf(event: AuditEvent, at: number): AuditEntry {
  return {
    id: newId(),
    at,
    type: event.type,
    outcome: event.outcome,
    actor: event.actor ?? '',
    tenantId: event.tenantId ?? '',
    accountId: event.accountId ?? '',
    applicationId: event.applicationId ?? '',
    address: event.address ?? '',
    browser: bounded(event.browser),
    factor: event.factor ?? '',
    reason: event.reason ?? '',
    detail: event.detail ?? {},
  };
}

const NOTE_MS = 50;
const MOST_A_PAGE = 500;

/** Collects entries and writes them together: those of one moment cost one write to the disk. */
function createWriter(
  collection: Collection<AuditEntry>,
  log: Log,
  written: (entries: AuditEntry[]) => void,
) {
  let noted: AuditEntry[] = [];
  /** Entries whose last write had no known outcome: some of them may be there already. */
  let doubtful = new Set<string>();
  let writing: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const missing = async (entries: AuditEntry[]): Promise<AuditEntry[]> => {
    const isThere = async ({ id }: AuditEntry) =>
      doubtful.has(id) && (await collection.get(id)) !== undefined;
    const there = await Promise.all(entries.map(isThere));
    return entries.filter((_, i) => !there[i]);
  };

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    // One batch after another, so that the order of the log is the order of the events.
    const batch = writing
      .catch(() => {})
      .then(async () => {
        if (noted.length === 0) return;
        const entries = noted;
        noted = [];
        try {
          await collection.insertAll(await missing(entries));
          doubtful = new Set();
          written(entries);
        } catch (error) {
          noted = [...entries, ...noted];
          doubtful = new Set(entries.map(({ id }) => id));
          throw error;
        }
      });
    writing = batch;
    return batch;
  };

  return {
    flush,
    add(entry: AuditEntry) {
      noted.push(entry);
      timer ??= setTimeout(
        guarded(
          (error) =>
            log.error({ error: error.message, entries: noted.length }, 'audit entries wait for the store'),
          flush,
        ),
        NOTE_MS,
      );
    },
  };
}

export function createAudit({
  documents,
  clock,
  log,
  observe,
}: {
  documents: Documents;
  clock: Clock;
  log: Log;
  /** Told of every event, for counting. */
  observe?: ((event: AuditEvent) => void) | undefined;
}): Audit {
  const collection = documents.collection<AuditEntry>(SPEC);
  const listeners = new Set<(tenantIds: ReadonlySet<string>) => void>();
  const writer = createWriter(collection, log, (entries) => {
    const tenantIds = new Set(entries.map(({ tenantId }) => tenantId));
    for (const listener of listeners) listener(tenantIds);
  });
  const folding = createFolding(clock);
  const list = createReading(collection);
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    for (const event of folding.takeAll()) writer.add(entryOf(event, clock.now()));
    return writer.flush();
  };
  const failed = (error: Error) =>
    log.error({ error: error.message }, 'audit entries that repeated wait for the store');
  const add = (event: AuditEvent) => {
    observe?.(event);
    const due = folding.add(event);
    for (const one of due) writer.add(entryOf(one, clock.now()));
    if (due.length > 0) return;
    timer ??= setTimeout(guarded(failed, flush), FOLD_SECONDS * 1_000).unref();
  };
  return {
    note: add,
    flush,
    write: (event) => {
      add(event);
      return writer.flush();
    },
    async ofAccount(accountId, limit) {
      await flush();
      const items: AuditEntry[] = [];
      const query = { index: 'account', equals: [accountId], descending: true } as const;
      const pages = eachPage((from) =>
        collection.page({ ...query, ...from, limit: Math.min(limit - items.length, MOST_A_PAGE) }),
      );
      for await (const page of pages) {
        items.push(...page.map(({ doc }) => doc));
        if (items.length >= limit) break;
      }
      return items.reverse();
    },
    async list(query) {
      await writer.flush();
      return list(query);
    },
    byId: async (id) => (await collection.get(id))?.doc,
    async ofTenant(tenantId, after, limit) {
      const query = { index: 'tenant', equals: [tenantId], after: cursorAfter([after]), limit };
      return (await collection.page(query)).items.map(({ doc }) => doc);
    },
    whenWritten(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async page(after, limit) {
      await flush();
      const page = await collection.page({ index: 'order', limit, ...(after ? { after } : {}) });
      return { items: page.items.map(({ doc }) => doc), ...(page.next ? { next: page.next } : {}) };
    },
  };
}
