import type { JobHandlers } from '../jobs/index.ts';
import type { Delivery, DeliveryKind, Payload } from './kind.ts';
import { createDeliveries, type Deliveries, type QueueParts } from './of-kind.ts';
import { createTurns } from './turns.ts';

export interface DeliveryQueue {
  /** Adds a kind; once each. */
  of<D extends Delivery, P extends Payload>(kind: DeliveryKind<D, P>): Deliveries<D, P>;
  /** Deletes what was settled long ago, at most so many of each kind. @returns how many of the kind that has most */
  clear(most: number): Promise<number>;
  /** What runs the deliveries of every kind. */
  readonly jobs: JobHandlers;
}

/** Durable, at least once, and in the way of no caller: a receiver that does not answer holds up no other receiver, of any kind. */
export function createDeliveryQueue(parts: QueueParts): DeliveryQueue {
  const turns = createTurns();
  const kinds: Pick<Deliveries<Delivery, never>, 'clear' | 'jobs'>[] = [];
  return {
    of(kind) {
      const deliveries = createDeliveries(kind, { ...parts, turns });
      kinds.push(deliveries);
      return deliveries;
    },
    async clear(most) {
      let cleared = 0;
      for (const one of kinds) cleared = Math.max(cleared, await one.clear(most));
      return cleared;
    },
    get jobs() {
      return Object.assign({}, ...kinds.map(({ jobs }) => jobs)) as JobHandlers;
    },
  };
}
