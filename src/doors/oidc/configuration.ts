import type { JWK } from 'jose';
import type { Adapter, AdapterFactory, Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { type Applications, webOrigin } from '../../capabilities/applications/index.ts';
import type { Member } from '../../capabilities/credential-events/index.ts';
import { endsWithBrowser } from '../../capabilities/tenants/index.ts';
import type { Clock, Vault } from '../../foundation/base/index.ts';
import { CLOCK_TOLERANCE_SECONDS } from './adapter.ts';
import { ACR_MULTI_FACTOR, ACR_PASSWORD } from './assurance.ts';
import { BegunEmbedded, isEmbedded, TooManyBegun } from './begun.ts';
import { claimsOfScopes, scopes } from './claims.ts';
import { createGrantLoader } from './grants.ts';
import { createInteractionPolicy, type EngineAccount } from './interaction-policy.ts';
import { resourceIndicators, signInOfToken } from './resources.ts';
import { sessionSeconds } from './session-adapter.ts';

export interface ConfigurationParts {
  issuer: string;
  jwks: readonly JWK[];
  cookieKeys: string[];
  clock: Clock;
  vault: Vault;
  applications: Applications;
  /** The account with its tenant, if it may be used. */
  usable(ctx: KoaContextWithOIDC, accountId: string): Promise<Member | undefined>;
  adapterFor(kind: string): Adapter;
  /** Called before a sign-in that this address begins is stored: whether it may be. */
  isWithinBegun(address: string): boolean;
  pages: Pick<Required<Configuration>, 'renderError'> & {
    logout(ctx: KoaContextWithOIDC, form: string): Promise<void>;
    loggedOut(ctx: KoaContextWithOIDC): Promise<void>;
  };
}

const DAY = 86_400;
const LIFETIMES = {
  code: 60,
  accessToken: 600,
  idToken: 3_600,
  interaction: 3_600,
  refreshToken: 14 * DAY,
  grant: 14 * DAY,
};

/** Paths of the interface; the issuer is the bare origin. */
export const enginePaths = {
  authorization: '/oauth2/authorize',
  end_session: '/oauth2/logout',
  introspection: '/oauth2/introspect',
  jwks: '/oauth2/jwks',
  revocation: '/oauth2/revoke',
  token: '/oauth2/token',
  userinfo: '/oauth2/userinfo',
} as const;

export function cookieNames(issuer: string) {
  const isHttps = issuer.startsWith('https:');
  // A path is set for all but the session's, so __Host- cannot be used for them (S53).
  const secure = isHttps ? '__Secure-' : '';
  return {
    session: `${isHttps ? '__Host-' : ''}sallyport_session`,
    interaction: `${secure}sallyport_interaction`,
    resume: `${secure}sallyport_resume`,
    begun: `${secure}sallyport_begun`,
    options: { httpOnly: true, sameSite: 'lax', secure: isHttps, signed: true } as const,
  };
}
export type CookieNames = ReturnType<typeof cookieNames>;

function cookies(parts: ConfigurationParts): Configuration['cookies'] {
  const { session, interaction, resume, options } = cookieNames(parts.issuer);
  return {
    keys: parts.cookieKeys,
    names: { session, interaction, resume },
    long: options,
    short: options,
  };
}

function findAccount(parts: ConfigurationParts): NonNullable<Configuration['findAccount']> {
  return async (ctx, accountId) => {
    const found = await parts.usable(ctx, accountId);
    if (!found) return undefined;
    const { account, tenant, epoch } = found;
    const { tenantId, population } = account;
    const person: EngineAccount = { accountId, epoch, tenantId, population };
    return {
      ...person,
      claims: async () => ({
        sub: accountId,
        preferred_username: account.userName,
        name: account.name ?? account.userName,
        tenant: tenant.clientCode,
        population: account.population,
        role: account.role,
        ...(account.email ? { email: account.email, email_verified: false } : {}),
      }),
    };
  };
}

function features(parts: ConfigurationParts): NonNullable<Configuration['features']> {
  return {
    backchannelLogout: { enabled: true },
    devInteractions: { enabled: false },
    claimsParameter: { enabled: true },
    clientCredentials: { enabled: true },
    dPoP: { enabled: false },
    introspection: {
      enabled: true,
      // Its own tokens, and those made for its resource; any other answers `active: false` (S74).
      allowedPolicy: async (_ctx, client, token) => {
        if (token.clientId === client.clientId) return true;
        const application = await parts.applications.byId(client.clientId);
        // An application that is gone has no audience, as most tokens have none: that is no match.
        const audience = application?.audience ?? undefined;
        return audience !== undefined && audience === (token as { aud?: unknown }).aud;
      },
    },
    pushedAuthorizationRequests: { enabled: false },
    resourceIndicators: resourceIndicators(parts),
    revocation: {
      enabled: true,
      allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId,
    },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: parts.pages.logout,
      postLogoutSuccessSource: parts.pages.loggedOut,
    },
    userinfo: { enabled: true },
  };
}

