import { randomBytes } from 'node:crypto';
import { expect } from '@jest/globals';
import { type App, type AppOptions, createApp } from '../../src/app.ts';
import type { Mailbox } from '../../src/capabilities/mail/index.ts';
import { type Core, openCore } from '../../src/core/index.ts';
import { createLog, systemClock } from '../../src/foundation/base/index.ts';
import { loadSettings, readMasterKeys, type Settings } from '../../src/foundation/settings/index.ts';
import { unnamedInAudit } from './audit-names.ts';
import { type Balancer, startBalancer } from './balancer.ts';
import { freshFolder } from './folder.ts';
import { freshDatabase, startMongodb } from './mongodb.ts';
import { PATIENT } from './pace.ts';
import { freePort } from './port.ts';
import { startRedis } from './redis.ts';
import { type Site, siteOn } from './site.ts';

/** A started server with its stores in a folder of its own, and short words for what a story needs to be there. */
export interface StartedApp extends Site {
  issuer: string;
  folder: string;
  core: Core;
  app: App;
  mailbox: Mailbox;
  close(): Promise<void>;
}

export { CALLBACK, isIn, PASSWORD, SECRET } from './site.ts';

/** The stores of one started app: embedded, or servers of its own (`SALLYPORT_TEST_STORES=servers`). */
async function freshStores(): Promise<{ environment: Record<string, string>; remove(): Promise<void> }> {
  if (process.env.SALLYPORT_TEST_STORES !== 'servers') return { environment: {}, remove: async () => {} };
  const mongodb = await startMongodb();
  const database = freshDatabase(mongodb);
  const redis = await startRedis();
  return {
    environment: {
      SALLYPORT_DOCUMENTS: database.url,
      SALLYPORT_EPHEMERAL: `redis://127.0.0.1:${redis.port}`,
      SALLYPORT_MASTER_KEY: randomBytes(32).toString('hex'),
    },
    remove: async () => {
      await database.drop();
      await redis.stop();
      await mongodb.stop();
    },
  };
}

interface Instance {
  core: Core;
  app: App;
}

/** A log that a test reads. */
export interface KeptLog {
  lines: string[];
}

async function startInstance(
  settings: Settings,
  mailbox: Mailbox,
  kept: KeptLog | undefined,
  addRoutes: AppOptions['addRoutes'],
): Promise<Instance & { port: number }> {
  const log = createLog(settings.log.level, kept && { write: (line: string) => void kept.lines.push(line) });
  const core = await openCore({
    settings,
    masterKeys: readMasterKeys(settings).keys,
    clock: systemClock,
    log,
    mailbox,
  });
  const app = await createApp(core, { log, ...(addRoutes ? { addRoutes } : {}) });
  return { core, app, port: await app.listen() };
}

/**
 * Starts the product in this process, so that a test can hold its clock: one instance, or `SALLYPORT_TEST_INSTANCES` of them,
 * each with connections and caches of its own, behind a proxy without stickiness.
 * @param environment more SALLYPORT_ settings
 * @param kept where the log lines go, at the level that the environment names
 * @param addRoutes adds routes of the test's own
 */
export async function startApp(
  environment: Record<string, string> = {},
  kept?: KeptLog,
  addRoutes?: AppOptions['addRoutes'],
): Promise<StartedApp> {
  const folder = freshFolder();
  const stores = await freshStores();
  const port = await freePort();
  const count = Number(process.env.SALLYPORT_TEST_INSTANCES ?? 1);
  const settings = loadSettings({
    environment: {
      SALLYPORT_ISSUER: `http://localhost:${port}`,
      SALLYPORT_PORT: String(count === 1 ? port : 0),
      SALLYPORT_DATA: folder.path,
      SALLYPORT_LOG_LEVEL: process.env.SALLYPORT_TEST_LOG ?? 'silent',
      ...PATIENT,
      ...stores.environment,
      ...environment,
    },
  });
  const mailbox: Mailbox = { messages: [] };
  const first = await startInstance(settings, mailbox, kept, addRoutes);
  const instances = [first];
  while (instances.length < count) instances.push(await startInstance(settings, mailbox, kept, addRoutes));
  const balancer: Balancer | undefined =
    count === 1
      ? undefined
      : await startBalancer(
          instances.map((instance) => instance.port),
          port,
        );
  const { core, app } = first;

  return {
    issuer: settings.issuer,
    folder: folder.path,
    core,
    app,
    mailbox,
    ...siteOn(core),
    async close() {
      const unnamed = await unnamedInAudit(core);
      await balancer?.close();
      for (const instance of instances) {
        await instance.app.close();
        await instance.core.close();
      }
      await stores.remove();
      folder.remove();
      // AUD-1: whatever the story was about, its audit carries only what the catalogue names.
      expect(unnamed).toEqual([]);
    },
  };
}
