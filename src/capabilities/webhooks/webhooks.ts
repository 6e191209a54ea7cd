import {
  type Clock,
  createVersionedCache,
  newId,
  type Refused,
  refuse,
  typedName,
  type Vault,
} from '../../foundation/base/index.ts';
import type { CollectionSpec, Documents, Ephemeral } from '../../foundation/stores/index.ts';
import type { AuditType } from '../audit/index.ts';
import { newSigningSecret } from './signature.ts';

/** An address of a tenant that hears of events. */
export interface Webhook {
  /** Of its place among the tenant's few: the store refuses a sixth. */
  id: string;
  /** Stays with it; a successor in the same place has another. */
  webhookId: string;
  tenantId: string;
  name: string;
  /** The name without case, unique in the tenant. */
  nameKey: string;
  address: string;
  /** Empty: all. */
  types: readonly AuditType[];
  state: 'on' | 'off';
  /** Why it is off, where no person turned it off: what its receiver answered for three days. */
  problem: string;
  /** The newest first. A former one signs beside it until its epoch second. */
  secrets: readonly { sealed: string; until: number | null }[];
  createdBy: string;
  /** Epoch seconds, as all. */
  createdAt: number;
  changedBy: string;
  changedAt: number;
}

export interface WebhookChange {
  address?: string | undefined;
  types?: readonly AuditType[] | undefined;
  enabled?: boolean | undefined;
}

export interface Webhooks {
  /** @returns the webhook and its secret, which cannot be read again */
  create(
    tenantId: string,
    values: { name: string; address: string; types: readonly AuditType[] },
    by: string,
  ): Promise<{ webhook: Webhook; secret: string } | Refused>;
  /** Of a tenant, the oldest first. */
  list(tenantId: string): Promise<Webhook[]>;
  /** By id, or by name without case. */
  named(tenantId: string, idOrName: string): Promise<Webhook | Refused>;
  byId(webhookId: string): Promise<Webhook | undefined>;
  /** All that are on, page by page. */
  on(after?: string): Promise<{ items: Webhook[]; next?: string }>;
  change(webhookId: string, values: WebhookChange, by: string): Promise<Webhook | Refused>;
  /** Turns it off as its receiver failed for too long. @returns whether this call did: of N at once, one does */
  giveUp(webhookId: string, problem: string): Promise<boolean>;
  /** The former secret signs beside the new one for a day. @returns the new one, or undefined when the webhook is gone */
  rotateSecret(webhookId: string, by: string): Promise<string | undefined>;
  /** @returns whether this call did */
  remove(webhook: Webhook): Promise<boolean>;
  /** What signs now. */
  secretsOf(webhook: Webhook): string[];
  /** Seals every secret under the first master key. @returns how many webhooks had others */
  reseal(): Promise<number>;
}

const MOST_WEBHOOKS = 5;
const BOTH_SECONDS = 86_400;

const SPEC: CollectionSpec = {
  name: 'webhooks',
  indexes: {
    webhook: { fields: ['webhookId'], unique: true },
    name: { fields: ['tenantId', 'nameKey'], unique: true },
    state: { fields: ['state', 'id'] },
  },
};
const TOPIC = 'webhooks';
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,59}$/u;

export interface WebhookParts {
  documents: Documents;
  ephemeral: Ephemeral;
  vault: Vault;
  clock: Clock;
  addressProblem(address: string): Refused | undefined;
}

const contextOf = (webhookId: string) => `webhook:${webhookId}`;
const keyOf = (name: string) => name.toLowerCase();
const written = (name: string) => typedName(name.normalize('NFC'));

