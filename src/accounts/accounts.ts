import { type Clock, newId } from '../base/index.ts';
import type { CollectionSpec, Documents, Versioned } from '../stores/index.ts';
import type { Account, PasswordRecord, Population, Role } from './account.ts';
import { foldName, nameProblem } from './names.ts';

export interface NewAccount {
  tenantId: string;
  population: Population;
  userName: string;
  email?: string | undefined;
  role?: Role | undefined;
  password: PasswordRecord | null;
}

export interface Accounts {
  /** @returns the account, or a sentence that says why not */
  create(input: NewAccount): Promise<Account | { refused: string }>;
  byId(id: string): Promise<Versioned<Account> | undefined>;
  /** By any spelling of the name: whether this one counts is the caller's question. */
  byName(tenantId: string, population: Population, userName: string): Promise<Versioned<Account> | undefined>;
  /** Compare-and-set. @returns whether this caller won */
  replace(account: Account, expectedVersion: number): Promise<boolean>;
  /**
   * Applies `change` to the newest document until it wins against other writers.
   * @param change answers the new document, or undefined to leave it as it is
   * @returns the document as stored, or undefined when there is no such account
   */
  update(id: string, change: (account: Account) => Account | undefined): Promise<Account | undefined>;
  list(query: {
    tenantId: string;
    population?: Population;
    prefix?: string;
    after?: string;
    limit: number;
  }): Promise<{ items: Account[]; next?: string }>;
  /** Every account of every tenant, page by page. */
  all(after: string | undefined): Promise<{ items: Account[]; next?: string }>;
  count(tenantId: string, population: Population, cap: number): Promise<number>;
}

interface Counter {
  id: string;
  last: number;
}

const ACCOUNTS: CollectionSpec = {
  name: 'accounts',
  indexes: { name: { fields: ['tenantId', 'population', 'nameKey'], unique: true } },
};
const COUNTERS: CollectionSpec = { name: 'counters', indexes: {} };

/** Takes the next account number; a crash afterwards leaves a gap, never a number used twice. */
function numbers(documents: Documents) {
  const counters = documents.collection<Counter>(COUNTERS);
  return async () => {
    for (;;) {
      const current = await counters.get('account');
      if (!current) {
        if ((await counters.insert({ id: 'account', last: 1 })).inserted) return 1;
      } else if (await counters.replace({ id: 'account', last: current.doc.last + 1 }, current.version)) {
        return current.doc.last + 1;
      }
    }
  };
}

export function createAccounts({ documents, clock }: { documents: Documents; clock: Clock }): Accounts {
  const collection = documents.collection<Account>(ACCOUNTS);
  const nextNumber = numbers(documents);

  const byName = (tenantId: string, population: Population, userName: string) =>
    collection.find('name', [tenantId, population, foldName(userName)]);

  return {
    async create(input) {
      const userName = input.userName.normalize('NFC');
      const problem = nameProblem(userName);
      if (problem) return { refused: problem };
      const account: Account = {
        id: newId(),
        number: await nextNumber(),
        tenantId: input.tenantId,
        population: input.population,
        userName,
        nameKey: foldName(userName),
        email: input.email ?? null,
        role: input.role ?? 'Agent',
        status: 'enabled',
        lock: null,
        lockRound: 0,
        epoch: 1,
        password: input.password,
        history: [],
        secondFactor: { status: 'none', authenticators: [] },
        createdAt: clock.now(),
      };
      const outcome = await collection.insert(account);
      return outcome.inserted ? account : { refused: 'the user name is taken, perhaps in another spelling' };
    },
    byId: (id) => collection.get(id),
    byName,
    replace: (account, expectedVersion) => collection.replace(account, expectedVersion),
    async update(id, change) {
      for (;;) {
        const current = await collection.get(id);
        if (!current) return undefined;
        const changed = change(current.doc);
        if (!changed) return current.doc;
        if (await collection.replace(changed, current.version)) return changed;
      }
    },
    async list({ tenantId, population, prefix, after, limit }) {
      const equals = population ? [tenantId, population] : [tenantId];
      const page = await collection.page({
        index: 'name',
        equals,
        limit,
        ...(prefix && population ? { prefix: foldName(prefix) } : {}),
        ...(after ? { after } : {}),
      });
      return { items: page.items.map(({ doc }) => doc), ...(page.next ? { next: page.next } : {}) };
    },
    async all(after) {
      const page = await collection.page({ index: 'name', limit: 500, ...(after ? { after } : {}) });
      return { items: page.items.map(({ doc }) => doc), ...(page.next ? { next: page.next } : {}) };
    },
    count: (tenantId, population, cap) =>
      collection.count({ index: 'name', equals: [tenantId, population], cap }),
  };
}
