import type { CollectionSpec } from '../../src/foundation/stores/index.ts';

/** The collection of the documents contract, without jest, for the racing processes. */
export const THINGS_FOR_RACE: CollectionSpec = {
  name: 'things',
  indexes: { name: { fields: ['tenant', 'name.key'], unique: true }, size: { fields: ['tenant', 'size'] } },
};
