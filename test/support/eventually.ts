import { setTimeout as pause } from 'node:timers/promises';
import { HANG_MS } from './pace.ts';

/** Lets others use the processor between two askings. */
const BETWEEN_MS = 5;

/**
 * Asks again and again until the answer is the wanted one. For what another process or timer does by itself. How soon that is
 * says nothing of the product: a busy machine takes longer.
 * @throws when it hangs, with the last answer
 */
export async function eventually<T>(ask: () => Promise<T> | T, isWanted: (answer: T) => boolean): Promise<T> {
  const until = performance.now() + HANG_MS;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (performance.now() > until) throw new Error(`it hangs; the last answer: ${JSON.stringify(answer)}`);
    await pause(BETWEEN_MS);
  }
}
