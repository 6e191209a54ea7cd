import { randomBytes } from 'node:crypto';
import { type Core, openCore } from '../../src/core/index.ts';
import { createLog, systemClock } from '../../src/foundation/base/index.ts';
import { loadSettings, readMasterKeys } from '../../src/foundation/settings/index.ts';
import { type Balancer, startBalancer } from './balancer.ts';
import { eventually } from './eventually.ts';
import { freshFolder } from './folder.ts';
import { freshDatabase, startMongodb } from './mongodb.ts';
import { HANG_MS, PATIENT } from './pace.ts';
import { freePort } from './port.ts';
import { type RunningProcess, startProcess } from './process.ts';
import { type RedisServer, startRedis } from './redis.ts';
import { type Site, siteOn } from './site.ts';

/** Real processes on one pair of stores, behind a proxy without stickiness. */
export interface Instances extends Site {
  issuer: string;
  balancer: Balancer;
  /** The stores, opened past every fault: what a test prepares and reads goes this way. */
  core: Core;
  /** Where the processes find their stores; changed before `start`, a fault proxy stands between. */
  environment: Record<string, string>;
  ports: readonly number[];
  /** Starts the nth process, and takes it into the proxy's turn once it is ready. */
  start(n: number): Promise<RunningProcess>;
  /** Takes it out of the proxy's turn, as soon as it says that it is not ready, and waits for its end. */
  stop(n: number, signal?: NodeJS.Signals): Promise<void>;
  process(n: number): RunningProcess;
  readiness(n: number): Promise<number>;
  close(): Promise<void>;
}

/** On one MongoDB-wire server and one Redis. */
export interface InstancesOnServers extends Instances {
  redis: RedisServer;
}

/** The status of an address, or 0 where nothing answers. */
export function statusOf(url: string): Promise<number> {
  return fetch(url, { signal: AbortSignal.timeout(HANG_MS) }).then(
    ({ status }) => status,
    () => 0,
  );
}

/** @param more settings of every process */
export async function prepareInstances(
  count: number,
  more: Record<string, string> = {},
): Promise<InstancesOnServers> {
  const mongodb = await startMongodb();
  const database = freshDatabase(mongodb);
  const redis = await startRedis();
  const stores = {
    SALLYPORT_DOCUMENTS: database.url,
    SALLYPORT_EPHEMERAL: `redis://127.0.0.1:${redis.port}`,
  };
  const removeStores = async () => {
    await database.drop();
    await redis.stop();
    await mongodb.stop();
  };
  return { ...(await instancesOn(count, { ...stores, ...more }, removeStores)), redis };
}

/** Processes that share one data folder. */
export function prepareEmbeddedInstances(count: number): Promise<Instances> {
  return instancesOn(count, {}, async () => {});
}

async function instancesOn(
  count: number,
  more: Record<string, string>,
  removeStores: () => Promise<void>,
): Promise<Instances> {
  const folder = freshFolder();
  const port = await freePort();
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  const issuer = `http://localhost:${port}`;
  const environment: Record<string, string> = {
    SALLYPORT_ISSUER: issuer,
    // All of the traffic comes from one address.
    SALLYPORT_BEGUN_SIGN_INS: '10000000',
    SALLYPORT_DATA: folder.path,
    SALLYPORT_MASTER_KEY: randomBytes(32).toString('hex'),
    SALLYPORT_STOP_NOTICE_SECONDS: '1',
    ...PATIENT,
    ...more,
  };
  const settings = loadSettings({ environment });
  const core = await openCore({
    settings,
    masterKeys: readMasterKeys(settings).keys,
    clock: systemClock,
    log: createLog('silent'),
  });
  const balancer = await startBalancer([], port);
  const processes = new Map<number, RunningProcess>();
  const serving = new Set<number>();
  const turn = () => balancer.use([...serving].sort().map((n) => ports[n] ?? 0));
  const readiness = (n: number) => statusOf(`http://127.0.0.1:${ports[n]}/health/ready`);
  const processOf = (n: number) => {
    const found = processes.get(n);
    if (!found) throw new Error(`process ${n} was not started`);
    return found;
  };

  return {
    ...siteOn(core),
    issuer,
    balancer,
    core,
    environment,
    ports,
    readiness,
    process: processOf,
    async start(n) {
      const started = startProcess(['start'], { ...environment, SALLYPORT_PORT: String(ports[n]) });
      processes.set(n, started);
      await started.says('"listening"');
      serving.add(n);
      turn();
      return started;
    },
    async stop(n, signal = 'SIGTERM') {
      const { child, ended } = processOf(n);
      child.kill(signal);
      await eventually(
        () => readiness(n),
        (status) => status !== 200,
      );
      serving.delete(n);
      turn();
      await ended;
      processes.delete(n);
    },
    async close() {
      await balancer.close();
      for (const { child, ended } of processes.values()) {
        child.kill('SIGKILL');
        await ended;
      }
      await core.close();
      await removeStores();
      folder.remove();
    },
  };
}
