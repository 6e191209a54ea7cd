// account-state: how an account stands: the one table of reasons why a sign-in, a session or a token is refused, and which of them hold now.
// Not here: ending anything (credential-events), the facts themselves (passwords, second-factor, lockout).
export {
  endsRunningSession,
  type Facts,
  type FirstProof,
  type Reason,
  reasonsFor,
  reasonsFrom,
  reasonTable,
  reasonTo,
  stateReasons,
} from './reasons.ts';
export { createStandings, type Standings } from './standing.ts';
