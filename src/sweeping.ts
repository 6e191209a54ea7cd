// Lets applications know of sessions that expired, and deletes what has; every read checks the expiry itself.
import { setImmediate as breathe } from 'node:timers/promises';
import type { Core } from './core/index.ts';
import { guarded, type Log } from './foundation/base/index.ts';

const SWEEP_MS = 30_000;
/** One transaction of SQLite holds the thread for so many rows, a few milliseconds; between two of them others have their turn. */
const BATCH = 100;

export interface Sweeping {
  /** Sweeps until nothing is left that expired. One at a time: a second call waits for the first one's end. */
  sweep(): Promise<void>;
  /** Begins no further batch, and resolves when the running one has ended. */
  stop(): Promise<void>;
}

/**
 * Sweeps every thirty seconds, each time as long as a batch is full: strangers leave rows faster than a fixed number of them is
 * deleted (5,000 sign-ins that were begun and left are 10,000 rows).
 */
export function startSweeping(
  {
    ephemeral,
    clock,
    sessions,
    deliveryQueue,
    longOperations,
  }: Pick<Core, 'ephemeral' | 'clock' | 'sessions' | 'deliveryQueue' | 'longOperations'>,
  log: Log,
): Sweeping {
  let isStopped = false;
  let running: Promise<void> | undefined;

  const whileFull = async (batch: () => Promise<number>) => {
    while (!isStopped && (await batch()) >= BATCH) await breathe();
  };
  const sweepAll = async () => {
    while (!isStopped && (await sessions.endExpired())) await breathe();
    await whileFull(() => deliveryQueue.clear(BATCH));
    await whileFull(() => longOperations.clear(BATCH));
    await whileFull(() => ephemeral.sweep(clock.now(), BATCH));
  };
  const sweep = () => {
    running ??= sweepAll().finally(() => {
      running = undefined;
    });
    return running;
  };
  const failed = (error: Error) => log.warn({ error: error.message }, 'the sweep failed');
  const timer = setInterval(guarded(failed, sweep), SWEEP_MS);
  timer.unref();
  return {
    sweep,
    stop: async () => {
      isStopped = true;
      clearInterval(timer);
      await running?.catch(() => {});
    },
  };
}
