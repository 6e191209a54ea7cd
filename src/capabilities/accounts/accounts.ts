import { type Clock, newId, type Refused, refuse, typedName } from '../../foundation/base/index.ts';
import {
  type Changed,
  changeUntilWon,
  type Documents,
  eachPage,
  type NextNumber,
  type Versioned,
} from '../../foundation/stores/index.ts';
import { type Account, noFactor, type PasswordRecord, type Population, type Role } from './account.ts';
import { createIdentifiers } from './identifiers.ts';
import {
  type AccountFilter,
  type AccountQuery,
  type CountedAccounts,
  createListing,
  type ListedAccounts,
} from './listing.ts';
import { emailProblem, foldName, nameProblem, skeleton } from './names.ts';
import type { Permission } from './permissions.ts';
import { ACCOUNTS, indexed } from './stored.ts';

/** What a person types to say who they are (ACC-3). */
export type IdentifiedBy = 'userName' | 'email' | 'either';

export interface NewAccount {
  tenantId: string;
  population: Population;
  userName: string;
  name?: string | undefined;
  email?: string | undefined;
  role?: Role | undefined;
  permissions?: readonly Permission[] | undefined;
  password: PasswordRecord | null;
  identifiedBy: IdentifiedBy;
}

export interface Accounts {
  create(input: NewAccount): Promise<Account | Refused>;
  byId(id: string): Promise<Versioned<Account> | undefined>;
  /** By any spelling of the name: whether this one counts is the caller's question. */
  byName(tenantId: string, population: Population, userName: string): Promise<Versioned<Account> | undefined>;
  /** By what the tenant lets people type; an address that two accounts have names no one. */
  identified(
    tenantId: string,
    population: Population,
    typed: string,
    by: IdentifiedBy,
  ): Promise<Account | undefined>;
  /** Reserves the name and address of an account only for it. @returns what another one has already */
  claimIdentifiers(account: Account): Promise<string | undefined>;
  /** Compare-and-set. @returns whether this caller won */
  replace(account: Account, expectedVersion: number): Promise<boolean>;
  /**
   * Applies `change` to the newest document until it wins against other writers.
   * @param change answers the new document, or undefined to leave it as it is
   * @returns the document as it is now, undefined when there is no such account, and whether this call changed it
   */
  update(
    id: string,
    change: (account: Account) => Account | undefined,
  ): Promise<Changed<Account | undefined>>;
  /** Forgets the account, and frees its name and address. */
  remove(account: Account): Promise<void>;
  /** One page of those for which everything holds that the query says: by an index, and never of more than 500 rows that it read. */
  list(query: AccountQuery): Promise<ListedAccounts>;
  /** Every account of every tenant, page by page. */
  all(after: string | undefined): Promise<ListedAccounts>;
  /** How many those are: up to 1,000, and of a combination as many as one page finds. */
  count(filter: AccountFilter): Promise<CountedAccounts>;
}

function newAccount(input: NewAccount, number: number, now: number): Account {
  const { tenantId, population, name, email, role, permissions, password } = input;
  const { userName } = input;
  return indexed({
    id: newId(),
    number,
    tenantId,
    population,
    userName,
    nameKey: skeleton(userName),
    name: name ?? null,
    email: email ?? null,
    emailKey: '',
    shownNameKey: '',
    teamKey: '',
    passwordSetAt: 0,
    role: role ?? 'Agent',
    permissions: permissions ?? [],
    status: 'enabled',
    lock: null,
    strangersLock: null,
    lockState: 'open',
    lockRound: 0,
    strangersRound: 0,
    epoch: 1,
    epochEvent: '',
    password,
    history: [],
    link: null,
    secondFactor: noFactor,
    createdAt: now,
  });
}

/** A name and an address as they are stored: nothing around them that could not be seen or typed again. */
function cleaned(input: NewAccount): NewAccount {
  const { userName, email } = input;
  return {
    ...input,
    userName: typedName(userName).normalize('NFC'),
    email: email === undefined ? undefined : typedName(email),
  };
}

function problemOf({ userName, email, identifiedBy }: NewAccount): Refused | undefined {
  if (identifiedBy === 'email' && !email) return refuse('email_needed');
  return nameProblem(userName) ?? (email === undefined ? undefined : emailProblem(email));
}

