// sessions: the credential event and all that it ends, and the one table of reasons why a session ends or a sign-in asks for more.
// Not here: making sessions and tokens (oidc), judging credentials (passwords, second-factor).
export {
  endsRunningSession,
  type Facts,
  type Reason,
  reasonsFrom,
  reasonTable,
  reasonTo,
} from './reasons.ts';
export {
  type CredentialEvent,
  type CredentialEventKind,
  createSessions,
  type Dependent,
  epochOf,
  type Keep,
  type KeptSession,
  keptTogether,
  type LiveSession,
  type SeenEpoch,
  type SessionReader,
  type Sessions,
} from './sessions.ts';
