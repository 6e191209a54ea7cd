import type { Clock, Refused, Vault } from '../../foundation/base/index.ts';
import {
  type CollectionSpec,
  changeUntilWon,
  type Documents,
  eachPage,
} from '../../foundation/stores/index.ts';
import type { Permission } from '../accounts/index.ts';

/** What everyone who may see a long operation sees of it. */
export interface LongOperation {
  id: string;
  /** The name of the operation. */
  operation: string;
  /** The permission that the operation needs: who holds it may see the record. */
  permission: Permission;
  /** Empty: the installation. */
  tenantId: string;
  /** Who asked: an account id, or `command-line`. */
  by: string;
  state: 'waiting' | 'running' | 'done' | 'refused' | 'failed' | 'cancelled';
  /** How many were looked at so far. */
  progress: number;
  /** Epoch seconds, as all times here. */
  askedAt: number;
  /** 0 until then. */
  begunAt: number;
  /** 0 until then. */
  endedAt: number;
  /** From when it is not found any more. */
  expiresAt: number;
}

/** What a run came to. */
export type Outcome = { output: unknown } | Refused;

/** A record as it is kept. */
export interface StoredOperation extends LongOperation {
  /** The outcome, sealed; empty until there is one. */
  sealedOutcome: string;
  /** The number of the newest run, which is the only one that may write. */
  runs: number;
  /** Until when that run is believed to be alive. */
  claimedUntil: number;
  isCancelled: boolean;
}

export type NewRecord = Pick<
  LongOperation,
  'id' | 'operation' | 'permission' | 'tenantId' | 'by' | 'askedAt'
>;

export interface Records {
  /** Makes the record; one that is there stays. */
  make(record: NewRecord): Promise<void>;
  /** undefined where there is none or it has expired. */
  byId(id: string): Promise<StoredOperation | undefined>;
  /** The newest first, of a tenant or of the whole installation. */
  list(query: {
    tenantId?: string | undefined;
    after?: string | undefined;
  }): Promise<{ items: LongOperation[]; next?: string }>;
  outcomeOf(id: string): Promise<Outcome | undefined>;
  /** Begins a run. @returns undefined where it is none's turn: it has ended, or another run is alive */
  claim(id: string): Promise<StoredOperation | undefined>;
  /** Writes the progress of a run and keeps it alive. @returns false where it must stop */
  step(run: StoredOperation, progress: number): Promise<boolean>;
  /** Ends a run, if it is still the newest. */
  end(run: StoredOperation, state: LongOperation['state'], outcome?: Outcome): Promise<void>;
  /** One that waits is not run; one that runs stops at its next step. @returns false where it has ended already */
  cancel(id: string): Promise<boolean>;
  /** Removes what has expired. @returns how many, at most `most` */
  clear(most: number): Promise<number>;
  /** Seals every outcome under the first master key. @returns how many were not */
  reseal(): Promise<number>;
}

const SPEC: CollectionSpec = {
  name: 'longOperations',
  indexes: {
    tenant: { fields: ['tenantId', 'id'] },
    order: { fields: ['id'] },
    expiry: { fields: ['expiresAt'] },
  },
};
export const KEPT_SECONDS = 7 * 86_400;
/** An operation takes its steps far more often than this. */
const CLAIM_SECONDS = 60;
/** One that takes its process down with it is not run for ever. */
const MOST_RUNS = 5;
const PAGE = 100;

export function hasEnded({ state }: LongOperation): boolean {
  return state !== 'waiting' && state !== 'running';
}

function newRecord({ id, operation, permission, tenantId, by, askedAt }: NewRecord): StoredOperation {
  return {
    id,
    operation,
    permission,
    tenantId,
    by,
    askedAt,
    state: 'waiting',
    progress: 0,
    begunAt: 0,
    endedAt: 0,
    expiresAt: askedAt + KEPT_SECONDS,
    sealedOutcome: '',
    runs: 0,
    claimedUntil: 0,
    isCancelled: false,
  };
}

function endedAt(
  record: StoredOperation,
  state: LongOperation['state'],
  now: number,
  sealedOutcome = '',
): StoredOperation {
  return { ...record, state, endedAt: now, expiresAt: now + KEPT_SECONDS, sealedOutcome };
}

