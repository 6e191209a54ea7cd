// sessions: the credential event and all that it ends.
// Not here: making sessions and tokens (oidc), judging credentials (passwords, second-factor).
export { createSessions, type CredentialEvent, type CredentialEventKind, type Dependent, type Sessions } from './sessions.ts';
