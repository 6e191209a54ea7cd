// browser-sessions: the browser sessions and grants that the engine stores, listed and ended without the engine.
// Not here: making them (oidc), deciding when they end (credential-events).
export {
  burySession,
  type CurrentEpoch,
  isKeptPart,
  isOfEpoch,
  type Kept,
  keptPart,
  LINGER_SECONDS,
  outlivedParts,
  revokeGrant,
  type TellLogout,
  tellOf,
} from './ending.ts';
export { dependents, grantedKinds } from './kinds.ts';
export { createSessionReader } from './session-reader.ts';
