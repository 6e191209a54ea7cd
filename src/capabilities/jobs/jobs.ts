import { type Clock, guarded, type Log, newId, type Vault } from '../../foundation/base/index.ts';
import {
  type CollectionSpec,
  type Documents,
  eachPage,
  type Versioned,
} from '../../foundation/stores/index.ts';
import { createLaneRunner } from './lane.ts';

/** Jobs of one lane never wait for those of another. `outside` asks servers that others run, which may be slow. */
export type Lane = 'inside' | 'outside';

export interface NewJob {
  kind: string;
  /** `inside` unless given. */
  lane?: Lane;
  /** JSON; sealed where it is kept, as a mail may carry a link. */
  payload: object;
  /** Epoch seconds before which it is not run; now unless given. */
  dueAt?: number;
  /** Epoch seconds from which no one wants it any more; a day after it was due unless given. */
  giveUpAt?: number;
}

/** One run of a job. */
export interface JobRun {
  /** Runs it again from this epoch second on, without counting this as a failure. */
  postpone(until: number): void;
  /** Ends it as failed, for good: another try would fail alike. */
  giveUp(why: string): void;
}

/** By kind. A handler that throws is tried again, later each time; one that was cut off by a crash is run again. */
export type JobHandlers = Readonly<Record<string, (payload: never, run: JobRun) => Promise<void>>>;

export interface Jobs {
  /** Resolves when the job is kept; it is run by whichever process comes first. @returns its id */
  enqueue(job: NewJob): Promise<string>;
  /** Takes a job back that need not be run any more. */
  withdraw(id: string): Promise<void>;
  /** Runs what is due, here, until told to stop. */
  start(handlers: JobHandlers): () => Promise<void>;
  /** Seals every payload under the first master key. @returns how many were not */
  reseal(): Promise<number>;
}

interface Job {
  id: string;
  kind: string;
  lane: Lane;
  sealed: string;
  /** While it is run: when another process may think that the first one died. */
  dueAt: number;
  giveUpAt: number;
  attempts: number;
}

const SPEC: CollectionSpec = { name: 'jobs', indexes: { lane: { fields: ['lane', 'dueAt'] } } };
const LOOK_MS = 1_000;
const LEASE_SECONDS = 60;
/** How many jobs of a lane one process runs at once. */
const WIDTH: Readonly<Record<Lane, number>> = { inside: 4, outside: 16 };
const DAY = 86_400;
const FIRST_PAUSE_SECONDS = 5;
const LONGEST_PAUSE_SECONDS = 3_600;

/** 5, 10, 20 … seconds, at most an hour. */
function pauseAfter(attempts: number): number {
  return Math.min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (attempts - 1));
}

export function createJobs(parts: { documents: Documents; vault: Vault; clock: Clock; log: Log }): Jobs {
  const { documents, vault, clock, log } = parts;
  const collection = documents.collection<Job>(SPEC);
  const nudges = new Map<Lane, () => void>();

  /** Of several processes that see a due job, the one whose replace wins runs it. */
  const lease = async ({ doc, version }: Versioned<Job>): Promise<Versioned<Job> | undefined> => {
    const leased = { ...doc, dueAt: clock.now() + LEASE_SECONDS, attempts: doc.attempts + 1 };
    return (await collection.replace(leased, version)) ? { doc: leased, version: version + 1 } : undefined;
  };

  const run = async (job: Versioned<Job>, handlers: JobHandlers) => {
    const { id, kind, sealed, attempts, giveUpAt } = job.doc;
    const handle = handlers[kind];
    try {
      if (!handle) throw new Error('no handler');
      let postponed: number | undefined;
      await handle(JSON.parse(vault.open(sealed, `job:${id}`)) as never, {
        postpone: (until) => {
          postponed = until;
        },
        giveUp: (why) => log.warn({ job: id, kind, attempts, error: why, givenUp: true }, 'a job failed'),
      });
      if (postponed === undefined) await collection.remove(id);
      else await collection.replace({ ...job.doc, dueAt: postponed, attempts: attempts - 1 }, job.version);
    } catch (error) {
      const dueAt = clock.now() + pauseAfter(attempts);
      const isHopeless = dueAt >= giveUpAt;
      log.warn(
        { job: id, kind, attempts, error: (error as Error).message, givenUp: isHopeless },
        'a job failed',
      );
      if (isHopeless) await collection.remove(id);
      else await collection.replace({ ...job.doc, dueAt }, job.version);
    }
  };

  const runLeased = async (job: Versioned<Job>, handlers: JobHandlers) => {
    if (clock.now() >= job.doc.giveUpAt) await collection.remove(job.doc.id);
    else await run(job, handlers);
  };

  /** Leases what is due. @returns what runs each; nothing is run of one that another process was quicker to lease */
  const take = async (lane: Lane, handlers: JobHandlers, most: number) => {
    const { items } = await collection.page({ index: 'lane', equals: [lane], limit: most });
    const leases: (Versioned<Job> | undefined)[] = [];
    for (const found of items) if (found.doc.dueAt <= clock.now()) leases.push(await lease(found));
    return leases.map((leased) => async () => {
      if (leased) await runLeased(leased, handlers);
    });
  };

  return {
    async enqueue({ kind, payload, lane = 'inside', dueAt = clock.now(), giveUpAt = dueAt + DAY }) {
      const id = newId();
      const sealed = vault.seal(JSON.stringify(payload), `job:${id}`);
      await collection.insert({ id, kind, lane, sealed, dueAt, giveUpAt, attempts: 0 });
      nudges.get(lane)?.();
      return id;
    },
    async withdraw(id) {
      await collection.remove(id);
    },
    start(handlers) {
      const lanes = (Object.keys(WIDTH) as Lane[]).map((lane) => {
        const runner = createLaneRunner(WIDTH[lane], (most) => take(lane, handlers, most), log);
        nudges.set(lane, runner.look);
        return runner;
      });
      const timer = setInterval(
        guarded(
          (error) => log.warn({ error: error.message }, 'jobs were not looked at'),
          () => {
            for (const { look } of lanes) look();
          },
        ),
        LOOK_MS,
      );
      timer.unref();
      return async () => {
        clearInterval(timer);
        await Promise.all(lanes.map(({ stop }) => stop()));
      };
    },
    async reseal() {
      let resealed = 0;
      for await (const page of eachPage((from) => collection.page({ index: 'lane', limit: 500, ...from })))
        for (const { doc, version } of page) {
          if (vault.isCurrent(doc.sealed)) continue;
          const context = `job:${doc.id}`;
          const sealed = vault.seal(vault.open(doc.sealed, context), context);
          if (await collection.replace({ ...doc, sealed }, version)) resealed += 1;
        }
      return resealed;
    },
  };
}

/** Up to the fourth format there was one lane, and another index. */
export const giveJobsLanes = async ({ documents }: { documents: Documents }): Promise<void> => {
  const former = documents.collection<Job>({ name: SPEC.name, indexes: { due: { fields: ['dueAt'] } } });
  // Written through what is declared now: a server's index knows only what was written for it.
  const collection = documents.collection<Job>(SPEC);
  for await (const page of eachPage((from) => former.page({ index: 'due', limit: 500, ...from })))
    for (const { doc, version } of page)
      if (doc.lane === undefined) await collection.replace({ ...doc, lane: 'inside' }, version);
};
