import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import Koa, { type Middleware } from 'koa';
import type { Log } from './base/index.ts';
import type { Core } from './core.ts';
import { MAIL_JOB } from './mail/index.ts';
import { ACR_MULTI_FACTOR, ACR_PASSWORD, createOidc } from './oidc/index.ts';
import { addRecoveryRoutes, createLinkSender, RECOVER_JOB } from './recovery/index.ts';
import { addSelfServiceRoutes } from './self-service/index.ts';
import { addSessionApiRoutes, sessionApiAddresses } from './session-api/index.ts';
import { addSetUpRoutes, createSetUp, type SetUp } from './set-up/index.ts';
import { addSignInRoutes, createAttempts } from './sign-in/index.ts';
import { loadPreset, type Policy, parsePolicy } from './tenants/index.ts';
import {
  addHealthRoutes,
  createAssets,
  createBrowserCookies,
  createHealth,
  createInternalServer,
  createPages,
  createRegistry,
  edge,
  errorRenderer,
  type Health,
  observeRequests,
  type Pages,
  type Registry,
  securityHeaders,
} from './web/index.ts';

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

const SWEEP_MS = 30_000;
const SWEEP_ROWS = 500;
const DRAIN_MS = 10_000;

function required(policy: Policy | undefined): Policy {
  if (!policy) throw new Error('a preset is missing');
  return policy;
}

function strangersPolicy(): Policy {
  const parsed = parsePolicy({});
  if ('mistakes' in parsed) throw new Error('the default policy is not sound');
  return parsed.policy;
}

/** Lets applications know of sessions that expired, and deletes what has, little by little; every read checks the expiry itself. */
function startSweeping({ ephemeral, clock, sessions, deliveries }: Core, log: Log): () => void {
  const sweep = async () => {
    await sessions.endExpired();
    await deliveries.clear();
    await ephemeral.sweep(clock.now(), SWEEP_ROWS);
  };
  const timer = setInterval(() => {
    sweep().catch((error: Error) => log.warn({ error: error.message }, 'the sweep failed'));
  }, SWEEP_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function listening(server: Server, port: number, host: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once('error', reject);
  server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  return promise;
}

async function drain(server: Server): Promise<void> {
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await promisify(server.close.bind(server))().catch(() => {});
  clearTimeout(timer);
}

/** Clocks further apart than this would judge one code or lease differently (P15). */
const CLOCKS_APART_SECONDS = 2;

function healthOf({ documents, ephemeral, clock }: Core, areKeysKnown: () => boolean): Health {
  const clocks = async () => {
    // A store that does not answer is told by its own check.
    const theirs = await ephemeral.serverTime().catch(() => undefined);
    if (theirs !== undefined && Math.abs(theirs - clock.now()) > CLOCKS_APART_SECONDS)
      throw new Error('the clocks of this machine and of the ephemeral store are apart');
  };
  // A process that comes back from a break may serve only once it has looked which keys are withdrawn.
  const keys = async () => {
    if (!areKeysKnown()) throw new Error('the signing keys were not looked at lately');
  };
  return createHealth(
    { documents: () => documents.ping(), ephemeral: () => ephemeral.ping(), clock: clocks, keys },
    () => ephemeral.warnings,
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
  addSetUpRoutes(registry, setUp, pages);
  const { browserSessions } = oidc;
  const cookies = createBrowserCookies(issuer);
  const doors = { ...core, browserSessions, cookies, registry, pages, issuer };
  const strangers = strangersPolicy();
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
  koa.on('error', (error: Error) =>
    log.error({ error: error.message, stack: error.stack }, 'a request failed outside its handler'),
  );
  const middleware: Middleware[] = [
    observeRequests(log, core.metrics?.request),
    partingWords(health),
    securityHeaders({ isHttps: issuer.startsWith('https:') }),
    errorRenderer({ log, pages }),
    edge({ issuer, trustedProxies: settings.trustedProxies }),
    sessionApiAddresses(),
    registry.middleware(),
    oidc.middleware,
  ];
  for (const layer of middleware) koa.use(layer);

  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, koa.callback());
  const stopSweeping = startSweeping(core, log);
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
      ? createInternalServer({ ready: () => health.ready(), metrics: () => metrics.read() })
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
      stopSweeping();
      await stopJobs();
      await drain(server);
      // After the last request: a clean stop loses no count.
      await stopCounting();
      oidc.close();
      if (internal?.listening) await drain(internal);
    },
  };
}
