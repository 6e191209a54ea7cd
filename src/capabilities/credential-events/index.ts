// credential-events: the credential event: one change of a credential, the new epoch, and the end of all that depended on the old one.
// Not here: making sessions and tokens (oidc), judging credentials (passwords, second-factor).
export { type Dependent, epochOf, type KeptSession, keptTogether } from './events.ts';
export {
  createSessions,
  type LiveSession,
  type ProgramSessions,
  type SessionReader,
  type Sessions,
} from './sessions.ts';
