import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { type Clock, type Refused, refuse, type Vault } from '../../foundation/base/index.ts';
import {
  type Collection,
  type CollectionSpec,
  changeUntilWon,
  type Documents,
  type Migration,
} from '../../foundation/stores/index.ts';
import {
  type KeyAge,
  type KeyTimes,
  keyAge,
  planRotation,
  published,
  type SigningAlgorithm,
} from './key-states.ts';

interface SigningKey extends KeyTimes {
  /** Algorithm and serial: of two rotations at once one makes the key. */
  id: string;
  kid: string;
  sealedJwk: string;
}

export interface ListedKey extends KeyTimes, KeyAge {
  kid: string;
}

export interface Keys {
  algorithms: readonly SigningAlgorithm[];
  /** Private JWKs to sign and to publish with, the signing ones first. Made at first use. */
  current(): Promise<JWK[]>;
  list(): Promise<ListedKey[]>;
  /**
   * Publishes the next key, which signs once every kept copy of the key set has expired; keys withdrawn are deleted.
   * @param isReplacement others know the key: the new one signs at once, the old one is withdrawn at once
   * @returns the new key
   */
  rotate(alg: SigningAlgorithm, isReplacement: boolean): Promise<ListedKey | Refused>;
  /** Seals every key under the first master key. @returns how many were not so sealed */
  reseal(): Promise<number>;
}

const SPEC: CollectionSpec = { name: 'signingKeys', indexes: { order: { fields: ['id'] } } };
/** The first that fits signs. RS256 stays for applications that know nothing else (OID-2). */
const ALGORITHMS: readonly SigningAlgorithm[] = ['ES256', 'RS256'];
const MOST = 500;

const contextOf = (id: string) => `signing-key:${id}`;

async function makeKey(times: KeyTimes, vault: Vault): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(times.alg, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  const id = `${times.alg}:${times.serial}`;
  const complete: JWK = { ...jwk, alg: times.alg, use: 'sig', kid };
  return { ...times, id, kid, sealedJwk: vault.seal(JSON.stringify(complete), contextOf(id)) };
}

async function all(collection: Collection<SigningKey>): Promise<SigningKey[]> {
  const { items } = await collection.page({ index: 'order', limit: MOST });
  return items.map(({ doc }) => doc);
}

/** The signing keys, sealed at rest; their states follow from times in the documents. */
export function createKeys(parts: { documents: Documents; vault: Vault; clock: Clock }): Keys {
  const { documents, vault, clock } = parts;
  const collection = documents.collection<SigningKey>(SPEC);
  const listed = (key: SigningKey, keys: readonly SigningKey[]): ListedKey => {
    const { id: _id, sealedJwk: _sealed, ...rest } = key;
    return { ...rest, ...keyAge(key, keys, clock.now()) };
  };
  const opened = new Map<string, JWK>();
  const open = ({ id, sealedJwk }: SigningKey): JWK => {
    const jwk = opened.get(sealedJwk) ?? (JSON.parse(vault.open(sealedJwk, contextOf(id))) as JWK);
    opened.set(sealedJwk, jwk);
    return jwk;
  };

  return {
    algorithms: ALGORITHMS,
    async current() {
      let keys = await all(collection);
      for (const alg of ALGORITHMS) {
        if (keys.some((key) => key.alg === alg)) continue;
        const first = planRotation(alg, keys, clock.now(), false);
        if (!('refused' in first)) await collection.insert(await makeKey(first, vault));
        keys = await all(collection);
      }
      return published(keys, clock.now()).map(open);
    },
    async list() {
      const keys = await all(collection);
      return keys
        .map((key) => listed(key, keys))
        .sort((a, b) => a.alg.localeCompare(b.alg) || a.serial - b.serial);
    },
    async rotate(alg, isReplacement) {
      const keys = await all(collection);
      const times = planRotation(alg, keys, clock.now(), isReplacement);
      if ('refused' in times) return times;
      const made = await makeKey(times, vault);
      if (!(await collection.insert(made)).inserted) return refuse('key_rotation_under_way', { alg });
      for (const key of keys)
        if (keyAge(key, keys, clock.now()).state === 'withdrawn') await collection.remove(key.id);
      return listed(made, [...keys, made]);
    },
    async reseal() {
      let resealed = 0;
      for (const { id } of await all(collection)) {
        const { changed } = await changeUntilWon(collection, id, (key) =>
          !key || vault.isCurrent(key.sealedJwk)
            ? key
            : { ...key, sealedJwk: vault.seal(vault.open(key.sealedJwk, contextOf(id)), contextOf(id)) },
        );
        if (changed) resealed += 1;
      }
      return resealed;
    },
  };
}

/** The first format knew one key an algorithm, without times. */
export const giveKeysTimes: Migration = async ({ documents, sealer }) => {
  const collection = documents.collection<SigningKey & { createdAt?: number }>(SPEC);
  for (const alg of ALGORITHMS) {
    const stored = await collection.get(`${alg}:1`);
    const at = stored?.doc.createdAt;
    if (!stored || at === undefined) continue;
    const { createdAt: _, ...rest } = stored.doc;
    const { kid = '' } = JSON.parse(sealer.open(rest.sealedJwk, contextOf(rest.id))) as JWK;
    const times = { serial: 1, publishedAt: at, activeAt: at, isReplacement: false };
    await collection.replace({ ...rest, ...times, kid }, stored.version);
  }
};
