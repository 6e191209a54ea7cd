import type { Clock } from '../base/index.ts';

const KIND = 'Flash';
const KEPT_SECONDS = 300;

/** What of the ephemeral port this needs. */
interface Store {
  put(kind: string, id: string, record: { value: string; expiresAt: number }, now: number): Promise<unknown>;
  get(kind: string, id: string, now: number): Promise<{ value: string } | undefined>;
  remove(kind: string, id: string): Promise<void>;
}

/** What the next page says first: a wrong entry is answered with a redirect, so that a reload repeats nothing. */
export interface Flash<T> {
  keep(id: string, shown: T): Promise<void>;
  /** Shown once. */
  take(id: string): Promise<T | undefined>;
}

export function createFlash<T>({ ephemeral, clock }: { ephemeral: Store; clock: Clock }): Flash<T> {
  return {
    async keep(id, shown) {
      const now = clock.now();
      await ephemeral.put(KIND, id, { value: JSON.stringify(shown), expiresAt: now + KEPT_SECONDS }, now);
    },
    async take(id) {
      const record = await ephemeral.get(KIND, id, clock.now());
      if (!record) return undefined;
      await ephemeral.remove(KIND, id);
      return JSON.parse(record.value) as T;
    },
  };
}
