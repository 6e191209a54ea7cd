// The way to one Redis: what it must be, deadlines, and what is done while it does not answer.
import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { guarded, SallyportError } from '../../base/index.ts';
import { redisScripts } from './redis-scripts.ts';

/** While the breaker is open. */
const TRY_AGAIN_MS = 100;
const TRIES_A_CONNECTION = 3;

export interface RedisOptions {
  /** `redis://` or `rediss://` address of one endpoint. */
  url: string;
  /** Before every key, so that installations can share a server. */
  prefix: string;
  /** How long an answer is waited for. */
  deadlineSeconds: number;
}

function unavailable(error: unknown): SallyportError {
  return new SallyportError('store_unavailable', `redis: ${(error as Error).message}`, { cause: error });
}

async function settingOf(redis: Redis, name: string): Promise<string> {
  return ((await redis.config('GET', name)) as string[])[1] ?? '';
}

/** @throws SallyportError `store_unfit` when the server may evict what it holds (P9) */
export async function assertKeeps(redis: Redis): Promise<void> {
  const policy = await settingOf(redis, 'maxmemory-policy');
  if (policy === 'noeviction') return;
  throw new SallyportError(
    'store_unfit',
    `Redis may evict (maxmemory-policy ${policy}): set maxmemory-policy noeviction`,
  );
}

/** The name that a server gives itself at each of its starts. */
export async function runIdOf(redis: Redis): Promise<string> {
  return /run_id:(\w+)/.exec(await redis.info('server'))?.[1] ?? '';
}

/**
 * What a server must be to hold this state (P9): one endpoint that never evicts.
 * @returns what should be mended although it works
 * @throws SallyportError `store_unfit` that says what is wrong
 */
export async function assertFit(redis: Redis): Promise<string[]> {
  if (/cluster_enabled:1/.test(await redis.info('cluster'))) {
    throw new SallyportError(
      'store_unfit',
      'Redis Cluster is not supported: a token found by its id cannot share a slot with its account’s set',
    );
  }
  await assertKeeps(redis);
  if ((await settingOf(redis, 'appendonly')) === 'yes') return [];
  return ['Redis keeps no append-only file: a crash of it signs everybody out; set appendonly yes'];
}

export async function connect(
  { url, deadlineSeconds }: Pick<RedisOptions, 'url' | 'deadlineSeconds'>,
  isWanted: () => boolean,
): Promise<{ redis: Redis; lost: () => Error | undefined }> {
  // Loaded when needed: on the embedded default the driver would be 8 MiB for nothing.
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, {
    lazyConnect: true,
    commandTimeout: deadlineSeconds * 1_000,
    connectTimeout: 2 * deadlineSeconds * 1_000,
    maxRetriesPerRequest: 0,
    // What was on its way when the connection broke may have been done: it is told as lost, never sent again (P3).
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    // Comes back by itself within half a second of the server, and not at all once this end has closed.
    retryStrategy: (times) => (isWanted() ? Math.min(50 * times, 500) : null),
    scripts: redisScripts,
  });
  // Every command tells its own error, but not why the connection was lost; without a listener it would end the process.
  let lost: Error | undefined;
  const learn = (error: Error | undefined) => {
    lost = error;
  };
  redis.on('error', guarded(learn, learn));
  redis.on(
    'ready',
    guarded(learn, () => learn(undefined)),
  );
  return { redis, lost: () => lost };
}

/**
 * Lets commands through while the server answers. When a command has timed out or a connection has ended, it refuses
 * all commands at once, so that no one waits and nothing piles up, until `recover` has succeeded: the server may have
 * lost what it held before. It gives up a connection that stays mute and makes another one.
 */
export function breaker(redis: Redis, lost: () => Error | undefined, recover: () => Promise<void>) {
  let isOpen = false;
  let breaks = 0;
  let isWatching = false;
  let isWanted = true;
  const watch = async () => {
    if (isWatching) return;
    isWatching = true;
    for (let mute = 1; isOpen && isWanted; mute += 1) {
      const seen = breaks;
      try {
        await recover();
        // A break that came while the answer was on its way needs another recovery.
        if (seen === breaks) isOpen = false;
      } catch {
        if (mute % TRIES_A_CONNECTION === 0 && redis.status === 'ready') redis.disconnect(true);
        await pause(TRY_AGAIN_MS);
      }
    }
    isWatching = false;
  };
  const open = () => {
    isOpen = true;
    breaks += 1;
    void watch();
  };
  return {
    async attempt<T>(work: () => Promise<T>): Promise<T> {
      if (isOpen) throw unavailable(lost() ?? new Error('does not answer'));
      try {
        return await work();
      } catch (error) {
        if (error instanceof SallyportError) throw error;
        if ((error as Error).message === 'Command timed out') open();
        throw unavailable(lost() ?? error);
      }
    },
    /** From now on the end of the connection opens it. */
    start: () => {
      redis.on(
        'close',
        guarded(() => {}, open),
      );
    },
    stop: () => {
      isWanted = false;
    },
  };
}
