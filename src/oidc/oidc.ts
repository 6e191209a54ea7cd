import type { JWK } from 'jose';
import type { Middleware } from 'koa';
import compose from 'koa-compose';
import Provider, { type Adapter, type KoaContextWithOIDC } from 'oidc-provider';
import { type Account, type Accounts, isUsable } from '../accounts/index.ts';
import type { Audit } from '../audit/index.ts';
import type { Clock, Log, Vault } from '../base/index.ts';
import type { Ephemeral, Installation } from '../stores/index.ts';
import type { Tenant, Tenants } from '../tenants/index.ts';
import type { Pages, Registry } from '../web/index.ts';
import { type AdapterParts, RecordAdapter } from './adapter.ts';
import type { Applications } from './applications.ts';
import { ClientAdapter } from './client-adapter.ts';
import { type ConfigurationParts, engineConfiguration } from './configuration.ts';
import { listen } from './events.ts';
import { createInteractions, type Interactions } from './interactions.ts';
import { adjustModels } from './models.ts';
import { enginePages } from './pages.ts';
import { declareEngineRoutes } from './routes.ts';
import { SessionAdapter } from './session-adapter.ts';
import { keepWellKnown } from './well-known.ts';

export interface OidcParts {
  issuer: string;
  signingKeys: readonly JWK[];
  ephemeral: Ephemeral;
  installation(): Promise<Installation>;
  accounts: Accounts;
  tenants: Tenants;
  applications: Applications;
  audit: Audit;
  registry: Registry;
  pages: Pages;
  vault: Vault;
  clock: Clock;
  log: Log;
}

export interface Oidc {
  middleware: Middleware;
  interactions: Interactions;
  /** The outer application must sign its cookies with the same keys. */
  cookieKeys: string[];
}

type Usable = { account: Account; tenant: Tenant };

/** Loads an account at most once a request: the session, the grant and the claims all ask for it. */
function accountReader({ accounts, tenants }: Pick<OidcParts, 'accounts' | 'tenants'>) {
  const byRequest = new WeakMap<object, Map<string, Promise<Usable | undefined>>>();
  const read = async (accountId: string): Promise<Usable | undefined> => {
    const account = (await accounts.byId(accountId))?.doc;
    if (!account || !isUsable(account)) return undefined;
    const tenant = await tenants.byId(account.tenantId);
    return tenant && { account, tenant };
  };
  return (ctx: object | undefined, accountId: string) => {
    if (!ctx) return read(accountId);
    const known = byRequest.get(ctx) ?? new Map<string, Promise<Usable | undefined>>();
    byRequest.set(ctx, known);
    const reading = known.get(accountId) ?? read(accountId);
    known.set(accountId, reading);
    return reading;
  };
}

/** Builds a provider: a pure function of its parts, so that keys can change by swapping it. */
function build(parts: OidcParts, cookieKeys: string[]): Provider {
  const { ephemeral, vault, clock, installation, audit, applications } = parts;
  const usable = accountReader(parts);
  const adapterParts: AdapterParts = {
    ephemeral,
    vault,
    clock,
    installation,
    currentEpoch: async (accountId) => (await usable(Provider.ctx, accountId))?.account.epoch,
    onReuse: (kind, payload) =>
      audit.write({
        type: 'token.refused',
        outcome: 'refused',
        accountId: payload.accountId ?? '',
        applicationId: payload.clientId ?? '',
        reason: `${kind} used twice`,
      }),
  };
  const sessions = new SessionAdapter(adapterParts);
  const clients = new ClientAdapter(applications);
  const adapterFor = (kind: string): Adapter =>
    kind === 'Session' ? sessions : kind === 'Client' ? clients : new RecordAdapter(kind, adapterParts);
  const configuration: ConfigurationParts = {
    issuer: parts.issuer,
    jwks: parts.signingKeys,
    cookieKeys,
    clock,
    vault,
    applications,
    usable: (ctx: KoaContextWithOIDC, accountId) => usable(ctx, accountId),
    adapterFor,
    pages: enginePages(parts),
  };
  const provider = new Provider(parts.issuer, engineConfiguration(configuration));
  provider.proxy = true;
  adjustModels(provider, { sessions, ephemeral, clock, applications });
  listen(provider, parts);
  return provider;
}

export function createOidc(parts: OidcParts): Oidc {
  const cookieKeys = [parts.vault.mac('cookies', 'current')];
  const provider = build(parts, cookieKeys);
  declareEngineRoutes(parts.registry);
  return {
    middleware: compose([keepWellKnown(), ...(provider.middleware as Middleware[])]) as Middleware,
    interactions: createInteractions(() => provider, parts.applications),
    cookieKeys,
  };
}
