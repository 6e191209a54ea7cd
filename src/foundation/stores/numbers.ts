import type { CollectionSpec, Documents } from './documents/port.ts';

interface Counter {
  id: string;
  last: number;
}

const SPEC: CollectionSpec = { name: 'counters', indexes: {} };

/** Takes the next number of a kind, from 1; a crash afterwards leaves a gap, never a number used twice. */
export type NextNumber = (kind: 'account' | 'tenant') => Promise<number>;

export function createNumbers(documents: Documents): NextNumber {
  const counters = documents.collection<Counter>(SPEC);
  return async (kind) => {
    for (;;) {
      const current = await counters.get(kind);
      if (!current) {
        if ((await counters.insert({ id: kind, last: 1 })).inserted) return 1;
      } else if (await counters.replace({ id: kind, last: current.doc.last + 1 }, current.version)) {
        return current.doc.last + 1;
      }
    }
  };
}
