// delivery-queue: the one queue of what servers of others must be told: the state of each delivery, who is asked when, and again when.
// Not here: what is told and to whom (logout-delivery, webhooks: the kinds), the requests themselves (outbound), the clockwork (jobs).
export {
  createDeliveryQueue,
  type DeliveryQueue,
} from './delivery-queue.ts';
export {
  type Content,
  type Delivery,
  type DeliveryKind,
  type DeliveryState,
  deliveryStates,
  type Payload,
} from './kind.ts';
export type { Deliveries, Sent } from './of-kind.ts';
