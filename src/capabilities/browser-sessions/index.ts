// browser-sessions: the browser sessions and grants that the engine stores, listed and ended without the engine.
// Not here: making them (oidc), deciding when they end (credential-events).
export {
  burySession,
  type CurrentEpoch,
  isKeptEntry,
  isOfEpoch,
  type Kept,
  keptEntry,
  LINGER_SECONDS,
  outlivedEntries,
  revokeGrant,
  type TellLogout,
  tellOf,
} from './ending.ts';
export { dependents, grantedKinds } from './kinds.ts';
export { createSessionReader } from './session-reader.ts';
