import { setTimeout as pause } from 'node:timers/promises';

/** How a busy store is waited for. */
export interface Patience {
  limitMs: number;
  /** How long an opening may hold the thread; the rest of the limit is waited beside other work. */
  openMs?: number;
  /** Milliseconds from any beginning that never go back. */
  now(): number;
  pause(ms: number): Promise<void>;
}

export function patienceFor(limitMs: number): Patience {
  return {
    limitMs,
    now: () => performance.now(),
    pause: async (ms) => {
      await pause(ms);
    },
  };
}
