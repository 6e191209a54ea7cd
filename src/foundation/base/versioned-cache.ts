import type { Clock } from './clock.ts';

/** Values that another process may change: kept while a version that every process can read stays the same. */
export interface VersionedCache<T> {
  /** The value under a key; loaded, and kept unless it is undefined: strangers cannot fill the cache with what is not there. */
  get(key: string, load: () => Promise<T | undefined>): Promise<T | undefined>;
  /** Forgets everything here and tells the other processes. */
  touch(): Promise<void>;
}

/** Covers a change whose touch a crash lost (F19). */
const KEPT_SECONDS = 5;
const MAX_KEYS = 2_000;

/**
 * @param version the text that changes with every touch, as it was a moment ago at most
 * @param touch changes it
 */
export function createVersionedCache<T>(parts: {
  clock: Clock;
  version: () => Promise<string>;
  touch: () => Promise<void>;
}): VersionedCache<T> {
  const { clock, version, touch } = parts;
  let known = { version: '', until: 0, values: new Map<string, T>() };

  const current = async () => {
    const newest = await version();
    if (newest !== known.version || clock.now() >= known.until || known.values.size > MAX_KEYS) {
      known = { version: newest, until: clock.now() + KEPT_SECONDS, values: new Map() };
    }
    return known.values;
  };

  return {
    async get(key, load) {
      const values = await current();
      const hit = values.get(key);
      if (hit !== undefined) return hit;
      const value = await load();
      // Into the map that was current before the load: what was read before a change never outlives it.
      if (value !== undefined) values.set(key, value);
      return value;
    },
    async touch() {
      await touch();
      known.until = 0;
    },
  };
}
