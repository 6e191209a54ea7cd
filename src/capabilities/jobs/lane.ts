import { guarded, type Log } from '../../foundation/base/index.ts';

/** Where the jobs of one lane are run by this process: so many at once, each of them keeping its place until it has ended. */
export interface LaneRunner {
  /** Looks for what is due; asked while it looks, it looks once more. */
  look(): void;
  /** Starts nothing any more, and resolves when all that runs has ended, or after eight seconds: what is left runs out its lease. */
  stop(): Promise<void>;
}

/** More than one call to a server of others may take, and less than a stop as a whole has. */
const STOP_MS = 8_000;

/** @returns whether the work ended in time; it goes on if not */
async function endsInTime(work: Promise<unknown>): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const timer = setTimeout(
    guarded(reject, () => resolve(false)),
    STOP_MS,
  );
  return Promise.race([promise, work.then(() => true)]).finally(() => clearTimeout(timer));
}

/**
 * @param width how many run at once
 * @param take finds and leases what is due, at most so many, and answers what runs each; fewer than asked for: there is no more
 */
export function createLaneRunner(
  width: number,
  take: (most: number) => Promise<(() => Promise<void>)[]>,
  log: Log,
): LaneRunner {
  const running = new Set<Promise<void>>();
  let isStopped = false;
  let isAsked = false;
  let looking: Promise<void> | undefined;

  const begin = (work: () => Promise<void>) => {
    const run: Promise<void> = work()
      .catch((error: Error) => log.debug({ error: error.message }, 'a job was not settled'))
      .finally(() => {
        running.delete(run);
        look();
      });
    running.add(run);
  };

  const fill = async () => {
    while (isAsked && !isStopped) {
      isAsked = false;
      const free = width - running.size;
      if (free === 0) return;
      const due = await take(free);
      for (const work of due) begin(work);
      if (due.length === free) isAsked = true;
    }
  };

  const look = () => {
    isAsked = true;
    if (isStopped || looking !== undefined) return;
    looking = fill()
      .catch((error: Error) => log.debug({ error: error.message }, 'jobs were not looked at'))
      .finally(() => {
        looking = undefined;
        if (isAsked && running.size < width) look();
      });
  };

  return {
    look,
    stop: async () => {
      isStopped = true;
      const ended = Promise.resolve(looking).then(() => Promise.all(running));
      if (await endsInTime(ended)) return;
      log.warn({ jobs: running.size }, 'stopped before these jobs ended; each runs again after its lease');
    },
  };
}
