// webhooks: which addresses of a tenant hear of which events of its audit, how what they get is signed, and how far each has been told.
// Not here: the audit itself, the queue and the state of each delivery (delivery-queue), the requests (outbound).
export { createWebhookDeliveries, type WebhookDeliveries, type WebhookDelivery } from './deliveries.ts';
export { createFollowing, type Following } from './following.ts';
export { createProgress, type ProgressKeeper } from './progress.ts';
export { createWebhooks, type Webhook, type Webhooks } from './webhooks.ts';
