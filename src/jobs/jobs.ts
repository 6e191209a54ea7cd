import { type Clock, type Log, newId, type Vault } from '../base/index.ts';
import type { CollectionSpec, Documents, Versioned } from '../stores/index.ts';

export interface NewJob {
  kind: string;
  /** JSON; sealed where it is kept, as a mail may carry a link. */
  payload: object;
  /** Epoch seconds before which it is not run; now unless given. */
  dueAt?: number;
  /** Epoch seconds from which nobody wants it any more; a day after it was due unless given. */
  giveUpAt?: number;
}

/** By kind. A handler that throws is tried again, later each time; one that was cut off by a crash is run again. */
export type JobHandlers = Readonly<Record<string, (payload: never) => Promise<void>>>;

export interface Jobs {
  /** Resolves when the job is kept; it is run by whichever process comes first. */
  enqueue(job: NewJob): Promise<void>;
  /** Runs what is due, here, until told to stop. */
  start(handlers: JobHandlers): () => Promise<void>;
  /** Seals every payload under the first master key. @returns how many were not */
  reseal(): Promise<number>;
}

interface Job {
  id: string;
  kind: string;
  sealed: string;
  /** While it is run: when another process may think that the first one died. */
  dueAt: number;
  giveUpAt: number;
  attempts: number;
}

const SPEC: CollectionSpec = { name: 'jobs', indexes: { due: { fields: ['dueAt'] } } };
const LOOK_MS = 1_000;
const LEASE_SECONDS = 60;
const BATCH = 20;
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
  let nudge = () => {};

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
      await handle(JSON.parse(vault.open(sealed, `job:${id}`)) as never);
      await collection.remove(id);
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

  /** @returns whether there may be more */
  const runDue = async (handlers: JobHandlers): Promise<boolean> => {
    const { items } = await collection.page({ index: 'due', limit: BATCH });
    const due = items.filter(({ doc }) => doc.dueAt <= clock.now());
    for (const found of due) {
      const leased = await lease(found);
      if (!leased) continue;
      if (clock.now() >= leased.doc.giveUpAt) await collection.remove(leased.doc.id);
      else await run(leased, handlers);
    }
    return due.length === BATCH;
  };

  return {
    async enqueue({ kind, payload, dueAt = clock.now(), giveUpAt = dueAt + DAY }) {
      const id = newId();
      const sealed = vault.seal(JSON.stringify(payload), `job:${id}`);
      await collection.insert({ id, kind, sealed, dueAt, giveUpAt, attempts: 0 });
      nudge();
    },
    start(handlers) {
      let isStopped = false;
      let isAsked = false;
      let isRunning = false;
      let running: Promise<void> = Promise.resolve();
      const work = async () => {
        do {
          isAsked = false;
          while (!isStopped && (await runDue(handlers)));
        } while (isAsked && !isStopped);
      };
      const look = () => {
        isAsked = true;
        if (isStopped || isRunning) return;
        isRunning = true;
        running = work()
          .catch((error: Error) => log.debug({ error: error.message }, 'jobs were not looked at'))
          .finally(() => {
            isRunning = false;
          });
      };
      nudge = look;
      const timer = setInterval(look, LOOK_MS);
      timer.unref();
      return async () => {
        isStopped = true;
        clearInterval(timer);
        await running;
      };
    },
    async reseal() {
      let resealed = 0;
      let after: string | undefined;
      do {
        const page = await collection.page({ index: 'due', limit: 500, ...(after ? { after } : {}) });
        for (const { doc, version } of page.items) {
          if (vault.isCurrent(doc.sealed)) continue;
          const context = `job:${doc.id}`;
          const sealed = vault.seal(vault.open(doc.sealed, context), context);
          if (await collection.replace({ ...doc, sealed }, version)) resealed += 1;
        }
        after = page.next;
      } while (after);
      return resealed;
    },
  };
}
