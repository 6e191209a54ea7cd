// The product, put together: the doors that people and programs meet, what each of them stands on, and what runs beside them.
import { setTimeout as pause } from 'node:timers/promises';
import { startBackground } from './background.ts';
import { createStrangersRules, loadPreset, type Policy } from './capabilities/tenants/index.ts';
import type { Core } from './core/index.ts';
import { createOidc, type Oidc } from './doors/oidc/index.ts';
import { addSetUpRoutes, createSetUp, type SetUp } from './doors/set-up/index.ts';
import type { Log } from './foundation/base/index.ts';
import {
  addHealthRoutes,
  addProblemPages,
  createAssets,
  createBrowserCookies,
  createPages,
  createRegistry,
  createSubmissions,
  type Pages,
  type Registry,
} from './foundation/web/index.ts';
import { healthOf } from './health.ts';
import {
  openAdminApi,
  openRecovery,
  openSelfService,
  openSessionApi,
  openSignIn,
  type Web,
} from './open-doors.ts';
import { createServing } from './serving.ts';

export interface App {
  setUp: SetUp;
  registry: Registry;
  /** Starts to listen, on the internal port too unless this is a worker. @returns the port */
  listen(): Promise<number>;
  /**
   * Says that it is not ready, and after the notice stops taking connections and lets running requests end. The core stays open.
   * @param noticeSeconds how long it still serves
   */
  close(noticeSeconds?: number): Promise<void>;
}

export interface AppOptions {
  log: Log;
  /** This process is a worker: its parent serves the internal port, with metrics and health. */
  isWorker?: boolean;
  /** Rooms of the demo add their pages here. */
  addRoutes?(registry: Registry, pages: Pages): void;
}

function createWeb({ settings, ephemeral, clock, vault, say }: Core): Web {
  const { issuer } = settings;
  const registry = createRegistry({ origin: issuer });
  return {
    registry,
    pages: createPages(createAssets(registry), say),
    submissions: createSubmissions({ ephemeral, clock, vault }),
    cookies: createBrowserCookies(issuer),
  };
}

/** OpenID Connect: what applications speak. */
function openProtocol(core: Core, { registry, pages }: Web, log: Log): Promise<Oidc> {
  const { settings, keys, ephemeral, installation, vault, clock } = core;
  const { accounts, tenants, applications, audit, standings, deliveries } = core;
  return createOidc({
    issuer: settings.issuer,
    begunSignIns: settings.begunSignIns,
    keys,
    ephemeral,
    installation,
    vault,
    clock,
    log,
    accounts,
    tenants,
    applications,
    audit,
    isUsable: standings.isUsable,
    tellLogout: deliveries.tell,
    registry,
    pages,
  });
}

function required(policy: Policy | undefined): Policy {
  if (!policy) throw new Error('the preset modern is missing');
  return policy;
}

/** The one-time link of a new installation. */
function openSetUp(core: Core, { registry, pages, submissions }: Web): SetUp {
  const { documents, tenants, accounts, passwords, audit, clock } = core;
  const operatorPolicy = required(loadPreset('modern'));
  const setUp = createSetUp({ documents, tenants, accounts, passwords, audit, clock, operatorPolicy });
  addSetUpRoutes(registry, setUp, pages, submissions);
  return setUp;
}

/** The one place where everything is put together. */
export async function createApp(core: Core, { log, isWorker = false, addRoutes }: AppOptions): Promise<App> {
  const { settings, metrics, vault } = core;
  const web = createWeb(core);
  const { registry, pages } = web;
  const oidc = await openProtocol(core, web, log);
  const health = healthOf(core, oidc.areKeysKnown);
  addHealthRoutes(registry, health);
  addProblemPages(registry, pages);
  const setUp = openSetUp(core, web);
  const strangersPolicy = createStrangersRules((code) => vault.mac('strangers-rules', code));
  openSignIn(core, web, oidc, strangersPolicy);
  openSelfService(core, web, oidc);
  openRecovery(core, web);
  openSessionApi(core, web, strangersPolicy);
  openAdminApi(core, web, oidc);
  addRoutes?.(registry, pages);

  const serving = createServing({ settings, log, health, metrics, registry, pages, engine: oidc, isWorker });
  const background = startBackground(core, log);
  return {
    setUp,
    registry,
    listen: serving.listen,
    close: async (noticeSeconds = 0) => {
      health.stop();
      await pause(noticeSeconds * 1_000);
      await background.stopSweeping();
      await Promise.all([background.stopJobs(), background.stopFollowing(), serving.drain()]);
      await background.stopCounting();
      oidc.close();
      await serving.closeInternal();
    },
  };
}
