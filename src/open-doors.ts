// What each door stands on: the parts of the core that it is handed, by name.
import type { Policy } from './capabilities/tenants/index.ts';
import type { Core } from './core/index.ts';
import { addAdminApiRoutes } from './doors/admin-api/index.ts';
import { ACR_MULTI_FACTOR, ACR_PASSWORD, type Oidc } from './doors/oidc/index.ts';
import { addRecoveryRoutes } from './doors/recovery/index.ts';
import { addSelfServiceRoutes } from './doors/self-service/index.ts';
import { addSessionApiRoutes } from './doors/session-api/index.ts';
import { addSignInRoutes, createAttempts } from './doors/sign-in/index.ts';
import type { BrowserCookies, Pages, Registry, Submissions } from './foundation/web/index.ts';

/** What pages and APIs are made with. */
export interface Web {
  registry: Registry;
  pages: Pages;
  submissions: Submissions;
  cookies: BrowserCookies;
}

type StrangersPolicy = (clientCode: string) => Policy;

/** The page at which people sign in to applications. */
export function openSignIn(core: Core, web: Web, oidc: Oidc, strangersPolicy: StrangersPolicy): void {
  const { applications, tenants, accounts, standings, sessions, audit, mail, clock, ephemeral } = core;
  const { passwords, passwordProofs, ownPassword, factorProofs, ownFactors, lockout, budgets } = core;
  const { totp, mailedCodes, passkeys, challenges, shownCodes, knownBrowsers, trustedBrowsers } = core;
  addSignInRoutes({
    ...web,
    interactions: oidc.interactions,
    browserSessions: oidc.browserSessions,
    acr: { password: ACR_PASSWORD, multiFactor: ACR_MULTI_FACTOR },
    attempts: createAttempts({ ephemeral, clock }),
    strangersPolicy,
    applications,
    tenants,
    accounts,
    passwords,
    passwordProofs,
    ownPassword,
    lockout,
    budgets,
    knownBrowsers,
    standings,
    totp,
    mailedCodes,
    passkeys,
    trustedBrowsers,
    shownCodes,
    challenges,
    factorProofs,
    ownFactors,
    sessions,
    audit,
    mail,
    clock,
  });
}

/** The pages of the person who is signed in: password, second factor, sessions. */
export function openSelfService(core: Core, web: Web, { browserSessions }: Oidc): void {
  const { settings, applications, tenants, accounts, sessions, audit, mail, clock, ephemeral } = core;
  const { ownPassword, factorProofs, ownFactors } = core;
  const { totp, mailedCodes, passkeys, challenges, shownCodes, trustedBrowsers } = core;
  addSelfServiceRoutes({
    ...web,
    browserSessions,
    issuer: settings.issuer,
    applications,
    tenants,
    accounts,
    sessions,
    audit,
    mail,
    clock,
    ephemeral,
    ownPassword,
    factorProofs,
    ownFactors,
    totp,
    mailedCodes,
    passkeys,
    challenges,
    shownCodes,
    trustedBrowsers,
  });
}

/** Forgotten passwords: the request for a link, and what the link opens. */
export function openRecovery(core: Core, web: Web): void {
  const { settings, tenants, accounts, jobs, budgets, lockout, ephemeral, clock } = core;
  const { ownPassword, factorProofs } = core;
  const { issuer } = settings;
  addRecoveryRoutes({
    ...web,
    issuer,
    tenants,
    accounts,
    jobs,
    budgets,
    lockout,
    ephemeral,
    clock,
    ownPassword,
    factorProofs,
  });
}

/** The addresses at which programs sign in. */
export function openSessionApi(core: Core, { registry }: Web, strangersPolicy: StrangersPolicy): void {
  const { tenants, accounts, standings, apiTokens, apiSessions, usage, audit, clock } = core;
  const { passwordProofs, factorProofs, ownPassword } = core;
  addSessionApiRoutes({
    registry,
    strangersPolicy,
    tenants,
    accounts,
    standings,
    apiTokens,
    apiSessions,
    usage,
    audit,
    clock,
    passwordProofs,
    factorProofs,
    ownPassword,
  });
}

/** The addresses at which administrators' own programs and tools do what administrators do. */
export function openAdminApi(core: Core, { registry }: Web, { bearerTokens }: Oidc): void {
  const { settings, tenants, applications, perform, startOperation, ephemeral, clock, vault, say } = core;
  addAdminApiRoutes({
    registry,
    bearerTokens,
    isRegisteredOrigin: applications.isAdminOrigin,
    callsPerMinute: settings.adminApi.callsPerMinute,
    issuer: settings.issuer,
    tenants,
    perform,
    startOperation,
    ephemeral,
    clock,
    vault,
    say,
  });
}
