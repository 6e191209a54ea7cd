// logout-delivery: applications that must be told that a session has ended: the queue, the tokens, and the state of each delivery.
// Not here: ending sessions (credential-events, browser-sessions), the requests themselves (outbound).
export {
  createDeliveries,
  type Deliveries,
  type DeliveryState,
  deliveryStates,
  type SignOn,
} from './deliveries.ts';
export { createLogoutTokens } from './logout-token.ts';
