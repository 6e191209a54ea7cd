// credential-events: members and their epochs; one change of a credential, the new epoch, and the end of all that depended on the old one.
// Not here: making sessions and tokens (oidc), judging credentials (passwords, second-factor).
export { type Dependent, type KeptSession, keptTogether } from './events.ts';
export { loadMember, type Member, memberOf } from './member.ts';
export {
  createSessions,
  type LiveSession,
  type ProgramSessions,
  type SessionReader,
  type Sessions,
} from './sessions.ts';
