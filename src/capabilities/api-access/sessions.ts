import { type Clock, newSecret, SallyportError, type Vault } from '../../foundation/base/index.ts';
import type { Ephemeral, StoredRecord } from '../../foundation/stores/index.ts';
import type { Account } from '../accounts/index.ts';
import { createSessionIds, type IdSource, isSessionId, referenceOf } from './ids.ts';

/** A session of a program (API-4 to API-6). */
export interface ApiSession extends IdSource {
  /** Names it without opening anything. */
  reference: string;
  tenantId: string;
  idleSeconds: number;
  /** Epoch seconds. */
  startedAt: number;
  usedAt: number;
  expiresAt: number;
  /** Where the sign-in came from, and the User-Agent that it said. */
  address: string;
  browser: string;
}

export interface NewApiSession {
  account: Pick<Account, 'id' | 'tenantId'>;
  epoch: number;
  tokenId: string;
  idleSeconds: number;
  address: string;
  browser: string;
}

export interface ApiSessions {
  /**
   * Signs in: the session that account and token have, used once more, or a new one. Of any number at once all get the same.
   * @returns its id, which cannot be read from the store
   */
  begin(wanted: NewApiSession): Promise<string>;
  /** Reads without using it. @param name a session id or a reference */
  read(name: string): Promise<ApiSession | undefined>;
  /** Uses a session of a tenant: its time without use begins again. One round trip. @param sessionId its id */
  use(sessionId: string, tenantId: string, idleSeconds: number): Promise<ApiSession | undefined>;
  end(session: Pick<ApiSession, 'reference'>): Promise<void>;
  /** @returns how many there were */
  endOfToken(tokenId: string): Promise<number>;
  ofAccount(accountId: string): Promise<ApiSession[]>;
  /** Of several tokens, in the order of references. @param after the last reference of the page before */
  ofTokens(
    tokenIds: readonly string[],
    after: string,
    limit: number,
  ): Promise<{ items: ApiSession[]; next?: string }>;
  idOf(session: IdSource): string;
}

type Stored = Omit<ApiSession, 'reference' | 'usedAt' | 'expiresAt'>;
type Place = { serial: string; generation: string };

/** A program's session, and who of several sign-ins at once has begun it. */
const SESSION = 'ApiSession';
const PLACE = 'ApiSessionPlace';
/** Until its place is taken it belongs to no one, and is short-lived: the sign-in may die in between. */
const UNPLACED_SECONDS = 30;
const PLACE_SECONDS = 86_400;
/** Each round is lost to another sign-in that got further: that many at once are not honest. */
const ROUNDS = 50;

function restored(reference: string, record: StoredRecord): ApiSession {
  const stored = JSON.parse(record.value) as Stored;
  const { expiresAt } = record;
  return {
    ...stored,
    reference,
    expiresAt,
    usedAt: Math.max(stored.startedAt, expiresAt - stored.idleSeconds),
  };
}

