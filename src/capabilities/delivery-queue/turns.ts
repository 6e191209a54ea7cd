/** Whether a receiver may be asked now. */
export type Turn = { end(isGood: boolean, now: number): void } | { until: number };

export interface Turns {
  take(receiver: string, now: number): Turn;
}

/** What one process knows of a receiver that it asks. */
interface Manner {
  open: number;
  /** Bad answers in a row. */
  failures: number;
  restsUntil: number;
}

/** So many requests at once to one receiver: a slow one holds these places, and no other's. */
const AT_ONCE = 4;
const FULL_SECONDS = 1;
const FIRST_REST_SECONDS = 5;
const LONGEST_REST_SECONDS = 300;

/**
 * Takes turns at asking receivers: each gets few requests at once, and one that fails is not asked for a while,
 * longer each time, so that a thousand deliveries to a dead address cost one request and not a thousand.
 */
export function createTurns(): Turns {
  const manners = new Map<string, Manner>();
  return {
    take(receiver, now) {
      const manner = manners.get(receiver) ?? { open: 0, failures: 0, restsUntil: 0 };
      manners.set(receiver, manner);
      if (now < manner.restsUntil) return { until: manner.restsUntil };
      const most = manner.failures > 0 ? 1 : AT_ONCE;
      if (manner.open >= most) return { until: now + FULL_SECONDS };
      manner.open += 1;
      return {
        end(isGood, at) {
          manner.open -= 1;
          manner.failures = isGood ? 0 : manner.failures + 1;
          const rest = Math.min(LONGEST_REST_SECONDS, FIRST_REST_SECONDS * 2 ** (manner.failures - 1));
          manner.restsUntil = isGood ? 0 : at + rest;
          if (isGood && manner.open === 0) manners.delete(receiver);
        },
      };
    },
  };
}
