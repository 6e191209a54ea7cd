// outbound: requests to addresses that somebody else chose: only public ones and those the operator allows, briefly, following nothing.
// Not here: what is sent, and when it is tried again (sessions, jobs).
export { createOutbound, type Outbound } from './outbound.ts';
