// oidc: the only room that imports the engine: its wiring, its storage, its prompts, claims.
// Not here: how a person proves who they are (sign-in), applications and signing keys. The engine is told once, when everything is proved.
export { ACR_MULTI_FACTOR, ACR_PASSWORD, type AssuranceAsked } from './assurance.ts';
export type { Bearer, BearerTokens } from './bearer.ts';
export type { BrowserSession, BrowserSessions } from './browser-sessions.ts';
export type { EngineInteraction, Interactions, ToGrant } from './interactions.ts';
export { createOidc, type Oidc } from './oidc.ts';
