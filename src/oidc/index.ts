// oidc: the only room that imports the engine: its wiring, its storage, applications, signing keys, claims.
// Not here: how a person proves who they are (sign-in). The engine is told once, when everything is proved.
export type { Application, ApplicationKind, Applications } from './applications.ts';
export { ACR_MULTI_FACTOR, ACR_PASSWORD, type AssuranceAsked } from './assurance.ts';
export type { BrowserSession, BrowserSessions } from './browser-sessions.ts';
export { builtInId, SIGNED_IN_PATH } from './built-in.ts';
export type { EngineInteraction, Interactions, ToGrant } from './interactions.ts';
export { createOidc } from './oidc.ts';
