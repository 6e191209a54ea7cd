import { guarded, type Log } from '../base/index.ts';
import { changeUntilWon } from './change-until-won.ts';
import type { Collection, Document } from './documents/port.ts';

/** Counts that are kept in documents, and written together with others in a moment. */
export interface Tally<T> {
  /** Adds these counts to those of the document with the same id. */
  add(counts: T): void;
  /** Writes what was added since; nothing is lost where it fails. */
  flush(): Promise<void>;
  /** Writes now and then until told to stop. */
  start(): () => Promise<void>;
}

const FLUSH_MS = 2_000;

/**
 * Counts in batches, in any number of processes: a clean stop loses nothing, a crash at most the last two seconds.
 * @param sum the first with the counts of the second added
 * @param late what the log says where the store cannot be written at the moment
 */
export function createTally<T extends Document>({
  collection,
  sum,
  log,
  late,
}: {
  collection: Pick<Collection<T>, 'get' | 'insert' | 'replace'>;
  sum(stored: T, more: T): T;
  log: Log;
  late: string;
}): Tally<T> {
  let counted = new Map<string, T>();

  const add = (more: T) => {
    const before = counted.get(more.id);
    counted.set(more.id, before ? sum(before, more) : more);
  };

  const flush = async () => {
    const batch = [...counted.values()];
    counted = new Map();
    for (const [at, more] of batch.entries()) {
      try {
        await changeUntilWon(collection, more.id, (stored): T => (stored ? sum(stored, more) : more));
      } catch (error) {
        for (const left of batch.slice(at)) add(left);
        throw error;
      }
    }
  };

  return {
    add,
    flush,
    start() {
      let writing: Promise<void> = Promise.resolve();
      const failed = (error: Error) => log.warn({ error: error.message }, late);
      const write = () => {
        writing = writing.then(flush).catch(failed);
      };
      const timer = setInterval(guarded(failed, write), FLUSH_MS);
      timer.unref();
      return async () => {
        clearInterval(timer);
        write();
        await writing;
      };
    },
  };
}
