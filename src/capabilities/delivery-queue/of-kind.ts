import type { Clock } from '../../foundation/base/index.ts';
import type { Documents, Versioned } from '../../foundation/stores/index.ts';
import type { JobHandlers, Jobs } from '../jobs/index.ts';
import type { Outbound } from '../outbound/index.ts';
import type { Delivery, DeliveryKind, Message, Payload } from './kind.ts';
import type { Turns } from './turns.ts';

/** What came of a first attempt; `notBefore`: none was made, as the receiver rests or is busy until that epoch second. */
export type Sent = 'settled' | 'queued' | { notBefore: number };

/** The deliveries of one kind. */
export interface Deliveries<D extends Delivery, P> {
  /** Resolves when it is certain that the receiver will be told, at least once. */
  put(payload: P): Promise<void>;
  /**
   * The first attempt, made here and now; what fails is queued. The caller keeps its place until this resolves, and after a
   * crash calls again with the same payload.
   */
  send(payload: P): Promise<Sent>;
  /** Queues again what was given up. @returns whether this call did: of N at once, one does */
  renew(payload: P): Promise<boolean>;
  get(id: string): Promise<D | undefined>;
  /** The newest first. */
  list(query: {
    index: string;
    equals: readonly string[];
    after?: string | undefined;
    limit?: number;
  }): Promise<{
    items: D[];
    next?: string;
  }>;
  /** Deletes what was settled long ago, at most so many. @returns how many */
  clear(most: number): Promise<number>;
  jobs: JobHandlers;
}

export interface QueueParts {
  documents: Documents;
  jobs: Pick<Jobs, 'enqueue'>;
  outbound: Outbound;
  clock: Clock;
}

const FIRST_PAUSE_SECONDS = 5;
const ORDER_SECONDS = 2;
const PAGE = 100;
/** Two renewals are so far apart: each has a job. */
const RENEWAL_SECONDS = 10;

type Attempted = 'settled' | { notBefore: number } | { failed: string };

