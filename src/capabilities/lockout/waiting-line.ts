import { setTimeout as pause } from 'node:timers/promises';
import { randomBelow, SallyportError } from '../../foundation/base/index.ts';
import type { Reservation } from '../../foundation/stores/index.ts';

const MAX_WAITING = 256;

type Settled = Exclude<Reservation, { outcome: 'busy' }>;

/** Those of this process who wait for a slot: one after another for each counter, so that of many one asks the store. */
/** @param patienceSeconds how long one attempt waits for its turn */
export function createWaitingLine(patienceSeconds: number) {
  let waiting = 0;
  const lines = new Map<string, Promise<void>>();

  const inLine = async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    if (waiting >= MAX_WAITING) throw new SallyportError('busy', 'too many attempts wait');
    const before = lines.get(key) ?? Promise.resolve();
    const turn = Promise.withResolvers<void>();
    const end = before.then(() => turn.promise);
    lines.set(key, end);
    waiting += 1;
    try {
      await before;
      return await work();
    } finally {
      waiting -= 1;
      turn.resolve();
      if (lines.get(key) === end) lines.delete(key);
    }
  };

  return {
    /**
     * Asks for a slot until the answer is not `busy`.
     * @throws SallyportError `busy` when it waited too long
     */
    async patiently(key: string, reserve: () => Promise<Reservation>): Promise<Settled> {
      const startedAt = performance.now();
      // No one overtakes those who wait.
      const first = lines.has(key) ? undefined : await reserve();
      if (first && first.outcome !== 'busy') return first;
      return inLine(key, async () => {
        let abandoned = first?.abandoned ?? 0;
        for (;;) {
          // Before the store is asked: where it is slow, those who waited too long end together, not one after another.
          if (performance.now() - startedAt > patienceSeconds * 1_000)
            throw new SallyportError('busy', 'attempts on one account');
          const next = await reserve();
          abandoned += next.abandoned;
          if (next.outcome !== 'busy') return { ...next, abandoned };
          await pause(2 + randomBelow(6));
        }
      });
    },
  };
}
