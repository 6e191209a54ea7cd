// outbound: brief requests to addresses someone else chose: only public or operator-allowed ones, no redirects.
// Not here: what is sent, and when it is tried again (sessions, jobs).
export { createOutbound, type Outbound } from './outbound.ts';