export function createAccounts({
  documents,
  nextNumber,
  clock,
}: {
  documents: Documents;
  nextNumber: NextNumber;
  clock: Clock;
}): Accounts {
  const collection = documents.collection<Account>(ACCOUNTS);
  const identifiers = createIdentifiers({
    documents,
    clock,
    read: async (id) => (await collection.get(id))?.doc,
  });

  /** An earlier version may have stored a name with what is not part of one: it is found as it stands, and first. */
  const firstOf = async <T>(typed: string, look: (key: string) => Promise<T | undefined>) => {
    const [asItStands, folded] = [skeleton(typed), foldName(typed)];
    return (asItStands === folded ? undefined : await look(asItStands)) ?? look(folded);
  };
  const byName = (tenantId: string, population: Population, userName: string) =>
    firstOf(userName, (key) => collection.find('name', [tenantId, population, key]));
  const byEmail = (tenantId: string, population: Population, typed: string) =>
    firstOf(typed, (key) => byEmailKey(tenantId, population, key));
  const byEmailKey = async (tenantId: string, population: Population, key: string) => {
    if (key === '') return undefined;
    const { items } = await collection.page({
      index: 'email',
      equals: [tenantId, population, key],
      limit: 2,
    });
    return items.length === 1 ? items[0]?.doc : undefined;
  };
  const replace = (account: Account, expectedVersion: number) =>
    collection.replace(indexed(account), expectedVersion);

  return {
    async create(given) {
      const input = cleaned(given);
      const problem = problemOf(input);
      if (problem) return problem;
      const account = newAccount(input, await nextNumber('account'), clock.now());
      const isClaimed = input.identifiedBy !== 'userName';
      if (isClaimed && (await identifiers.claim(account)) !== undefined) {
        await identifiers.release(account);
        return refuse('identifier_taken');
      }
      const outcome = await collection.insert(account);
      if (outcome.inserted) return account;
      if (isClaimed) await identifiers.release(account);
      return refuse('user_name_taken');
    },
    byId: (id) => collection.get(id),
    byName,
    async identified(tenantId, population, typed, by) {
      const named = by === 'email' ? undefined : (await byName(tenantId, population, typed))?.doc;
      if (named || by === 'userName') return named;
      return byEmail(tenantId, population, typed);
    },
    claimIdentifiers: (account) => identifiers.claim(account),
    replace,
    update: (id, change) =>
      changeUntilWon(collection, id, (current) => {
        const next = current && change(current);
        return next && indexed(next);
      }),
    async remove(account) {
      await collection.remove(account.id);
      await identifiers.release(account);
    },
    ...createListing(collection),
    async all(after) {
      const { items, next } = await collection.page({
        index: 'name',
        limit: 500,
        ...(after ? { after } : {}),
      });
      return { items: items.map(({ doc }) => doc), ...(next ? { next } : {}) };
    },
  };
}

/** Brings every account of an earlier format to this one; repeated after a crash it changes nothing twice. */
async function migrate(
  documents: Documents,
  isOld: (account: Account) => boolean,
  change: (account: Account) => Account,
): Promise<void> {
  const collection = documents.collection<Account>(ACCOUNTS);
  for await (const page of eachPage((from) => collection.page({ index: 'name', limit: 500, ...from })))
    for (const { doc, version } of page)
      if (isOld(doc)) await collection.replace(indexed(change(doc)), version);
}

/** Up to the second format accounts had one lock and no e-mail key. */
export const giveAccountsDoors = ({ documents }: { documents: Documents }): Promise<void> =>
  migrate(
    documents,
    (account) => account.lockState === undefined,
    (account) => ({
      ...{ name: null, strangersLock: null, strangersRound: 0, epochEvent: '', link: null },
      ...account,
    }),
  );

/** Up to the third format a second factor was one authenticator app. */
export const giveFactorsRounds = ({ documents }: { documents: Documents }): Promise<void> =>
  migrate(
    documents,
    (account) => account.secondFactor.round === undefined,
    (account) => ({ ...account, secondFactor: { ...noFactor, ...account.secondFactor } }),
  );

/** Up to the seventh format accounts had no keys of the indexes by name, team and age of the password. */
export const giveAccountsKeys = ({ documents }: { documents: Documents }): Promise<void> =>
  migrate(
    documents,
    (account) => account.teamKey === undefined,
    (account) => account,
  );
