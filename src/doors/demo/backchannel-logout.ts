import { createRemoteJWKSet, jwtVerify } from 'jose';

/** Where the sample application hears that a session has ended. */
export const BACKCHANNEL_LOGOUT_PATH = '/backchannel-logout';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/**
 * What an application does with a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.6): verify it like an ID
 * token, and see that it is one.
 * @returns reads the `sid` of the session to be ended; it throws for anything but a logout token for this application
 */
export function logoutTokenReader({ issuer, clientId }: { issuer: string; clientId: string }) {
  const keys = createRemoteJWKSet(new URL('/oauth2/jwks', issuer));
  return async (token: string): Promise<string> => {
    const { payload } = await jwtVerify(token, keys, { issuer, audience: clientId, typ: 'logout+jwt' });
    const { events, sid, nonce } = payload as {
      events?: Record<string, object>;
      sid?: string;
      nonce?: string;
    };
    if (!events?.[EVENT] || !sid || nonce !== undefined) throw new Error('not a logout token');
    return sid;
  };
}
