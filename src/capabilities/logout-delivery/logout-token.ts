import { importJWK, SignJWT } from 'jose';
import { type Clock, newId } from '../../foundation/base/index.ts';
import type { Keys } from '../signing-keys/index.ts';

const ALG = 'ES256';
/** Back-Channel Logout 1.0, section 2.4: short, so that a copy is soon of no use. */
const LIFETIME_SECONDS = 120;
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** Signs logout tokens (OpenID Connect Back-Channel Logout 1.0, section 2.4), without the engine. */
export function createLogoutTokens({ keys, clock, issuer }: { keys: Keys; clock: Clock; issuer: string }) {
  return async ({ sub, aud, sid }: { sub: string; aud: string; sid: string }): Promise<string> => {
    const jwk = (await keys.current()).find(({ alg }) => alg === ALG);
    if (!jwk?.kid) throw new Error('there is no signing key');
    const now = clock.now();
    return new SignJWT({ sid, events: { [EVENT]: {} } })
      .setProtectedHeader({ alg: ALG, typ: 'logout+jwt', kid: jwk.kid })
      .setIssuer(issuer)
      .setAudience(aud)
      .setSubject(sub)
      .setIssuedAt(now)
      .setExpirationTime(now + LIFETIME_SECONDS)
      .setJti(newId())
      .sign(await importJWK(jwk, ALG));
  };
}
