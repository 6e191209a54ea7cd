// sessions: the credential event and all that it ends, the applications that hear of it, and the one table of reasons why a session ends.
// Not here: making sessions and tokens (oidc), judging credentials (passwords, second-factor).
export {
  createDeliveries,
  type Deliveries,
  type DeliveryState,
  deliveryStates,
  type LogoutDelivery,
  type SignOn,
} from './deliveries.ts';
export {
  type CredentialEvent,
  type CredentialEventKind,
  type Dependent,
  epochOf,
  type Keep,
  type KeptSession,
  keptTogether,
  type SeenEpoch,
} from './events.ts';
export {
  endsApiSession,
  endsRunningSession,
  type Facts,
  type Reason,
  reasonsFrom,
  reasonTable,
  reasonTo,
} from './reasons.ts';
export {
  createSessions,
  type LiveSession,
  type ProgramSessions,
  type SessionReader,
  type Sessions,
} from './sessions.ts';
export type { Ended } from './sweep.ts';
