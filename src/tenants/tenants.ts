import { type Clock, createVersionedCache, newId } from '../base/index.ts';
import type { CollectionSpec, Documents, Ephemeral, Versioned } from '../stores/index.ts';
import type { Policy } from './policy.ts';

export interface Tenant {
  id: string;
  /** As typed by whoever made it; compared by `codeKey`. */
  clientCode: string;
  codeKey: string;
  name: string;
  policy: Policy;
  createdAt: number;
}

export interface Tenants {
  /** @returns the tenant, or why it could not be made: `client-code` (not 2 to 32 of A–Z, 0–9, -), `taken` */
  create(input: {
    clientCode: string;
    name: string;
    policy: Policy;
  }): Promise<Tenant | 'client-code' | 'taken'>;
  byClientCode(clientCode: string): Promise<Tenant | undefined>;
  byId(id: string): Promise<Tenant | undefined>;
  list(after?: string): Promise<{ items: Tenant[]; next?: string }>;
}

const SPEC: CollectionSpec = { name: 'tenants', indexes: { code: { fields: ['codeKey'], unique: true } } };
const CLIENT_CODE = /^[A-Z0-9-]{2,32}$/;
const TOPIC = 'tenants';

/** Client codes are compared without case (TEN-1). */
function codeKey(clientCode: string): string {
  return clientCode.trim().toUpperCase();
}

export function createTenants(stores: { documents: Documents; ephemeral: Ephemeral; clock: Clock }): Tenants {
  const { ephemeral, clock } = stores;
  const collection = stores.documents.collection<Tenant>(SPEC);
  const cache = createVersionedCache<Tenant>({
    clock,
    version: () => ephemeral.topicVersion(TOPIC),
    touch: () => ephemeral.touchTopic(TOPIC),
  });
  const kept = (key: string, load: () => Promise<Versioned<Tenant> | undefined>) =>
    cache.get(key, async () => (await load())?.doc);

  return {
    async create({ clientCode, name, policy }) {
      const key = codeKey(clientCode);
      if (!CLIENT_CODE.test(key)) return 'client-code';
      const tenant: Tenant = {
        id: newId(),
        clientCode: key,
        codeKey: key,
        name,
        policy,
        createdAt: clock.now(),
      };
      const outcome = await collection.insert(tenant);
      if (!outcome.inserted) return 'taken';
      await cache.touch();
      return tenant;
    },
    byClientCode: (clientCode) => {
      const key = codeKey(clientCode);
      if (!CLIENT_CODE.test(key)) return Promise.resolve(undefined);
      return kept(`code:${key}`, () => collection.find('code', [key]));
    },
    byId: (id) => kept(`id:${id}`, () => collection.get(id)),
    async list(after) {
      const page = await collection.page({ index: 'code', limit: 100, ...(after ? { after } : {}) });
      return { items: page.items.map(({ doc }) => doc), ...(page.next ? { next: page.next } : {}) };
    },
  };
}
