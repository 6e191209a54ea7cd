import type { Clock } from '../../foundation/base/index.ts';
import { type CollectionSpec, changeUntilWon, type Documents } from '../../foundation/stores/index.ts';
import type { Account } from './account.ts';

/** Whom a name or an e-mail address means, where e-mail identifies: one namespace for both (ACC-3). */
interface Identifier {
  id: string;
  accountId: string;
  /** Epoch seconds. */
  at: number;
}

export interface Identifiers {
  /** Takes every key for the account, or none. @returns the key that another account has, or undefined */
  claim(account: Account): Promise<string | undefined>;
  release(account: Account): Promise<void>;
}

const SPEC: CollectionSpec = { name: 'identifiers', indexes: {} };
/** As long as an account may be being made: an older claim without an account is what a crash left. */
const BEING_MADE_SECONDS = 60;

function keysOf({ tenantId, population, nameKey, emailKey }: Account): { id: string; key: string }[] {
  const keys = emailKey === '' || emailKey === nameKey ? [nameKey] : [nameKey, emailKey];
  return keys.map((key) => ({ key, id: `${tenantId}/${population}/${key}` }));
}

export function createIdentifiers(parts: {
  documents: Documents;
  clock: Clock;
  read(accountId: string): Promise<Account | undefined>;
}): Identifiers {
  const { documents, clock, read } = parts;
  const collection = documents.collection<Identifier>(SPEC);

  const isLive = async ({ accountId, at }: Identifier, key: string) => {
    const holder = await read(accountId);
    if (!holder) return clock.now() < at + BEING_MADE_SECONDS;
    return holder.nameKey === key || holder.emailKey === key;
  };

  /** @returns whether the account has the key now */
  const take = async (id: string, key: string, accountId: string): Promise<boolean> => {
    const identifier = { id, accountId, at: clock.now() };
    const { doc } = await changeUntilWon(collection, id, async (stored) =>
      stored && (stored.accountId === accountId || (await isLive(stored, key))) ? stored : identifier,
    );
    return doc.accountId === accountId;
  };

  const release = async (account: Account) => {
    for (const { id } of keysOf(account)) {
      const stored = await collection.get(id);
      if (stored?.doc.accountId === account.id) await collection.remove(id);
    }
  };

  return {
    release,
    async claim(account) {
      for (const { id, key } of keysOf(account)) {
        if (await take(id, key, account.id)) continue;
        return key;
      }
      return undefined;
    },
  };
}
