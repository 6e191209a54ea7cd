import { z } from 'zod';
import { deliveryStates } from '../../../capabilities/delivery-queue/index.ts';
import { refuse } from '../../../foundation/base/index.ts';
import { done, operation } from '../operation.ts';
import { after, instant, reason } from '../schemas.ts';

const MOST_A_PAGE = 100;
const webhook = z.string().max(200).describe('its id or its name');

/** It is sent once, whether the webhook is on or off, and is not queued. */
export const test = operation({
  name: 'webhook test',
  summary: 'Sends a test event to a webhook, and says what its receiver answered.',
  on: 'tenant',
  permission: 'manage-webhooks',
  effect: 'changes',
  audit: 'webhook.tested',
  path: '/tenants/{tenant}/webhooks/{webhook}/test',
  input: z.strictObject({ webhook }),
  output: z.object({ delivered: z.boolean(), problem: z.string() }),
  run: async ({ webhooks, webhookDeliveries }, { tenant }, { webhook: named }) => {
    const found = await webhooks.named(tenant.id, named);
    if ('refused' in found) return found;
    const problem = await webhookDeliveries.test(found);
    return done(
      { delivered: problem === '', problem },
      { entry: { reason: problem, detail: { webhook: found.webhookId, name: found.name } } },
    );
  },
});

export const deliveries = operation({
  name: 'webhook deliveries',
  summary:
    'Lists what a webhook was told in the last days, what it is still to be told, and what it could not be told.',
  on: 'tenant',
  permission: 'manage-webhooks',
  effect: 'reads',
  path: '/tenants/{tenant}/webhooks/{webhook}/deliveries',
  input: z.strictObject({
    webhook,
    state: z.enum(deliveryStates).optional(),
    after,
    limit: z.number().int().min(1).max(MOST_A_PAGE).default(MOST_A_PAGE),
  }),
  output: z.object({
    deliveries: z.array(
      z.object({
        id: z.string().describe('the header webhook-id'),
        type: z.string(),
        entryId: z.string().describe('of the audit'),
        state: z.enum(deliveryStates),
        attempts: z.number(),
        problem: z.string().describe('what the last attempt met'),
        createdAt: instant,
        triedAt: instant.nullable(),
      }),
    ),
    next: z.string().optional(),
  }),
  run: async ({ webhooks, webhookDeliveries }, { tenant }, { webhook: named, ...query }) => {
    const found = await webhooks.named(tenant.id, named);
    if ('refused' in found) return found;
    const { items, next } = await webhookDeliveries.list(found, query);
    return done({
      deliveries: items.map((one) => ({ ...one, triedAt: one.triedAt || null })),
      ...(next ? { next } : {}),
    });
  },
});

/** @see AUD-1: nothing that was given up is lost as long as it is listed */
export const retry = operation({
  name: 'webhook retry',
  summary: 'Queues again what a webhook could not be told: one event, or all that are listed as given up.',
  on: 'tenant',
  permission: 'manage-webhooks',
  effect: 'changes',
  audit: 'webhook.retried',
  path: '/tenants/{tenant}/webhooks/{webhook}/retry',
  input: z.strictObject({ webhook, delivery: z.string().max(200).optional(), reason }),
  output: z.object({ queued: z.number() }),
  run: async ({ webhooks, webhookDeliveries }, { tenant }, { webhook: named, delivery }, { progress }) => {
    const found = await webhooks.named(tenant.id, named);
    if ('refused' in found) return found;
    if (found.state === 'off') return refuse('webhook_off', { name: found.name });
    let queued = 0;
    if (delivery !== undefined) {
      queued = (await webhookDeliveries.retry(found, delivery)) ? 1 : 0;
      if (queued === 0) return refuse('webhook_delivery_unknown');
    }
    let cursor: string | undefined;
    do {
      const query = { state: 'given-up', after: cursor, limit: MOST_A_PAGE } as const;
      const page = delivery === undefined ? await webhookDeliveries.list(found, query) : { items: [] };
      for (const { id } of page.items) if (await webhookDeliveries.retry(found, id)) queued += 1;
      progress(queued);
      cursor = 'next' in page ? page.next : undefined;
    } while (cursor);
    return done(
      { queued },
      { isUnchanged: queued === 0, entry: { detail: { webhook: found.webhookId, events: queued } } },
    );
  },
});
