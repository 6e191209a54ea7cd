import { setImmediate as breathe } from 'node:timers/promises';
import { type Clock, isSallyportError, type Log, newId, type Vault } from '../../foundation/base/index.ts';
import type { Documents } from '../../foundation/stores/index.ts';
import type { JobHandlers, JobRun, Jobs } from '../jobs/index.ts';
import {
  createRecords,
  hasEnded,
  KEPT_SECONDS,
  type NewRecord,
  type Outcome,
  type Records,
  type StoredOperation,
} from './records.ts';

/** What someone asked for. */
export interface Asked extends Omit<NewRecord, 'id'> {
  /** JSON with everything that a run needs. Sealed where it is kept, and gone with the last run. */
  request: object;
}

/** @throws where the run must stop: it was cancelled, or another process has taken it over */
export type Progress = (count: number) => Promise<void>;

export interface LongOperations
  extends Pick<Records, 'byId' | 'list' | 'outcomeOf' | 'cancel' | 'clear' | 'reseal'> {
  /** Resolves when the operation is sure to be run, by whichever process comes first. @returns its id */
  ask(asked: Asked): Promise<string>;
  /** What the queue runs. `work` is called again after a crash, and must bear it. */
  jobs(work: (asked: Asked, progress: Progress) => Promise<Outcome>): JobHandlers;
}

type Payload = Asked & { id: string };

/** Why a run ends at a step. */
class Stopped extends Error {}

const JOB = 'long-operation';

/** Steps are written at most once a second. */
function stepsOf(records: Records, run: StoredOperation, clock: Clock): Progress {
  let writtenAt = clock.now();
  return async (count) => {
    // An embedded store answers at once: without this, all other work of the process would wait for the end.
    await breathe();
    if (clock.now() <= writtenAt) return;
    writtenAt = clock.now();
    if (!(await records.step(run, count))) throw new Stopped('cancelled, or taken over by another process');
  };
}

export function createLongOperations(parts: {
  documents: Documents;
  jobs: Pick<Jobs, 'enqueue'>;
  vault: Vault;
  clock: Clock;
  log: Log;
}): LongOperations {
  const { jobs, clock, log } = parts;
  const records = createRecords(parts);

  const carryOut = async (
    claimed: StoredOperation,
    work: (progress: Progress) => Promise<Outcome>,
  ): Promise<void> => {
    const { id, operation } = claimed;
    try {
      const outcome = await work(stepsOf(records, claimed, clock));
      await records.end(claimed, 'refused' in outcome ? 'refused' : 'done', outcome);
    } catch (error) {
      // The queue tries again.
      if (isSallyportError(error) && error.code === 'store_unavailable') throw error;
      if (error instanceof Stopped) return records.end(claimed, 'cancelled');
      log.error({ id, operation, error: (error as Error).message }, 'a long operation failed');
      await records.end(claimed, 'failed');
    }
  };

  return {
    byId: records.byId,
    list: records.list,
    outcomeOf: records.outcomeOf,
    cancel: records.cancel,
    clear: records.clear,
    reseal: records.reseal,
    async ask(asked) {
      const payload: Payload = { id: newId(), ...asked };
      // The job first: it carries enough to make the record, and a record without a job would never be run.
      await jobs.enqueue({ kind: JOB, payload, giveUpAt: asked.askedAt + KEPT_SECONDS });
      await records.make(payload);
      return payload.id;
    },
    jobs: (work) => ({
      [JOB]: async (payload: Payload, { postpone }: JobRun) => {
        // Where a crash came between the job and the record.
        if (!(await records.byId(payload.id))) await records.make(payload);
        const claimed = await records.claim(payload.id);
        if (claimed) return carryOut(claimed, (progress) => work(payload, progress));
        const current = await records.byId(payload.id);
        if (current && !hasEnded(current)) postpone(Math.max(current.claimedUntil, clock.now() + 1));
      },
    }),
  };
}
