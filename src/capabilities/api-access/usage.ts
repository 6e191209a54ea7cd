import { type Clock, guarded, type Log, rfc3339 } from '../../foundation/base/index.ts';
import { type CollectionSpec, changeUntilWon, type Documents } from '../../foundation/stores/index.ts';
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

export interface UsageCounter {
  /** Counts one; written with others in a moment. */
  count(token: Pick<ApiToken, 'tokenId' | 'tenantId'>, kind: UsageKind): void;
  /** Writes what was counted since; nothing is lost where it fails. */
  flush(): Promise<void>;
  /** Days of a token, the newest first. */
  days(tokenId: string, most: number): Promise<ApiUsage[]>;
  /** Writes now and then until told to stop. */
  start(): () => Promise<void>;
}

const SPEC: CollectionSpec = {
  name: 'apiUsage',
  indexes: { token: { fields: ['tokenId', 'day'] } },
};
const FLUSH_MS = 2_000;
const NOTHING: Usage = { logins: 0, failures: 0, validations: 0 };
const DAY_LENGTH = 'yyyy-mm-dd'.length;

function sum(a: Usage, b: Usage): Usage {
  return {
    logins: a.logins + b.logins,
    failures: a.failures + b.failures,
    validations: a.validations + b.validations,
  };
}

/** Counts use by token and day, in batches (API-8): a clean stop loses nothing, a crash at most the last two seconds. */
export function createUsage(parts: { documents: Documents; clock: Clock; log: Log }): UsageCounter {
  const { documents, clock, log } = parts;
  const collection = documents.collection<ApiUsage>(SPEC);
  let counted = new Map<string, ApiUsage>();

  const add = async (more: ApiUsage) => {
    await changeUntilWon(collection, more.id, (stored) =>
      stored ? { ...stored, ...sum(stored, more) } : more,
    );
  };

  const keep = (usage: ApiUsage) => {
    const before = counted.get(usage.id);
    counted.set(usage.id, before ? { ...usage, ...sum(before, usage) } : usage);
  };

  const flush = async () => {
    const batch = [...counted.values()];
    counted = new Map();
    for (const [at, usage] of batch.entries()) {
      try {
        await add(usage);
      } catch (error) {
        for (const left of batch.slice(at)) keep(left);
        throw error;
      }
    }
  };

  return {
    count({ tokenId, tenantId }, kind) {
      const day = rfc3339(clock.now()).slice(0, DAY_LENGTH);
      keep({ id: `${tokenId}:${day}`, tenantId, tokenId, day, ...NOTHING, [kind]: 1 });
    },
    flush,
    async days(tokenId, most) {
      const page = await collection.page({
        index: 'token',
        equals: [tokenId],
        descending: true,
        limit: most,
      });
      return page.items.map(({ doc }) => doc);
    },
    start() {
      let writing: Promise<void> = Promise.resolve();
      const failed = (error: Error) =>
        log.warn({ error: error.message }, 'use of API tokens was not written yet');
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
