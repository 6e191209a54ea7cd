// base: what every room stands on: the clock, ids and randomness, the vault, errors, the log.
// Not here: anything that knows what an account, a request or a store is. This room imports nothing of ours.
export { browserToken, withNewBrowserToken } from './browser-tokens.ts';
export { type Clock, dayOf, readInstant, rfc3339, systemClock } from './clock.ts';
export { type ErrorCode, errorCatalogue, isSallyportError, SallyportError } from './errors.ts';
export { errorOf, guarded } from './guarded.ts';
export { fingerprint, firstIdAt, newId, newSecret, randomBelow, randomText, sameSecret } from './ids.ts';
export { createLanguage, type Say } from './language.ts';
export { createLog, type Log, type LogLevel } from './log.ts';
export {
  isInNetworks,
  isPublicAddress,
  isRange,
  isWithin,
  networkOf,
  parseRange,
  plainAddress,
  type Range,
  readHop,
} from './networks.ts';
export { assertFile, closeToOthers, makeFolder, makePrivateFile, openMode } from './private-files.ts';
export {
  type Mistake,
  type Refusal,
  type RefusalCode,
  type Refused,
  refusalCatalogue,
  refusalSentence,
  refuse,
} from './refusals.ts';
export { isTimeZone, longDate, longTime } from './times.ts';
export { typedCode, typedName } from './typed.ts';
export { createSealer, createVault, type Sealer, type Vault } from './vault.ts';
export { createVersionedCache, type VersionedCache } from './versioned-cache.ts';