export function createDeliveries<D extends Delivery, P extends Payload>(
  kind: DeliveryKind<D, P>,
  { documents, jobs, outbound, clock, turns }: QueueParts & { turns: Turns },
): Deliveries<D, P> {
  const collection = documents.collection<D>(kind.spec);
  const lifetime = kind.triedSeconds + kind.keptSeconds;

  /** 5, 10, 20 … seconds: a receiver that comes back hears of it soon. */
  const pauseAfter = (attempts: number) =>
    Math.min(kind.longestPauseSeconds, FIRST_PAUSE_SECONDS * 2 ** (attempts - 1));

  const newRecord = (payload: P): D => {
    const untried = { state: 'pending', attempts: 0, problem: '', triedAt: 0 } as const;
    const keptUntil = payload.createdAt + lifetime;
    return { ...kind.record(payload), ...untried, keptUntil } as unknown as D;
  };

  /** @param version 0: it is not there yet */
  const save = async (doc: D, version: number) =>
    version === 0 ? (await collection.insert(doc)).inserted : collection.replace(doc, version);

  /** The record, made where a crash came between the job and it. */
  const recordOf = async (payload: P): Promise<Versioned<D>> => {
    const found = await collection.get(payload.id);
    if (found) return found;
    const doc = newRecord(payload);
    if ((await collection.insert(doc)).inserted) return { doc, version: 1 };
    return (await collection.get(payload.id)) ?? { doc, version: 1 };
  };

  const settle = async ({ doc, version }: Versioned<D>, state: 'delivered' | 'given-up', problem: string) => {
    const now = clock.now();
    const attempts = doc.attempts + (state === 'delivered' ? 1 : 0);
    const keptUntil = now + kind.keptSeconds;
    const settled = { ...doc, state, problem, attempts, triedAt: now, keptUntil };
    if (await save(settled, version)) await kind.settled?.(settled);
    return 'settled' as const;
  };

  const hasEarlier = async ({ key, id }: D) => {
    const { items } = await collection.page({ index: 'key', equals: [key, 'pending'], limit: 1 });
    return items.some(({ doc }) => doc.id < id);
  };

  /** @returns what went wrong; empty: nothing */
  const post = async ({ address, content }: Message) => {
    try {
      const status = await outbound.post(address, await content());
      return status >= 200 && status < 300 ? '' : `answered ${status}`;
    } catch (error) {
      return (error as Error).message;
    }
  };

  const attempt = async (record: Versioned<D>): Promise<Attempted> => {
    const { doc } = record;
    const since = doc.renewedAt ?? doc.createdAt;
    if (clock.now() >= since + kind.triedSeconds) return settle(record, 'given-up', doc.problem);
    const message = await kind.message(doc);
    if ('lost' in message) return settle(record, 'given-up', message.lost);
    if (kind.isStrict && (await hasEarlier(doc))) return { notBefore: clock.now() + ORDER_SECONDS };
    const turn = turns.take(kind.receiver(doc), clock.now());
    if ('until' in turn) return { notBefore: turn.until };
    const problem = await post(message);
    turn.end(problem === '', clock.now());
    await kind.tried?.(doc, problem);
    return problem === '' ? settle(record, 'delivered', '') : { failed: problem };
  };

  const note = ({ doc, version }: Versioned<D>, problem: string) =>
    save({ ...doc, attempts: doc.attempts + 1, problem, triedAt: clock.now() }, version);

  const enqueue = (payload: P, dueAt: number) =>
    jobs.enqueue({ kind: kind.job, lane: 'outside', payload, dueAt, giveUpAt: dueAt + lifetime });

  /** What was given up, taken up again by the job of its newest renewal. */
  const takenUp = async (
    { doc, version }: Versioned<D>,
    { renewedAt }: P,
  ): Promise<Versioned<D> | undefined> => {
    if (doc.state !== 'given-up' || renewedAt === undefined || renewedAt !== doc.renewedAt) return undefined;
    const again = { ...doc, state: 'pending', attempts: 0, keptUntil: renewedAt + lifetime } as D;
    return (await collection.replace(again, version)) ? { doc: again, version: version + 1 } : undefined;
  };

  const deliver: JobHandlers[string] = async (payload: P, { postpone }) => {
    const found = await recordOf(payload);
    const record = found.doc.state === 'pending' ? found : await takenUp(found, payload);
    if (!record) return;
    const outcome = await attempt(record);
    if (outcome === 'settled') return;
    if ('notBefore' in outcome) return postpone(outcome.notBefore);
    await note(record, outcome.failed);
    postpone(clock.now() + pauseAfter(record.doc.attempts + 1));
  };

  return {
    async put(payload) {
      // The job first: it carries enough to make the record, and a record without a job would never be delivered.
      await enqueue(payload, clock.now());
      await recordOf(payload);
    },
    async send(payload) {
      // Made when there is something to say: the caller's place is what a crash leaves.
      const record = (await collection.get(payload.id)) ?? { doc: newRecord(payload), version: 0 };
      if (record.doc.state !== 'pending') return 'settled';
      if (record.doc.attempts > 0) return 'queued';
      const outcome = await attempt(record);
      if (outcome === 'settled' || 'notBefore' in outcome) return outcome;
      // The job first here too: what was tried is left to its job.
      await enqueue(payload, clock.now() + pauseAfter(1));
      await note(record, outcome.failed);
      return 'queued';
    },
    async renew(payload) {
      const found = await collection.get(payload.id);
      const now = clock.now();
      if (found?.doc.state !== 'given-up' || now < (found.doc.renewedAt ?? 0) + RENEWAL_SECONDS) return false;
      // It stays given up until its job takes it up: a crash before that leaves it to be renewed once more.
      if (!(await collection.replace({ ...found.doc, renewedAt: now }, found.version))) return false;
      await enqueue({ ...payload, renewedAt: now }, now);
      return true;
    },
    get: async (id) => (await collection.get(id))?.doc,
    async list({ after, limit = PAGE, ...query }) {
      const from = after === undefined ? {} : { after };
      const page = await collection.page({ ...query, descending: true, limit, ...from });
      return { items: page.items.map(({ doc }) => doc), ...(page.next ? { next: page.next } : {}) };
    },
    async clear(most) {
      const { items } = await collection.page({ index: 'kept', limit: most });
      const old = items.filter(({ doc }) => doc.keptUntil <= clock.now());
      for (const { doc } of old) await collection.remove(doc.id);
      return old.length;
    },
    jobs: { [kind.job]: deliver },
  };
}
