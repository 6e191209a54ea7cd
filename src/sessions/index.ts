// sessions: the credential event and all that it ends.
// Not here: making sessions and tokens (oidc), judging credentials (passwords, second-factor).
export {
  type CredentialEvent,
  type CredentialEventKind,
  createSessions,
  type Dependent,
  type Sessions,
} from './sessions.ts';