function lifetimes({ clock, isWithinBegun }: ConfigurationParts): Configuration['ttl'] {
  return {
    AccessToken: LIFETIMES.accessToken,
    AuthorizationCode: LIFETIMES.code,
    ClientCredentials: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? LIFETIMES.accessToken,
    Grant: LIFETIMES.grant,
    IdToken: LIFETIMES.idToken,
    // The one place where the engine asks us before it stores a sign-in that begins.
    Interaction: (ctx) => {
      if (isEmbedded(ctx)) throw new BegunEmbedded();
      if (!isWithinBegun((ctx.state as { address?: string }).address ?? '')) throw new TooManyBegun();
      return LIFETIMES.interaction;
    },
    RefreshToken: LIFETIMES.refreshToken,
    Session: (_ctx, session) => sessionSeconds(session as object, clock.now()),
  };
}

/** Tokens outlive the session only where `offline_access` was granted and the tenant does not end sessions with the browser (SGN-4). */
async function endsWithSession(
  parts: ConfigurationParts,
  ctx: KoaContextWithOIDC,
  token: { scopes: Set<string>; accountId?: string | undefined },
): Promise<boolean> {
  if (!token.scopes.has('offline_access') || !token.accountId) return true;
  const found = await parts.usable(ctx, token.accountId);
  return found === undefined || endsWithBrowser(found.tenant.policy);
}

/** The engine's configuration as a pure function of its parts: swapping the provider needs nothing else. */
export function engineConfiguration(parts: ConfigurationParts): Configuration {
  const adapter: AdapterFactory = (kind) => parts.adapterFor(kind);
  return {
    adapter,
    allowOmittingSingleRegisteredRedirectUri: false,
    acrValues: [ACR_MULTI_FACTOR, ACR_PASSWORD],
    claims: claimsOfScopes,
    clientBasedCORS: (_ctx, origin, client) =>
      (client.redirectUris ?? []).some((uri) => webOrigin(uri) === origin),
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    cookies: cookies(parts) ?? {},
    features: features(parts),
    extraTokenClaims: signInOfToken(parts.issuer),
    findAccount: findAccount(parts),
    interactions: {
      policy: createInteractionPolicy(parts.applications),
      url: (_ctx, interaction) => `/sign-in/${interaction.uid}`,
    },
    // Without `offline_access` refresh tokens live and die with the session; a web application always gets one.
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: (ctx, token) => endsWithSession(parts, ctx, token),
    rotateRefreshToken: () => true,
    jwks: { keys: [...parts.jwks] } as NonNullable<Configuration['jwks']>,
    loadExistingGrant: createGrantLoader({ applications: parts.applications, vault: parts.vault }),
    pkce: { required: () => true },
    renderError: parts.pages.renderError,
    responseTypes: ['code'],
    routes: enginePaths,
    scopes: [...scopes],
    ttl: lifetimes(parts) ?? {},
  };
}
