/** The scopes that an application may ask for, and what each tells about a person. */
export const scopes = ['openid', 'offline_access', 'profile', 'email'] as const;

export const claimsOfScopes = {
  openid: ['sub', 'acr', 'amr', 'auth_time'],
  profile: ['name', 'preferred_username', 'tenant', 'population', 'role'],
  email: ['email', 'email_verified'],
};

/** Each is told with `openid` anyway. */
const ALWAYS = new Set(claimsOfScopes.openid);
const ASKED_ONE_BY_ONE = Object.values(claimsOfScopes)
  .flat()
  .filter((claim) => !ALWAYS.has(claim));

interface ClaimsRequest {
  userinfo?: Record<string, unknown>;
  id_token?: Record<string, unknown>;
}

/** The `claims` of an authorization request; malformed ones are the engine's to refuse. */
export function readClaims(claims: unknown): ClaimsRequest {
  if (typeof claims !== 'string') return {};
  try {
    return (JSON.parse(claims) as ClaimsRequest | null) ?? {};
  } catch {
    return {};
  }
}

/** What is asked for one by one (OpenID Connect Core, section 5.5), as far as the engine grants it: `null` or an object. */
export function claimsAskedFor(claims: unknown): string[] {
  const { userinfo, id_token } = readClaims(claims);
  const asks = (where: Record<string, unknown> | undefined, claim: string) =>
    where !== undefined && Object.hasOwn(where, claim) && typeof where[claim] === 'object';
  return ASKED_ONE_BY_ONE.filter((claim) => asks(userinfo, claim) || asks(id_token, claim));
}
