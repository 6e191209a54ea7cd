import type { Server } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import Koa, { type Context, type Middleware } from 'koa';
import { MAIL_JOB } from './capabilities/mail/index.ts';
import { createStrangersRules, loadPreset, type Policy } from './capabilities/tenants/index.ts';
import type { Core } from './core/index.ts';
import { ACR_MULTI_FACTOR, ACR_PASSWORD, createOidc } from './doors/oidc/index.ts';
import { addRecoveryRoutes, createLinkSender, RECOVER_JOB } from './doors/recovery/index.ts';
import { addSelfServiceRoutes } from './doors/self-service/index.ts';
import { addSessionApiRoutes } from './doors/session-api/index.ts';
import { addSetUpRoutes, createSetUp, type SetUp } from './doors/set-up/index.ts';
import { addSignInRoutes, createAttempts } from './doors/sign-in/index.ts';
import { guarded, type Log } from './foundation/base/index.ts';
import {
  addHealthRoutes,
  addProblemPages,
  createAssets,
  createBrowserCookies,
  createGuardedServer,
  createHealth,
  createInternalServer,
  createPages,
  createRegistry,
  createSubmissions,
  edge,
  errorRenderer,
  type Health,
  isClientGone,
  listening,
  observeRequests,
  type Pages,
  type Registry,
  securityHeaders,
} from './foundation/web/index.ts';
import { startSweeping } from './sweeping.ts';

export interface App {
  setUp: SetUp;
  registry: Registry;
  /** Starts to listen, on the internal port too unless a parent does; answers the port. */
  listen(): Promise<number>;
  /**
   * Says that it is not ready, and after the notice stops taking connections and lets running requests end. The core stays open.
   * @param noticeSeconds how long it still serves
   */
  close(noticeSeconds?: number): Promise<void>;
}

export interface AppOptions {
  log: Log;
  /** Whether a parent listens on the internal port for all its workers. */
  isWorker?: boolean;
  /** Rooms of the demo add their pages here. */
  addRoutes?(registry: Registry, pages: Pages): void;
}

const DRAIN_MS = 10_000;

function required(policy: Policy | undefined): Policy {
  if (!policy) throw new Error('a preset is missing');
  return policy;
}

async function drain(server: Server): Promise<void> {
  server.closeIdleConnections();
  const timer = setTimeout(
    guarded(
      () => {},
      () => server.closeAllConnections(),
    ),
    DRAIN_MS,
  );
  await promisify(server.close.bind(server))().catch(() => {});
  clearTimeout(timer);
}

/** Clocks further apart than this would judge one code or lease differently (P15). */
const CLOCKS_APART_SECONDS = 2;

function healthOf({ documents, ephemeral, clock, settings }: Core, areKeysKnown: () => boolean): Health {
  const clocks = async () => {
    // A store that does not answer is told by its own check.
    const askedAt = clock.now();
    const theirs = await ephemeral.serverTime().catch(() => undefined);
    // An answer that was long on its way is no clock that goes wrong.
    const isApart =
      theirs !== undefined &&
      (theirs < askedAt - CLOCKS_APART_SECONDS || theirs > clock.now() + CLOCKS_APART_SECONDS);
    if (isApart) throw new Error('the clocks of this machine and of the ephemeral store are apart');
  };
  // A process that comes back from a break may serve only once it has looked which keys are withdrawn.
  const keys = async () => {
    if (!areKeysKnown()) throw new Error('the signing keys were not looked at lately');
  };
  return createHealth(
    { documents: () => documents.ping(), ephemeral: () => ephemeral.ping(), clock: clocks, keys },
    () => ephemeral.warnings,
    settings.stores.deadlineSeconds,
  );
}

/** Once it is about to stop, every answer asks for the connection's end: none is cut that a request may be on. */
function partingWords(health: Health): Middleware {
  return async (ctx, next) => {
    if (health.isStopping()) ctx.set('connection', 'close');
    await next();
  };
}

