// What servers of others are told, put together: one queue, and the webhooks that tenants have named to it.
import { logoutUriProblem } from '../capabilities/applications/index.ts';
import { createDeliveryQueue } from '../capabilities/delivery-queue/index.ts';
import { createOutbound } from '../capabilities/outbound/index.ts';
import {
  createFollowing,
  createProgress,
  createWebhookDeliveries,
  createWebhooks,
} from '../capabilities/webhooks/index.ts';
import type { Ground } from './build.ts';
import type { Core } from './index.ts';

/** The queue, and what feeds it with the events of the audit. */
export function buildOutside(
  { settings, clock, log, vault, stores }: Ground,
  { audit, jobs }: Pick<Core, 'audit' | 'jobs'>,
) {
  const { documents, ephemeral } = stores;
  const outbound = createOutbound(settings.outbound);
  const deliveryQueue = createDeliveryQueue({ documents, jobs, outbound, clock });
  const addressProblem = logoutUriProblem;
  const webhooks = createWebhooks({ documents, ephemeral, vault, clock, addressProblem });
  const webhookProgress = createProgress({ documents, clock });
  const shared = { webhooks, progress: webhookProgress, audit, clock };
  const webhookDeliveries = createWebhookDeliveries({ ...shared, queue: deliveryQueue, outbound });
  const following = createFollowing({ ...shared, deliveries: webhookDeliveries, log });
  return { deliveryQueue, webhooks, webhookProgress, webhookDeliveries, following };
}
