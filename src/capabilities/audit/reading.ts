import { firstIdAt } from '../../foundation/base/index.ts';
import { type Collection, cursorAfter, type PageQuery } from '../../foundation/stores/index.ts';
import type { AuditEntry } from './audit.ts';
import type { AuditType } from './catalogue.ts';

/** Which entries are meant: those for which everything holds that is given. */
export interface AuditFilter {
  tenantId?: string | undefined;
  accountId?: string | undefined;
  actor?: string | undefined;
  applicationId?: string | undefined;
  type?: AuditType | undefined;
  outcome?: AuditEntry['outcome'] | undefined;
  /** Epoch seconds, that second included. */
  from?: number | undefined;
  /** Epoch seconds, that second not included. */
  until?: number | undefined;
}

export interface AuditQuery extends AuditFilter {
  /** The `next` of the page before. */
  after?: string | undefined;
  /** 1 to 500. */
  limit: number;
}

export interface ListedEntries {
  items: AuditEntry[];
  /** There may be more, even if this page is short or empty. */
  next?: string;
}

/** Entries that one page reads at most: a rare combination makes short pages, never a long wait. */
const MOST_READ = 500;
/** An id never tells an earlier time than its entry, but a later one where a clock was set back in between. */
const SET_BACK_SECONDS = 60;

type Range = Pick<PageQuery, 'index'> & { equals: readonly string[] };

/**
 * The shortest index that the filter names. That of an actor is read only without a tenant: an operator acts in many, and the place
 * where a page ends would tell when.
 */
function rangeOf({ accountId, actor, tenantId }: AuditFilter): Range {
  if (accountId !== undefined) return { index: 'account', equals: [accountId] };
  if (tenantId !== undefined) return { index: 'tenant', equals: [tenantId] };
  if (actor !== undefined) return { index: 'actor', equals: [actor] };
  return { index: 'order', equals: [] };
}

/** Whether most of what the index holds is looked for. */
function isAnswered({ index }: Range, { type, outcome, applicationId, actor }: AuditFilter): boolean {
  const others = [type, outcome, applicationId];
  if (index !== 'actor') others.push(actor);
  return others.every((one) => one === undefined);
}

/** Whether everything holds that the filter says. Pure. */
function matches(filter: AuditFilter, entry: AuditEntry): boolean {
  const { tenantId, accountId, actor, applicationId, type, outcome, from = 0, until = Infinity } = filter;
  const same = (wanted: string | undefined, found: string) => wanted === undefined || wanted === found;
  return (
    same(tenantId, entry.tenantId) &&
    same(accountId, entry.accountId) &&
    same(actor, entry.actor) &&
    same(applicationId, entry.applicationId) &&
    same(type, entry.type) &&
    same(outcome, entry.outcome) &&
    from <= entry.at &&
    entry.at < until
  );
}

/** The id below which the page begins: that of the cursor, or of the end of the time that is asked for. */
function beginOf({ after, until }: AuditQuery): string | undefined {
  const end = until === undefined ? undefined : firstIdAt(until + SET_BACK_SECONDS);
  if (after === undefined || end === undefined) return after ?? end;
  return after < end ? after : end;
}

/** Reads one page of one index, and looks through it for what else is asked: nothing scans (AUD-1). */
export function createReading(collection: Pick<Collection<AuditEntry>, 'page'>) {
  return async (query: AuditQuery): Promise<ListedEntries> => {
    const { limit, from = 0 } = query;
    const range = rangeOf(query);
    const begin = beginOf(query);
    const page = await collection.page({
      ...range,
      descending: true,
      limit: isAnswered(range, query) ? limit : MOST_READ,
      ...(begin === undefined ? {} : { after: cursorAfter([begin]) }),
    });
    const items: AuditEntry[] = [];
    const first = firstIdAt(from);
    for (const { doc } of page.items) {
      // An account is of one tenant: of another one's nothing is told, not even where the page ended (TEN-1).
      const isForeign = query.tenantId !== undefined && doc.tenantId !== query.tenantId;
      if (doc.id < first || isForeign) return { items };
      if (matches(query, doc)) items.push(doc);
      if (items.length === limit && (page.next || doc !== page.items.at(-1)?.doc))
        return { items, next: doc.id };
    }
    const last = page.items.at(-1)?.doc.id;
    return page.next && last !== undefined ? { items, next: last } : { items };
  };
}
