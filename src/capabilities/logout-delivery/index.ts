// logout-delivery: applications that must be told that a session has ended: the tokens, and the kind of delivery that they are.
// Not here: ending sessions (credential-events, browser-sessions), the queue and the state of each delivery (delivery-queue).
export { createLogoutDeliveries, type LogoutDeliveries, type SignOn } from './deliveries.ts';
export { createLogoutTokens } from './logout-token.ts';
