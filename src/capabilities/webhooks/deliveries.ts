import { type Clock, newId, rfc3339 } from '../../foundation/base/index.ts';
import type { CollectionSpec } from '../../foundation/stores/index.ts';
import type { Audit, AuditEntry } from '../audit/index.ts';
import type {
  Content,
  Deliveries,
  Delivery,
  DeliveryKind,
  DeliveryQueue,
  DeliveryState,
  Payload,
} from '../delivery-queue/index.ts';
import type { Outbound } from '../outbound/index.ts';
import type { ProgressKeeper } from './progress.ts';
import { signedHeaders } from './signature.ts';
import type { Webhook, Webhooks } from './webhooks.ts';

/** One event that one webhook is told; its key is the webhook. Its id is the same at every attempt: receivers know repeats by it. */
export interface WebhookDelivery extends Delivery {
  tenantId: string;
  entryId: string;
  type: string;
}

type EventPayload = Payload & Pick<WebhookDelivery, 'tenantId' | 'entryId' | 'type'> & { webhookId: string };

export interface WebhookDeliveries {
  /** The first attempt to tell an event; what fails is queued. @returns `notBefore`: none was made */
  send(webhook: Webhook, entry: AuditEntry): ReturnType<Deliveries<WebhookDelivery, EventPayload>['send']>;
  /** Whether the event was told, or is being told. */
  isKnown(webhook: Webhook, entry: AuditEntry): Promise<boolean>;
  /** Sends an event that did not happen, once. @returns what went wrong; empty: nothing */
  test(webhook: Webhook): Promise<string>;
  /** The newest first. */
  list(
    webhook: Webhook,
    query: { state?: DeliveryState | undefined; after?: string | undefined; limit?: number },
  ): Promise<{ items: WebhookDelivery[]; next?: string }>;
  /** Queues again what was given up. @returns whether this call did */
  retry(webhook: Webhook, deliveryId: string): Promise<boolean>;
}

export interface WebhookDeliveryParts {
  queue: Pick<DeliveryQueue, 'of'>;
  webhooks: Webhooks;
  progress: ProgressKeeper;
  audit: Pick<Audit, 'byId' | 'write'>;
  outbound: Outbound;
  clock: Clock;
}

const SPEC: CollectionSpec = {
  name: 'webhookDeliveries',
  indexes: {
    key: { fields: ['key', 'state', 'id'] },
    all: { fields: ['key', 'id'] },
    kept: { fields: ['keptUntil'] },
  },
};
const HOUR = 3_600;
const DAY = 24 * HOUR;
/** A receiver that failed for so long is asked no more. */
const FAILING_SECONDS = 3 * DAY;
const TEST_TYPE = 'webhook.test';

/** The webhook, then the entry: ids of one webhook follow one another as its events do. No full stop, which the signature uses. */
const idOf = (webhookId: string, entryId: string) => `${webhookId}_${entryId}`;

/** The body, as the audit shows the entry. */
function bodyOf({ at, ...entry }: AuditEntry): string {
  return JSON.stringify({ type: entry.type, timestamp: rfc3339(at), data: { ...entry, at: rfc3339(at) } });
}

function webhookKind(
  parts: WebhookDeliveryParts,
  contentOf: (webhook: Webhook, id: string, body: string) => Content,
): DeliveryKind<WebhookDelivery, EventPayload> {
  const { webhooks, progress, audit, clock } = parts;

  /** Once, by whichever attempt comes first. */
  const turnOff = async (key: string, tenantId: string, failingSince: number, problem: string) => {
    if (failingSince === 0 || clock.now() < failingSince + FAILING_SECONDS) return;
    if (!(await webhooks.giveUp(key, problem))) return;
    const detail = { webhook: key };
    await audit.write({
      type: 'webhook.disabled',
      outcome: 'failure',
      actor: 'system',
      tenantId,
      reason: problem,
      detail,
    });
  };

  return {
    job: 'webhook-delivery',
    spec: SPEC,
    triedSeconds: FAILING_SECONDS,
    keptSeconds: 7 * DAY,
    longestPauseSeconds: HOUR,
    // One event that its receiver does not bear must not hold up all that follow.
    isStrict: false,
    record: ({ id, webhookId, tenantId, entryId, type, createdAt }) => {
      return { id, key: webhookId, tenantId, entryId, type, createdAt };
    },
    receiver: ({ key }) => `webhook ${key}`,
    async message({ id, key, tenantId, entryId }) {
      const webhook = await webhooks.byId(key);
      if (!webhook) return { lost: 'the webhook was deleted' };
      if (webhook.state === 'off') return { lost: 'the webhook is off' };
      const entry = await audit.byId(entryId);
      if (entry?.tenantId !== tenantId || webhook.tenantId !== tenantId) return { lost: 'the event is gone' };
      return { address: webhook.address, content: async () => contentOf(webhook, id, bodyOf(entry)) };
    },
    async tried({ key, tenantId }, problem) {
      const failingSince = await progress.tried(key, problem === '');
      await turnOff(key, tenantId, failingSince, problem);
    },
    async settled({ key, tenantId, state, problem }) {
      if (state === 'delivered') return;
      await turnOff(key, tenantId, (await progress.of(key))?.failingSince ?? 0, problem);
    },
  };
}

export function createWebhookDeliveries(parts: WebhookDeliveryParts): WebhookDeliveries {
  const { queue, webhooks, outbound, clock } = parts;
  const contentOf = (webhook: Webhook, id: string, body: string) => ({
    type: 'application/json',
    body,
    headers: signedHeaders({ id, body, at: clock.now() }, webhooks.secretsOf(webhook)),
  });
  const deliveries = queue.of(webhookKind(parts, contentOf));
  const payloadOf = ({ webhookId, tenantId }: Webhook, entryId: string, type: string, createdAt: number) => {
    return { id: idOf(webhookId, entryId), webhookId, tenantId, entryId, type, createdAt };
  };

  return {
    send: (webhook, { id, type }) => deliveries.send(payloadOf(webhook, id, type, clock.now())),
    isKnown: async ({ webhookId }, { id }) => (await deliveries.get(idOf(webhookId, id))) !== undefined,
    async test(webhook) {
      const at = rfc3339(clock.now());
      const body = JSON.stringify({ type: TEST_TYPE, timestamp: at, data: { webhook: webhook.webhookId } });
      try {
        const content = contentOf(webhook, idOf(webhook.webhookId, newId()), body);
        const status = await outbound.post(webhook.address, content);
        return status >= 200 && status < 300 ? '' : `answered ${status}`;
      } catch (error) {
        return (error as Error).message;
      }
    },
    list({ webhookId }, { state, ...query }) {
      if (state === undefined) return deliveries.list({ index: 'all', equals: [webhookId], ...query });
      return deliveries.list({ index: 'key', equals: [webhookId, state], ...query });
    },
    async retry(webhook, deliveryId) {
      const found = await deliveries.get(deliveryId);
      if (found?.key !== webhook.webhookId) return false;
      return deliveries.renew(payloadOf(webhook, found.entryId, found.type, found.createdAt));
    },
  };
}
