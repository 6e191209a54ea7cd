import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import {
  ADMIN_SCOPE,
  type Application,
  type Applications,
  mayAdminister,
} from '../../capabilities/applications/index.ts';

const JWT_SECONDS = 300;
const ADMIN_TOKEN_SECONDS = 600;

/** The audience of tokens for the admin API. */
export function adminApiOf(issuer: string): string {
  return `${issuer}/api/v1`;
}

function asksForAdmin(ctx: KoaContextWithOIDC): boolean {
  const scope = ctx.oidc.params?.scope;
  return typeof scope === 'string' && scope.split(' ').includes(ADMIN_SCOPE);
}

/** The machine's own resource and our admin API, and no other: tokens are restricted to an audience (S74, RFC 8707). */
export function resourceIndicators({ applications, issuer }: { applications: Applications; issuer: string }) {
  const adminApi = adminApiOf(issuer);
  const ownAudience = (application: Application | undefined) =>
    (application?.kind === 'machine' && application.audience) || undefined;

  const defaultFor = async (ctx: KoaContextWithOIDC, clientId: string) => {
    const application = await applications.byId(clientId);
    if (!application) return undefined;
    const isForAdmin = mayAdminister(application) && (application.kind === 'machine' || asksForAdmin(ctx));
    return ownAudience(application) ?? (isForAdmin ? adminApi : undefined);
  };
  return {
    enabled: true,
    defaultResource: async (ctx, client, oneOf) => {
      const wanted = await defaultFor(ctx, client.clientId);
      return (oneOf && wanted && !oneOf.includes(wanted) ? oneOf : wanted) as string;
    },
    // A library names no resource when it redeems a code: who asked for `admin` gets a token for it.
    useGrantedResource: (_ctx, model) =>
      [(model as { resource?: unknown }).resource].flat().includes(adminApi),
    getResourceServerInfo: async (_ctx, resource, client) => {
      const application = await applications.byId(client.clientId);
      if (application && resource === adminApi && mayAdminister(application))
        // Opaque: it ends at once with what it hangs on, and we are the only ones to read it.
        return {
          scope: ADMIN_SCOPE,
          audience: adminApi,
          accessTokenTTL: ADMIN_TOKEN_SECONDS,
          accessTokenFormat: 'opaque',
        };
      if (!application || resource !== ownAudience(application)) throw new errors.InvalidTarget();
      return {
        scope: application.scopes.join(' '),
        audience: resource,
        accessTokenTTL: JWT_SECONDS,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      };
    },
  } satisfies NonNullable<Configuration['features']>['resourceIndicators'];
}

/**
 * What a token for the admin API remembers of the sign-in behind it: an access token of the engine does not carry its time
 * (RFC 9470 needs it).
 */
export function signInOfToken(issuer: string): NonNullable<Configuration['extraTokenClaims']> {
  return (ctx, token) => {
    if (token.aud !== adminApiOf(issuer) || !('accountId' in token)) return undefined;
    const { AuthorizationCode: code, RefreshToken: refreshToken } = ctx.oidc.entities;
    const { authTime, acr } = (code ?? refreshToken ?? {}) as { authTime?: number; acr?: string };
    return { auth_time: authTime ?? 0, ...(acr ? { acr } : {}) };
  };
}
