// oidc: the only room that imports the engine: its wiring, its storage, applications, signing keys, claims.
// Not here: how a person proves who they are (sign-in). The engine is told once, when everything is proved.
export { type Application, type ApplicationKind, type Applications, createApplications } from './applications.ts';
export { type EngineInteraction, type Interactions } from './interactions.ts';
export { openSigningKeys } from './keys.ts';
export { createOidc, type Oidc } from './oidc.ts';
export { dependents } from './records.ts';
