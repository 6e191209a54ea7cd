import {
  type Clock,
  createVersionedCache,
  fingerprint,
  newId,
  type Refused,
  randomText,
  refuse,
  typedName,
} from '../../foundation/base/index.ts';
import type { CollectionSpec, Documents, Ephemeral } from '../../foundation/stores/index.ts';

/** What a tenant's programs name themselves with (API-1). */
export interface ApiToken {
  /** Of its place among the tenant's few: the store refuses a sixth. */
  id: string;
  /** Stays with it; a successor in the same place has another. */
  tokenId: string;
  tenantId: string;
  name: string;
  /** The name without case, unique in the tenant. */
  nameKey: string;
  /** SHA-256 of 32 random characters. */
  hash: string;
  createdBy: string;
  /** Epoch seconds. */
  createdAt: number;
}

export interface ApiTokens {
  /** @returns the token and its secret, which cannot be read again */
  create(tenantId: string, name: string, by: string): Promise<{ token: ApiToken; secret: string } | Refused>;
  /** Of a tenant, the oldest first. */
  list(tenantId: string): Promise<ApiToken[]>;
  bySecret(secret: string): Promise<ApiToken | undefined>;
  byTokenId(tokenId: string): Promise<ApiToken | undefined>;
  /** From now on it is refused. @returns what it was, or undefined when there is none of that name */
  revoke(tenantId: string, name: string): Promise<ApiToken | undefined>;
}

/** Live ones a tenant (API-1). */
const MOST_TOKENS = 5;

const SPEC: CollectionSpec = {
  name: 'apiTokens',
  indexes: {
    hash: { fields: ['hash'], unique: true },
    token: { fields: ['tokenId'], unique: true },
    name: { fields: ['tenantId', 'nameKey'], unique: true },
  },
};
const TOPIC = 'api-tokens';
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const LENGTH = 32;
const SECRET = /^[A-Za-z0-9]{32}$/;
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,59}$/u;

export function createApiTokens(parts: {
  documents: Documents;
  ephemeral: Ephemeral;
  clock: Clock;
}): ApiTokens {
  const { documents, ephemeral, clock } = parts;
  const collection = documents.collection<ApiToken>(SPEC);
  const cache = createVersionedCache<ApiToken>({
    clock,
    version: () => ephemeral.topicVersion(TOPIC),
    touch: () => ephemeral.touchTopic(TOPIC),
  });
  const find = (index: 'hash' | 'token', value: string) =>
    cache.get(`${index}:${value}`, async () => (await collection.find(index, [value]))?.doc);

  return {
    async create(tenantId, name, by) {
      const named = typedName(name.normalize('NFC'));
      if (!NAME.test(named)) return refuse('token_name_invalid');
      const secret = randomText(ALPHABET, LENGTH);
      for (let place = 1; place <= MOST_TOKENS; place++) {
        const token: ApiToken = {
          id: `${tenantId}:${place}`,
          tokenId: newId(),
          tenantId,
          name: named,
          nameKey: named.toLowerCase(),
          hash: fingerprint(secret),
          createdBy: by,
          createdAt: clock.now(),
        };
        const outcome = await collection.insert(token);
        if (outcome.inserted) {
          await cache.touch();
          return { token, secret };
        }
        if (outcome.duplicate === 'name') return refuse('token_name_taken', { name: named });
      }
      return refuse('token_limit', { most: MOST_TOKENS });
    },
    async list(tenantId) {
      const { items } = await collection.page({ index: 'name', equals: [tenantId], limit: MOST_TOKENS });
      return items.map(({ doc }) => doc).sort((a, b) => a.tokenId.localeCompare(b.tokenId));
    },
    async bySecret(secret) {
      return SECRET.test(secret) ? find('hash', fingerprint(secret)) : undefined;
    },
    byTokenId: (tokenId) => find('token', tokenId),
    async revoke(tenantId, name) {
      const nameKey = typedName(name.normalize('NFC')).toLowerCase();
      const found = await collection.find('name', [tenantId, nameKey]);
      if (!found || !(await collection.remove(found.doc.id))) return undefined;
      await cache.touch();
      return found.doc;
    },
  };
}