/** The record with a run that begins now; undefined where it is none's turn. Pure. */
function claimedAt(record: StoredOperation, now: number): StoredOperation | undefined {
  if (hasEnded(record) || record.claimedUntil > now) return undefined;
  if (record.isCancelled) return endedAt(record, 'cancelled', now);
  if (record.runs >= MOST_RUNS) return endedAt(record, 'failed', now);
  const begunAt = record.begunAt || now;
  return {
    ...record,
    state: 'running',
    runs: record.runs + 1,
    begunAt,
    claimedUntil: now + CLAIM_SECONDS,
  };
}

export function createRecords(parts: { documents: Documents; vault: Vault; clock: Clock }): Records {
  const { documents, vault, clock } = parts;
  const collection = documents.collection<StoredOperation>(SPEC);
  const contextOf = (id: string) => `long-operation:${id}`;

  const live = (record: StoredOperation | undefined) =>
    record && record.expiresAt > clock.now() ? record : undefined;
  const read = async (id: string) => live((await collection.get(id))?.doc);

  /** @returns the record as it was changed; undefined where there was nothing to change */
  const change = async (
    id: string,
    next: (current: StoredOperation) => StoredOperation | undefined,
  ): Promise<StoredOperation | undefined> => {
    const { doc, changed } = await changeUntilWon(collection, id, (stored) => {
      const current = live(stored);
      return current && next(current);
    });
    return changed ? doc : undefined;
  };

  const isOf = (run: StoredOperation) => (record: StoredOperation) =>
    record.runs === run.runs && !hasEnded(record);

  const resealed = (record: StoredOperation): StoredOperation | undefined => {
    const { id, sealedOutcome } = record;
    if (sealedOutcome === '' || vault.isCurrent(sealedOutcome)) return undefined;
    const plain = vault.open(sealedOutcome, contextOf(id));
    return { ...record, sealedOutcome: vault.seal(plain, contextOf(id)) };
  };

  return {
    async make(record) {
      await collection.insert(newRecord(record));
    },
    byId: read,
    async list({ tenantId, after }) {
      const page = await collection.page({
        ...(tenantId === undefined ? { index: 'order' } : { index: 'tenant', equals: [tenantId] }),
        descending: true,
        limit: PAGE,
        ...(after ? { after } : {}),
      });
      const items = page.items.map(({ doc }) => doc).filter(({ expiresAt }) => expiresAt > clock.now());
      return { items, ...(page.next ? { next: page.next } : {}) };
    },
    async outcomeOf(id) {
      const sealed = (await read(id))?.sealedOutcome;
      return sealed ? (JSON.parse(vault.open(sealed, contextOf(id))) as Outcome) : undefined;
    },
    async claim(id) {
      const claimed = await change(id, (record) => claimedAt(record, clock.now()));
      return claimed?.state === 'running' ? claimed : undefined;
    },
    step: async (run, progress) =>
      (await change(run.id, (record) =>
        isOf(run)(record) && !record.isCancelled
          ? { ...record, progress, claimedUntil: clock.now() + CLAIM_SECONDS }
          : undefined,
      )) !== undefined,
    async end(run, state, outcome) {
      const sealed = outcome && vault.seal(JSON.stringify(outcome), contextOf(run.id));
      await change(run.id, (record) =>
        isOf(run)(record) ? endedAt(record, state, clock.now(), sealed) : undefined,
      );
    },
    cancel: async (id) =>
      (await change(id, (record) => {
        if (hasEnded(record)) return undefined;
        return record.state === 'waiting'
          ? endedAt(record, 'cancelled', clock.now())
          : { ...record, isCancelled: true };
      })) !== undefined,
    async clear(most) {
      const { items } = await collection.page({ index: 'expiry', limit: most });
      const old = items.filter(({ doc }) => doc.expiresAt <= clock.now());
      for (const { doc } of old) await collection.remove(doc.id);
      return old.length;
    },
    async reseal() {
      let count = 0;
      for await (const page of eachPage((from) => collection.page({ index: 'order', limit: PAGE, ...from })))
        for (const { doc } of page) if (await change(doc.id, resealed)) count += 1;
      return count;
    },
  };
}
