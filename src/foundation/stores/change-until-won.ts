import type { Collection, Document } from './documents/port.ts';

/** What came of a change: the document as it is now, and whether this call changed it. */
export interface Changed<T> {
  doc: T;
  changed: boolean;
}

/**
 * Changes one document by compare-and-set: reads it, decides, and writes; where another writer was first, it reads and decides
 * again (P1).
 * @param decide answers the next document, and is asked once for each race that was lost: what it does must bear that. It gets
 * undefined where there is no document, and what it answers is then inserted. The same object, or undefined, leaves all as it is
 */
export async function changeUntilWon<T extends Document, N extends T | undefined>(
  collection: Pick<Collection<T>, 'get' | 'insert' | 'replace'>,
  id: string,
  decide: (current: T | undefined) => N | Promise<N>,
): Promise<Changed<N>> {
  for (;;) {
    const stored = await collection.get(id);
    const next = await decide(stored?.doc);
    // What is left as it is has the type of an answer: one that never answers undefined answered the document itself.
    if (next === undefined || next === stored?.doc) return { doc: stored?.doc as N, changed: false };
    const won = stored
      ? await collection.replace(next, stored.version)
      : (await collection.insert(next)).inserted;
    if (won) return { doc: next, changed: true };
  }
}
