// One parent, several processes that share the port: the parent starts them, replaces one that dies, hands on the signal to
// stop, and answers monitors for all. It holds no store and serves no person.
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { readAllWorkers } from './capabilities/metrics/index.ts';
import { guarded, type Log } from './foundation/base/index.ts';
import type { Settings } from './foundation/settings/index.ts';
import { createInternalServer, listening } from './foundation/web/index.ts';

/** One that dies sooner is not started again at once: what killed it may still be there. */
const SHORT_LIFE_MS = 5_000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;
/** What a worker has to end its requests, and a little more. */
const DRAIN_MS = 12_000;
const ANSWER_MS = 2_000;
/** What stands at the port may be another program: no more is read of what it says. */
const MOST_CHARACTERS = 65_536;

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

  const replace = (how: object, lifeMs: number) => {
    if (isStopping) return;
    if (!hasListened) {
      reject(new Error(`a worker ended before it listened: ${JSON.stringify(how)}`));
      return;
    }
    waitMs = lifeMs < SHORT_LIFE_MS ? Math.min(2 * waitMs, LONGEST_WAIT_MS) : FIRST_WAIT_MS;
    log.error({ ...how, waitMs }, 'a worker died; another takes its place');
    setTimeout(start, waitMs);
  };
  const failed = (error: Error) => replace({ error: error.message }, 0);

  const fork = () => {
    if (isStopping) return;
    const worker = cluster.fork();
    const startedAt = performance.now();
    workers.add(worker);
    const listens = () => {
      hasListened = true;
      resolve();
    };
    const ended = (how: object) => {
      if (workers.delete(worker)) replace(how, performance.now() - startedAt);
    };
    worker.once('listening', guarded(failed, listens));
    worker.once(
      'exit',
      guarded(failed, (code: number | null, signal: string | null) =>
        ended({ pid: worker.process.pid, code, signal }),
      ),
    );
    // One that could not even be started, as where there are too many processes, never exits.
    worker.on(
      'error',
      guarded(failed, (error: Error) => {
        log.warn({ pid: worker.process.pid, error: error.message }, 'a worker told an error');
        if (worker.process.pid === undefined) ended({ error: error.message });
      }),
    );
  };
  const start = guarded(failed, fork);
  for (let i = 0; i < count; i++) start();

  return {
    ready,
    stop: async () => {
      isStopping = true;
      await Promise.all(
        [...workers].map(async (worker) => {
          // Not `once` of node:events: an error of a worker that ends is no reason to leave the others.
          const ended = new Promise((resolve) => worker.once('exit', resolve));
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
  const signal = AbortSignal.timeout(ANSWER_MS);
  const request = get({ host, port, path: '/health/ready', agent: false, signal });
  // After the answer too something may fail; what fails before is told by what waits below.
  request.on('error', () => {});
  const [response] = (await once(request, 'response', { signal })) as [IncomingMessage];
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) {
    text += chunk;
    if (text.length > MOST_CHARACTERS) throw new Error('what answers is no worker');
  }
  return { status: response.statusCode ?? 503, body: JSON.parse(text) as object };
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
      : createInternalServer({ log, ready: () => askWorker(settings), metrics: await readAllWorkers() });
  try {
    await crew.ready;
    if (internal) await listening(internal, internalPort ?? 0, host);
    await stopped;
    log.info('stopping');
  } finally {
    const timer = setTimeout(
      guarded(
        (error) => log.warn({ error: error.message }, 'a worker could not be ended'),
        () => {
          for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGKILL');
        },
      ),
      settings.stopNoticeSeconds * 1_000 + DRAIN_MS,
    );
    await crew.stop();
    clearTimeout(timer);
    internal?.close();
  }
}