/** At most five a tenant. */
export function createWebhooks({
  documents,
  ephemeral,
  vault,
  clock,
  addressProblem,
}: WebhookParts): Webhooks {
  const collection = documents.collection<Webhook>(SPEC);
  const cache = createVersionedCache<Webhook[]>({
    clock,
    version: () => ephemeral.topicVersion(TOPIC),
    touch: () => ephemeral.touchTopic(TOPIC),
  });
  const read = async (tenantId: string) => {
    const { items } = await collection.page({ index: 'name', equals: [tenantId], limit: MOST_WEBHOOKS });
    return items.map(({ doc }) => doc).sort((a, b) => a.webhookId.localeCompare(b.webhookId));
  };
  const list = async (tenantId: string) => (await cache.get(tenantId, () => read(tenantId))) ?? [];

  const sealed = (webhookId: string, secret: string, until: number | null) => ({
    sealed: vault.seal(secret, contextOf(webhookId)),
    until,
  });

  /** Until it wins, or there is nothing to change. */
  const replaced = async (
    webhookId: string,
    change: (current: Webhook) => Webhook | undefined,
  ): Promise<Webhook | undefined> => {
    for (;;) {
      const current = await collection.find('webhook', [webhookId]);
      const next = current && change(current.doc);
      if (!current || !next) return undefined;
      if (!(await collection.replace(next, current.version))) continue;
      await cache.touch();
      return next;
    }
  };

  return {
    async create(tenantId, { name, address, types }, by) {
      const problem = NAME.test(written(name)) ? addressProblem(address) : refuse('webhook_name_invalid');
      if (problem) return problem;
      const secret = newSigningSecret();
      const [webhookId, now] = [newId(), clock.now()];
      for (let place = 1; place <= MOST_WEBHOOKS; place++) {
        const webhook: Webhook = {
          id: `${tenantId}:${place}`,
          webhookId,
          tenantId,
          name: written(name),
          nameKey: keyOf(written(name)),
          address,
          types,
          state: 'on',
          problem: '',
          secrets: [sealed(webhookId, secret, null)],
          createdBy: by,
          createdAt: now,
          changedBy: by,
          changedAt: now,
        };
        const outcome = await collection.insert(webhook);
        if (outcome.inserted) {
          await cache.touch();
          return { webhook, secret };
        }
        if (outcome.duplicate === 'name') return refuse('webhook_name_taken', { name: webhook.name });
      }
      return refuse('webhook_limit', { most: MOST_WEBHOOKS });
    },
    list,
    async named(tenantId, idOrName) {
      const key = keyOf(written(idOrName));
      const found = (await read(tenantId)).find((one) => one.webhookId === idOrName || one.nameKey === key);
      return found ?? refuse('not_found', { what: 'webhook', name: idOrName });
    },
    byId: async (webhookId) => (await collection.find('webhook', [webhookId]))?.doc,
    async on(after) {
      const from = after === undefined ? {} : { after };
      const page = await collection.page({ index: 'state', equals: ['on'], limit: 500, ...from });
      return { items: page.items.map(({ doc }) => doc), ...(page.next ? { next: page.next } : {}) };
    },
    async change(webhookId, { address, types, enabled }, by) {
      const problem = address === undefined ? undefined : addressProblem(address);
      if (problem) return problem;
      const changed = await replaced(webhookId, (doc) => ({
        ...doc,
        ...(address === undefined ? {} : { address }),
        ...(types === undefined ? {} : { types }),
        ...(enabled === undefined ? {} : { state: enabled ? 'on' : 'off', problem: '' }),
        changedBy: by,
        changedAt: clock.now(),
      }));
      return changed ?? refuse('not_found', { what: 'webhook', name: webhookId });
    },
    async giveUp(webhookId, problem) {
      let isMine = false;
      await replaced(webhookId, (doc) => {
        isMine = doc.state === 'on';
        const off = { state: 'off', problem, changedBy: 'system', changedAt: clock.now() } as const;
        return isMine ? { ...doc, ...off } : undefined;
      });
      return isMine;
    },
    async rotateSecret(webhookId, by) {
      const secret = newSigningSecret();
      const [now, first] = [clock.now(), sealed(webhookId, secret, null)];
      const changed = await replaced(webhookId, (doc) => {
        const former = doc.secrets.slice(0, 1).map((one) => ({ ...one, until: now + BOTH_SECONDS }));
        return { ...doc, secrets: [first, ...former], changedBy: by, changedAt: now };
      });
      return changed && secret;
    },
    async remove({ id, webhookId }) {
      const current = await collection.get(id);
      // Its place may have a successor.
      if (current?.doc.webhookId !== webhookId || !(await collection.remove(id))) return false;
      await cache.touch();
      return true;
    },
    secretsOf({ webhookId, secrets }) {
      const now = clock.now();
      const live = secrets.filter(({ until }) => until === null || now < until);
      return live.map((one) => vault.open(one.sealed, contextOf(webhookId)));
    },
    async reseal() {
      let resealed = 0;
      let after: string | undefined;
      do {
        const from = after === undefined ? {} : { after };
        const page = await collection.page({ index: 'state', limit: 500, ...from });
        for (const { doc, version } of page.items) {
          if (doc.secrets.every((one) => vault.isCurrent(one.sealed))) continue;
          const context = contextOf(doc.webhookId);
          const secrets = doc.secrets.map((one) => ({
            ...one,
            sealed: vault.seal(vault.open(one.sealed, context), context),
          }));
          if (await collection.replace({ ...doc, secrets }, version)) resealed += 1;
        }
        after = page.next;
      } while (after);
      return resealed;
    },
  };
}
