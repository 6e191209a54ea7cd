import type { Clock } from '../base/index.ts';

const KIND = 'Said';
const KEPT_SECONDS = 300;

/** What of the ephemeral port this needs. */
interface Store {
  put(kind: string, id: string, record: { value: string; expiresAt: number }, now: number): Promise<unknown>;
  get(kind: string, id: string, now: number): Promise<{ value: string } | undefined>;
  remove(kind: string, id: string): Promise<void>;
}

/** What the next page says first: a wrong entry is answered with a redirect, so that a reload repeats nothing. */
export interface Said<T> {
  keep(id: string, said: T): Promise<void>;
  /** Said once. */
  take(id: string): Promise<T | undefined>;
}

export function createSaid<T>({ ephemeral, clock }: { ephemeral: Store; clock: Clock }): Said<T> {
  return {
    async keep(id, said) {
      const now = clock.now();
      await ephemeral.put(KIND, id, { value: JSON.stringify(said), expiresAt: now + KEPT_SECONDS }, now);
    },
    async take(id) {
      const record = await ephemeral.get(KIND, id, clock.now());
      if (!record) return undefined;
      await ephemeral.remove(KIND, id);
      return JSON.parse(record.value) as T;
    },
  };
}
