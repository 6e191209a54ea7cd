// What commands need of this room without loading the engine.
export {
  type Application,
  type ApplicationKind,
  type Applications,
  createApplications,
} from './applications.ts';
export { createKeys, giveKeysTimes, type Keys, type ListedKey } from './keys.ts';
export { createLogoutTokens } from './logout-token.ts';
export { dependents } from './records.ts';
export { createSessionReader } from './session-reader.ts';
