// signing-keys: the keys that sign tokens: made, published, rotated, withdrawn, sealed at rest.
// Not here: signing ID tokens (the engine), serving the key set (oidc).
export { JWKS_SECONDS } from './key-states.ts';
export { createKeys, giveKeysTimes, type Keys } from './keys.ts';