export function createApiSessions(parts: { ephemeral: Ephemeral; vault: Vault; clock: Clock }): ApiSessions {
  const { ephemeral, clock } = parts;
  const ids = createSessionIds(parts.vault);

  const get = async (reference: string) => {
    const record = await ephemeral.get(SESSION, reference, clock.now());
    return record && restored(reference, record);
  };
  const all = async (references: readonly string[]) =>
    (await Promise.all(references.map(get))).filter((one) => one !== undefined);
  const ofAccount = async (accountId: string) =>
    all(await ephemeral.members(SESSION, 'account', accountId, clock.now()));

  const use = async (sessionId: string, tenantId: string, idleSeconds: number) => {
    if (!isSessionId(sessionId)) return undefined;
    const reference = referenceOf(sessionId);
    const now = clock.now();
    const within = { set: 'tenant', key: tenantId };
    const record = await ephemeral.renew(SESSION, reference, within, now + idleSeconds, now);
    return record && restored(reference, record);
  };

  /** The session that holds the place, or whose place was forgotten before it. */
  const findHeld = async (
    { account, epoch, tokenId, idleSeconds }: NewApiSession,
    place: Place | undefined,
  ): Promise<{ id: string; place: Place } | undefined> => {
    const isOurs = (one: ApiSession) => one.tokenId === tokenId && one.epoch === epoch;
    const found = place ?? (await ofAccount(account.id)).find(isOurs);
    if (!found) return undefined;
    const { serial, generation } = found;
    const id = ids.of({ accountId: account.id, tokenId, epoch, serial, generation });
    const session = await use(id, account.tenantId, idleSeconds);
    return session && { id, place: { serial, generation } };
  };

  const make = async (wanted: NewApiSession, place: Place) => {
    const { account, epoch, tokenId, idleSeconds, address, browser } = wanted;
    const now = clock.now();
    const source: IdSource = { accountId: account.id, tokenId, epoch, ...place };
    const stored: Stored = {
      ...source,
      tenantId: account.tenantId,
      idleSeconds,
      startedAt: now,
      address,
      browser,
    };
    const id = ids.of(source);
    const sets = { account: account.id, token: tokenId, tenant: account.tenantId };
    const record = { value: JSON.stringify(stored), expiresAt: now + UNPLACED_SECONDS, sets };
    await ephemeral.insert(SESSION, referenceOf(id), record, now);
    return id;
  };

  const placed = async (key: string) => {
    const record = await ephemeral.get(PLACE, key, clock.now());
    return record && (JSON.parse(record.value) as Place);
  };

  /** @returns the id, or undefined when another sign-in was quicker: then its session is the one */
  const beginOnce = async (wanted: NewApiSession): Promise<string | undefined> => {
    const { account, tokenId, idleSeconds } = wanted;
    const now = clock.now();
    const key = `${account.id}:${tokenId}`;
    const record = (place: Place) => ({ value: JSON.stringify(place), expiresAt: now + PLACE_SECONDS });
    const taken = await ephemeral.get(PLACE, key, now);
    const held = await findHeld(wanted, taken && (JSON.parse(taken.value) as Place));
    if (held && taken) return held.id;
    if (held) return (await ephemeral.insert(PLACE, key, record(held.place), now)) ? held.id : undefined;
    // The session first, then its place: anyone who finds the place finds the session too.
    const place = { serial: newSecret(), generation: (await ephemeral.generation()).id };
    const id = await make(wanted, place);
    const isFirst = taken
      ? await ephemeral.replace(PLACE, key, record(place), taken.version, now)
      : await ephemeral.insert(PLACE, key, record(place), now);
    // Not first, and yet ours may be the one: a sign-in beside this one may have found the session and put it in its place.
    if (isFirst || (await placed(key))?.serial === place.serial)
      return (await use(id, account.tenantId, idleSeconds)) && id;
    await ephemeral.remove(SESSION, referenceOf(id));
    return undefined;
  };

  return {
    async begin(wanted) {
      for (let round = 0; round < ROUNDS; round++) {
        const id = await beginOnce(wanted);
        if (id) return id;
      }
      throw new SallyportError('busy', 'too many sign-ins of one account and token at once');
    },
    read: async (name) => {
      if (!isSessionId(name)) return undefined;
      return (await get(referenceOf(name))) ?? get(name);
    },
    use,
    end: ({ reference }) => ephemeral.remove(SESSION, reference),
    endOfToken: (tokenId) => ephemeral.removeMembers(SESSION, 'token', tokenId),
    ofAccount,
    async ofTokens(tokenIds, after, limit) {
      const now = clock.now();
      const found = await Promise.all(
        tokenIds.map((tokenId) => ephemeral.members(SESSION, 'token', tokenId, now)),
      );
      const references = found
        .flat()
        .filter((reference) => reference > after)
        .sort();
      const page = references.slice(0, limit);
      const next = references.length > limit ? page.at(-1) : undefined;
      return { items: await all(page), ...(next ? { next } : {}) };
    },
    idOf: ids.of,
  };
}
