// The stores that the settings name: opened, waited for where they are servers, and timed where somebody reads the times.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Clock, type Log, openMode } from './base/index.ts';
import { type Metrics, timed } from './metrics/index.ts';
import type { Settings } from './settings/index.ts';
import {
  type Collection,
  type CollectionSpec,
  type Document,
  type Documents,
  type Ephemeral,
  isWorthWaiting,
  openMongodbDocuments,
  openRedisEphemeral,
  openSqliteDocuments,
  openSqliteEphemeral,
} from './stores/index.ts';

export interface Stores {
  documents: Documents;
  ephemeral: Ephemeral;
  close(): Promise<void>;
}

const REDIS_PREFIX = 'sallyport:';
const LOOK_AGAIN_MS = 500;

const COLLECTION_VERBS = [
  'insert',
  'insertAll',
  'get',
  'find',
  'replace',
  'remove',
  'page',
  'count',
] as const;
const EPHEMERAL_VERBS = [
  'put',
  'insert',
  'get',
  'replace',
  'merge',
  'remove',
  'renew',
  'bury',
  'takeExpired',
  'claim',
  'members',
  'removeMembers',
  'reserve',
  'settle',
  'count',
  'advance',
  'topicVersion',
  'touchTopic',
] as const;

function openDocuments({ stores, data }: Settings): Promise<Documents> {
  const { documents: url, deadlineSeconds } = stores;
  if (url !== 'sqlite') return openMongodbDocuments({ url, deadlineSeconds });
  return Promise.resolve(openSqliteDocuments(join(data, 'documents.sqlite'), deadlineSeconds));
}

function openEphemeral({ stores, data }: Settings, clock: Clock): Promise<Ephemeral> {
  const { ephemeral: url, deadlineSeconds } = stores;
  if (url !== 'sqlite') return openRedisEphemeral({ url, prefix: REDIS_PREFIX, deadlineSeconds }, clock);
  return Promise.resolve(openSqliteEphemeral(join(data, 'ephemeral.sqlite'), clock.now(), deadlineSeconds));
}

/** Opens a store that may still be starting; says once what it waits for. An embedded one is there or it is not. */
async function patiently<T>(address: string, waitMs: number, log: Log, open: () => Promise<T>): Promise<T> {
  const until = performance.now() + (address === 'sqlite' ? 0 : waitMs);
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await open();
    } catch (error) {
      if (!isWorthWaiting(error) || performance.now() >= until) throw error;
      if (isFirst) {
        const reason = (error as Error).message;
        log.warn({ seconds: waitMs / 1_000, reason }, 'waiting for a store that does not answer');
      }
      await pause(LOOK_AGAIN_MS);
    }
  }
}

function timedDocuments(documents: Documents, metrics: Metrics): Documents {
  return {
    ...documents,
    collection: <T extends Document>(spec: CollectionSpec): Collection<T> =>
      timed(documents.collection<T>(spec), COLLECTION_VERBS, (verb, outcome, seconds) =>
        metrics.store({ store: 'documents', verb, outcome }, seconds),
      ),
  };
}

function timedEphemeral(ephemeral: Ephemeral, metrics: Metrics): Ephemeral {
  return timed(ephemeral, EPHEMERAL_VERBS, (verb, outcome, seconds) =>
    metrics.store({ store: 'ephemeral', verb, outcome }, seconds),
  );
}

/**
 * Opens both stores.
 * @param waitMs how long a server that does not answer is waited for
 * @throws SallyportError `store_unavailable` when one cannot be opened or is damaged, `store_unfit` when it must not be used
 */
export async function openStores(parts: {
  settings: Settings;
  clock: Clock;
  log: Log;
  metrics: Metrics | undefined;
  waitMs: number;
}): Promise<Stores> {
  const { settings, clock, log, metrics, waitMs } = parts;
  const { stores } = settings;
  const isEmbedded = [stores.documents, stores.ephemeral].includes('sqlite');
  const documents = await patiently(stores.documents, waitMs, log, () => openDocuments(settings));
  try {
    const ephemeral = await patiently(stores.ephemeral, waitMs, log, () => openEphemeral(settings, clock));
    for (const warning of ephemeral.warnings) log.warn(warning);
    const mode = isEmbedded ? openMode(settings.data) : undefined;
    if (mode !== undefined)
      log.warn(
        { folder: settings.data, mode },
        'other users can look into the data folder: chmod 0700 closes it',
      );
    return {
      documents: metrics ? timedDocuments(documents, metrics) : documents,
      ephemeral: metrics ? timedEphemeral(ephemeral, metrics) : ephemeral,
      close: async () => {
        await documents.close();
        await ephemeral.close();
      },
    };
  } catch (error) {
    await documents.close();
    throw error;
  }
}
