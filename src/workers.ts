// One parent, several processes that share the port: the parent starts them, replaces one that dies, hands on the signal to
// stop, and answers monitors for all. It holds no store and serves no person.
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { get } from 'node:http';
import type { Log } from './base/index.ts';
import { readAllWorkers } from './metrics/index.ts';
import type { Settings } from './settings/index.ts';
import { createInternalServer } from './web/index.ts';

/** One that dies sooner is not started again at once: what killed it may still be there. */
const SHORT_LIFE_MS = 5_000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;
/** What a worker has to end its requests, and a little more. */
const DRAIN_MS = 12_000;

interface Crew {
  /** Resolves when the first worker listens. @throws when one ended before any listened: it has said why */
  ready: Promise<void>;
  stop(): Promise<void>;
}

function startCrew(count: number, log: Log): Crew {
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  const workers = new Set<Worker>();
  let hasListened = false;
  let isStopping = false;
  let waitMs = FIRST_WAIT_MS;

  const start = () => {
    if (isStopping) return;
    const worker = cluster.fork();
    const startedAt = performance.now();
    workers.add(worker);
    worker.once('listening', () => {
      hasListened = true;
      resolve();
    });
    worker.once('exit', (code, signal) => {
      workers.delete(worker);
      if (isStopping) return;
      if (!hasListened) {
        reject(new Error(`a worker ended with ${code ?? signal} before it listened`));
        return;
      }
      const isShort = performance.now() - startedAt < SHORT_LIFE_MS;
      waitMs = isShort ? Math.min(2 * waitMs, LONGEST_WAIT_MS) : FIRST_WAIT_MS;
      log.error({ pid: worker.process.pid, code, signal, waitMs }, 'a worker died; another takes its place');
      setTimeout(start, waitMs);
    });
  };
  for (let i = 0; i < count; i++) start();

  return {
    ready,
    stop: async () => {
      isStopping = true;
      await Promise.all(
        [...workers].map(async (worker) => {
          const ended = once(worker, 'exit');
          worker.process.kill('SIGTERM');
          await ended;
        }),
      );
    },
  };
}

/** What a worker says at the shared port: the parent itself knows no store. */
async function askWorker(settings: Settings): Promise<{ status: number; body: object }> {
  const { host, port } = settings.listen;
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: object }>();
  const request = get({ host, port, path: '/health/ready', timeout: 2_000, agent: false }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
    });
    response.on('end', () =>
      resolve({ status: response.statusCode ?? 503, body: JSON.parse(text) as object }),
    );
  });
  request.on('timeout', () => request.destroy(new Error('no worker answered')));
  request.on('error', reject);
  return promise;
}

/**
 * Runs `settings.workers` processes until `stopped`.
 * @throws when none of them can start
 */
export async function runWorkers(settings: Settings, log: Log, stopped: Promise<unknown>): Promise<void> {
  const crew = startCrew(settings.workers, log);
  const { internalPort, host } = settings.listen;
  const internal =
    internalPort === undefined
      ? undefined
      : createInternalServer({ ready: () => askWorker(settings), metrics: await readAllWorkers() });
  try {
    await crew.ready;
    internal?.listen(internalPort, host);
    await stopped;
    log.info('stopping');
  } finally {
    const timer = setTimeout(
      () => {
        for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGKILL');
      },
      settings.stopNoticeSeconds * 1_000 + DRAIN_MS,
    );
    await crew.stop();
    clearTimeout(timer);
    internal?.close();
  }
}
