import { type Clock, dayOf, type Log } from '../../foundation/base/index.ts';
import {
  type CollectionSpec,
  createTally,
  type Documents,
  type Tally,
} from '../../foundation/stores/index.ts';
import type { ApiToken } from './tokens.ts';

export type UsageKind = 'logins' | 'failures' | 'validations';
export type Usage = Record<UsageKind, number>;

/** How much a token was used on a day (UTC). */
export interface ApiUsage extends Usage {
  id: string;
  tenantId: string;
  tokenId: string;
  /** As `2026-01-31`. */
  day: string;
}

export interface UsageCounter extends Pick<Tally<ApiUsage>, 'flush' | 'start'> {
  /** Counts one; written with others in a moment. */
  count(token: Pick<ApiToken, 'tokenId' | 'tenantId'>, kind: UsageKind): void;
  /** Days of a token, the newest first. */
  days(tokenId: string, most: number): Promise<ApiUsage[]>;
}

const SPEC: CollectionSpec = {
  name: 'apiUsage',
  indexes: { token: { fields: ['tokenId', 'day'] } },
};
const NOTHING: Usage = { logins: 0, failures: 0, validations: 0 };

function sum(stored: ApiUsage, more: ApiUsage): ApiUsage {
  return {
    ...stored,
    logins: stored.logins + more.logins,
    failures: stored.failures + more.failures,
    validations: stored.validations + more.validations,
  };
}

/** Counts use by token and day (API-8). */
export function createUsage(parts: { documents: Documents; clock: Clock; log: Log }): UsageCounter {
  const { documents, clock, log } = parts;
  const collection = documents.collection<ApiUsage>(SPEC);
  const late = 'use of API tokens was not written yet';
  const { add, flush, start } = createTally({ collection, sum, log, late });
  return {
    flush,
    start,
    count({ tokenId, tenantId }, kind) {
      const day = dayOf(clock.now());
      add({ id: `${tokenId}:${day}`, tenantId, tokenId, day, ...NOTHING, [kind]: 1 });
    },
    async days(tokenId, most) {
      const page = await collection.page({
        index: 'token',
        equals: [tokenId],
        descending: true,
        limit: most,
      });
      return page.items.map(({ doc }) => doc);
    },
  };
}