/** The one place where everything is put together. */
export async function createApp(core: Core, options: AppOptions): Promise<App> {
  const { settings, clock, vault, documents, ephemeral, installation, tenants, accounts, applications } =
    core;
  const { passwords, standings, audit, jobs, mail, say } = core;
  const { log } = options;
  const { issuer } = settings;

  const registry = createRegistry({ origin: issuer });
  const submissions = createSubmissions({ ephemeral, clock, vault });
  const pages = createPages(createAssets(registry), say);
  const oidc = await createOidc({
    issuer,
    keys: core.keys,
    ephemeral,
    installation,
    accounts,
    tenants,
    applications,
    audit,
    registry,
    pages,
    vault,
    clock,
    log,
    isUsable: standings.isUsable,
    tellLogout: core.deliveries.tell,
    begunSignIns: settings.begunSignIns,
  });
  const setUp = createSetUp({
    documents,
    tenants,
    accounts,
    passwords,
    audit,
    clock,
    operatorPolicy: required(loadPreset('modern')),
  });

  const health = healthOf(core, oidc.areKeysKnown);
  addHealthRoutes(registry, health);
  addProblemPages(registry, pages);
  addSetUpRoutes(registry, setUp, pages, submissions);
  const { browserSessions } = oidc;
  const cookies = createBrowserCookies(issuer);
  const doors = { ...core, browserSessions, cookies, registry, pages, submissions, issuer };
  const strangers = createStrangersRules((code) => vault.mac('strangers-rules', code));
  addSignInRoutes({
    ...doors,
    interactions: oidc.interactions,
    attempts: createAttempts({ ephemeral, clock }),
    strangersPolicy: strangers,
    acr: { password: ACR_PASSWORD, multiFactor: ACR_MULTI_FACTOR },
  });
  addSelfServiceRoutes(doors);
  addRecoveryRoutes(doors);
  addSessionApiRoutes({ ...doors, strangersPolicy: strangers });
  options.addRoutes?.(registry, pages);

  const koa = new Koa();
  koa.proxy = true;
  koa.keys = oidc.cookieKeys;
  const failedOutside = (error: Error, ctx?: Context) =>
    log[ctx && isClientGone(ctx.req) ? 'debug' : 'error'](
      { error: error.message, stack: error.stack },
      'a request failed outside its handler',
    );
  koa.on('error', guarded(failedOutside, failedOutside));
  const middleware: Middleware[] = [
    observeRequests(log, core.metrics?.request),
    partingWords(health),
    securityHeaders({ isHttps: issuer.startsWith('https:') }),
    errorRenderer({ log, pages, registry }),
    edge({ issuer, trustedProxies: settings.trustedProxies, log }),
    registry.middleware(),
    oidc.middleware,
  ];
  for (const layer of middleware) koa.use(layer);

  const keepAliveTimeout = settings.listen.keepAliveSeconds * 1_000;
  const server = createGuardedServer(
    log,
    { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout },
    koa.callback(),
  );
  const sweeping = startSweeping(core, log);
  const stopJobs = jobs.start({
    ...core.administrationJobs,
    ...core.sessions.jobs,
    ...core.deliveries.jobs,
    [MAIL_JOB]: mail.deliver,
    [RECOVER_JOB]: createLinkSender({ ...core, issuer }),
  });
  const stopCounting = core.usage.start();
  const { metrics } = core;
  const { internalPort } = settings.listen;
  const internal =
    metrics && !options.isWorker
      ? createInternalServer({ log, ready: () => health.ready(), metrics: () => metrics.read() })
      : undefined;
  return {
    setUp,
    registry,
    listen: async () => {
      if (internal) await listening(internal, internalPort ?? 0, settings.listen.host);
      return listening(server, settings.listen.port, settings.listen.host);
    },
    close: async (noticeSeconds = 0) => {
      health.stop();
      await pause(noticeSeconds * 1_000);
      await sweeping.stop();
      await Promise.all([stopJobs(), drain(server)]);
      // After the last request: a clean stop loses no count.
      await stopCounting();
      oidc.close();
      if (internal?.listening) await drain(internal);
    },
  };
}
