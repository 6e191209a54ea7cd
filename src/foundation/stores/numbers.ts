import { changeUntilWon } from './change-until-won.ts';
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
    const { doc } = await changeUntilWon(counters, kind, (current) => ({
      id: kind,
      last: (current?.last ?? 0) + 1,
    }));
    return doc.last;
  };
}
