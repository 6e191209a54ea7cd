import type { JWK } from 'jose';
import type { Middleware } from 'koa';
import compose from 'koa-compose';
import Provider, { type Adapter, type KoaContextWithOIDC } from 'oidc-provider';
import type { FirstProof } from '../../capabilities/account-state/index.ts';
import type { Accounts } from '../../capabilities/accounts/index.ts';
import type { Applications } from '../../capabilities/applications/index.ts';
import type { Audit } from '../../capabilities/audit/index.ts';
import type { TellLogout } from '../../capabilities/browser-sessions/index.ts';
import { loadMember, type Member } from '../../capabilities/credential-events/index.ts';
import type { Keys } from '../../capabilities/signing-keys/index.ts';
import type { Tenants } from '../../capabilities/tenants/index.ts';
import { type Clock, guarded, type Log, SallyportError, type Vault } from '../../foundation/base/index.ts';
import type { Ephemeral, Installation } from '../../foundation/stores/index.ts';
import type { Pages, Registry, WebContext } from '../../foundation/web/index.ts';
import { type AdapterParts, RecordAdapter, translated } from './adapter.ts';
import { type BearerTokens, createBearerTokens } from './bearer.ts';
import { createBegunLimit, isEmbedded } from './begun.ts';
import { boundBegunSignIns } from './begun-sign-ins.ts';
import { type BrowserSessions, createBrowserSessions } from './browser-sessions.ts';
import { ClientAdapter } from './client-adapter.ts';
import { type ConfigurationParts, cookieNames, engineConfiguration, enginePaths } from './configuration.ts';
import { listen } from './events.ts';
import { createInteractions, type Interactions } from './interactions.ts';
import { adjustModels } from './models.ts';
import { enginePages } from './pages.ts';
import { declareEngineRoutes } from './routes.ts';
import { createProvider, signOutForms } from './sent-on.ts';
import { SessionAdapter } from './session-adapter.ts';
import { keepWellKnown, publicPaths } from './well-known.ts';

export interface OidcParts {
  issuer: string;
  keys: Keys;
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
  /** Whether sessions and tokens of an account may be used that began with this proof. */
  isUsable(member: Member, first: FirstProof): boolean;
  tellLogout: TellLogout;
  /** How many sign-ins one network may begin within ten minutes. */
  begunSignIns: number;
}

/** What outlives the provider of one set of keys. */
type ProviderParts = OidcParts & { isWithinBegun(address: string): boolean };

export interface Oidc {
  middleware: Middleware;
  interactions: Interactions;
  browserSessions: BrowserSessions;
  bearerTokens: BearerTokens;
  /** The outer application must sign its cookies with the same keys. */
  cookieKeys: string[];
  /** Whether the signing keys were looked at lately: without that every door of the protocol answers 503 (F19). */
  areKeysKnown(): boolean;
  close(): void;
}

/** Loads an account at most once a request: the session, the grant and the claims all ask for it. */
function accountReader({
  accounts,
  tenants,
  isUsable,
}: Pick<OidcParts, 'accounts' | 'tenants' | 'isUsable'>) {
  const byRequest = new WeakMap<object, Map<string, Promise<Member | undefined>>>();
  const read = (accountId: string) => loadMember({ accounts, tenants }, accountId);
  const readOnce = (ctx: object | undefined, accountId: string) => {
    if (!ctx) return read(accountId);
    const known = byRequest.get(ctx) ?? new Map<string, Promise<Member | undefined>>();
    byRequest.set(ctx, known);
    const reading = known.get(accountId) ?? read(accountId);
    known.set(accountId, reading);
    return reading;
  };
  return async (ctx: object | undefined, accountId: string, first: FirstProof) => {
    const found = await readOnce(ctx, accountId);
    return found && isUsable(found, first) ? found : undefined;
  };
}

/** What the engine asks for outside of its adapters: a lost store must reach it as 503 there too, and not as a fault of ours. */
function inTermsOfEngine(applications: Applications): Applications {
  return { ...applications, byId: (id) => translated(() => applications.byId(id)) };
}

