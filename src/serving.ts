// The ports of this process: what every request passes on its way, and how serving begins and ends.
import type { Server } from 'node:http';
import { promisify } from 'node:util';
import Koa, { type Context, type Middleware } from 'koa';
import type { Metrics } from './capabilities/metrics/index.ts';
import { guarded, type Log } from './foundation/base/index.ts';
import type { Settings } from './foundation/settings/index.ts';
import {
  createGuardedServer,
  createInternalServer,
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

export interface ServingParts {
  settings: Pick<Settings, 'issuer' | 'trustedProxies' | 'listen'>;
  log: Log;
  health: Health;
  /** Only where there is an internal port to read them at. */
  metrics: Metrics | undefined;
  registry: Registry;
  pages: Pages;
  /** Takes what the registry leaves to it; cookies are signed with its keys. */
  engine: { middleware: Middleware; cookieKeys: string[] };
  /** Whether a parent listens on the internal port for all its workers. */
  isWorker: boolean;
}

export interface Serving {
  /** Starts to listen, on the internal port too unless a parent does; answers the port. */
  listen(): Promise<number>;
  /** Takes no more connections, and lets running requests end. */
  drain(): Promise<void>;
  /** Monitors are answered to the last. */
  closeInternal(): Promise<void>;
}

const DRAIN_MS = 10_000;

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

/** Once it is about to stop, every answer asks for the connection's end: none is cut that a request may be on. */
function partingWords(health: Health): Middleware {
  return async (ctx, next) => {
    if (health.isStopping()) ctx.set('connection', 'close');
    await next();
  };
}

/** What every request passes, from the outside to the inside. */
function layers({ settings, log, health, metrics, registry, pages, engine }: ServingParts): Middleware[] {
  const { issuer, trustedProxies } = settings;
  return [
    observeRequests(log, metrics?.request),
    partingWords(health),
    securityHeaders({ isHttps: issuer.startsWith('https:') }),
    errorRenderer({ log, pages, registry }),
    edge({ issuer, trustedProxies, log }),
    registry.middleware(),
    engine.middleware,
  ];
}

function publicServer(parts: ServingParts): Server {
  const { settings, log, engine } = parts;
  const koa = new Koa();
  koa.proxy = true;
  koa.keys = engine.cookieKeys;
  const failedOutside = (error: Error, ctx?: Context) =>
    log[ctx && isClientGone(ctx.req) ? 'debug' : 'error'](
      { error: error.message, stack: error.stack },
      'a request failed outside its handler',
    );
  koa.on('error', guarded(failedOutside, failedOutside));
  for (const layer of layers(parts)) koa.use(layer);
  const keepAliveTimeout = settings.listen.keepAliveSeconds * 1_000;
  const limits = { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout };
  return createGuardedServer(log, limits, koa.callback());
}

export function createServing(parts: ServingParts): Serving {
  const { settings, log, health, metrics, isWorker } = parts;
  const { host, port, internalPort } = settings.listen;
  const server = publicServer(parts);
  const internal =
    metrics && !isWorker
      ? createInternalServer({ log, ready: () => health.ready(), metrics: () => metrics.read() })
      : undefined;
  return {
    async listen() {
      if (internal) await listening(internal, internalPort ?? 0, host);
      return listening(server, port, host);
    },
    drain: () => drain(server),
    async closeInternal() {
      if (internal?.listening) await drain(internal);
    },
  };
}