/** Builds a provider: a pure function of its parts, so that keys can change by swapping it. */
function build(parts: ProviderParts, cookieKeys: string[], jwks: readonly JWK[]): Provider {
  const { ephemeral, vault, clock, installation, audit } = parts;
  const applications = inTermsOfEngine(parts.applications);
  const found = accountReader(parts);
  const usable: typeof found = (...asked) => translated(() => found(...asked));
  const adapterParts: AdapterParts = {
    ephemeral,
    vault,
    clock,
    installation,
    tellLogout: parts.tellLogout,
    current: async (accountId, first) => {
      const found = await usable(Provider.ctx, accountId, first);
      return found && { epoch: found.epoch, event: found.account.epochEvent };
    },
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
    jwks,
    cookieKeys,
    clock,
    vault,
    applications,
    // Reasons about a password are held against the session and the grant, which know if one was given. The engine reads one
    // of them wherever it asks for a person, but may ask for the person first.
    usable: (ctx: KoaContextWithOIDC, accountId) => usable(ctx, accountId, 'passkey'),
    adapterFor,
    isWithinBegun: parts.isWithinBegun,
    pages: enginePages({ ...parts, applications }),
  };
  const provider = createProvider(parts.issuer, engineConfiguration(configuration), parts);
  provider.proxy = true;
  adjustModels(provider, { sessions, ephemeral, clock, applications });
  listen(provider, parts);
  return provider;
}

/** How often the keys are looked at: every process follows a rotation within a second (OID-2). */
const LOOK_MS = 500;
/** Keys that could not be looked at for so long are not used: a withdrawn one may be among them (F19). */
const KEYS_KNOWN_MS = 5_000;

/** The provider with the keys of this moment. Swapped as a whole when they change: all state is in the adapters. */
async function followKeys(parts: ProviderParts, cookieKeys: string[]) {
  const made = (jwks: readonly JWK[]) => {
    const provider = build(parts, cookieKeys, jwks);
    const handle = compose([
      keepWellKnown(parts.issuer),
      boundBegunSignIns(cookieNames(parts.issuer), parts.clock),
      signOutForms(parts),
      ...(provider.middleware as Middleware[]),
    ]) as Middleware;
    return { provider, handle, kids: jwks.map(({ kid }) => kid).join() };
  };
  let live = made(await parts.keys.current());
  let lookedAt = performance.now();
  let isLooking = false;
  const look = async () => {
    const jwks = await parts.keys.current();
    lookedAt = performance.now();
    if (jwks.map(({ kid }) => kid).join() === live.kids) return;
    live = made(jwks);
    parts.log.info({ signing: live.kids.split(',')[0] }, 'signing keys changed');
  };
  const lookOnce = async () => {
    // One look at a time: a slow one that read the former keys must not come after a newer one.
    if (isLooking) return;
    isLooking = true;
    await look().finally(() => {
      isLooking = false;
    });
  };
  const failed = (error: Error) => parts.log.debug({ error: error.message }, 'signing keys not looked at');
  const timer = setInterval(guarded(failed, lookOnce), LOOK_MS);
  timer.unref();
  return {
    live: () => live,
    areKnown: () => performance.now() - lookedAt < KEYS_KNOWN_MS,
    stop: () => clearInterval(timer),
  };
}

export async function createOidc(parts: OidcParts): Promise<Oidc> {
  const cookieKeys = [parts.vault.mac('cookies', 'current')];
  const isWithinBegun = createBegunLimit(parts.clock, parts.begunSignIns);
  const isWithinSignOuts = createBegunLimit(parts.clock, parts.begunSignIns);
  const keys = await followKeys({ ...parts, isWithinBegun }, cookieKeys);
  const usable = accountReader(parts);
  declareEngineRoutes(parts.registry);
  return {
    middleware: (ctx, next) => {
      if (!keys.areKnown() && !publicPaths.has(ctx.path))
        throw new SallyportError('store_unavailable', 'the signing keys could not be looked at');
      // The engine stores a session for everybody who asks for it, signed in or not.
      if (ctx.path === enginePaths.end_session) {
        if (isEmbedded(ctx)) throw new SallyportError('cross_site_refused', ctx.get('sec-fetch-dest'));
        if (!isWithinSignOuts((ctx as WebContext).state.address)) throw new SallyportError('too_many_begun');
      }
      return keys.live().handle(ctx, next);
    },
    interactions: createInteractions(() => keys.live().provider, parts.applications),
    browserSessions: createBrowserSessions(() => keys.live().provider, parts),
    bearerTokens: createBearerTokens(() => keys.live().provider, {
      ...parts,
      usable: (accountId, first) => usable(undefined, accountId, first),
    }),
    cookieKeys,
    areKeysKnown: keys.areKnown,
    close: keys.stop,
  };
}
