// Opens the stores that the settings name, waits for those that are servers, and times them if someone reads it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Metrics, timed } from '../capabilities/metrics/index.ts';
import { type Clock, type Log, openMode } from '../foundation/base/index.ts';
import { noInstallation, type Settings } from '../foundation/settings/index.ts';
import {
  type Collection,
  type CollectionSpec,
  type Document,
  type Documents,
  type Ephemeral,
  isBusyFile,
  isInstalled,
  isWorthWaiting,
  openMongodbDocuments,
  openRedisEphemeral,
  openSqliteDocuments,
  openSqliteEphemeral,
  type Patience,
  patienceFor,
} from '../foundation/stores/index.ts';

export interface Stores {
  documents: Documents;
  ephemeral: Ephemeral;
  close(): Promise<void>;
}

const REDIS_PREFIX = 'sallyport:';
const DOCUMENTS_FILE = 'documents.sqlite';
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

async function openDocuments({ stores, data }: Settings, patience?: Patience): Promise<Documents> {
  const { documents: url, deadlineSeconds } = stores;
  if (url !== 'sqlite') return openMongodbDocuments({ url, deadlineSeconds });
  return openSqliteDocuments(join(data, DOCUMENTS_FILE), { deadlineSeconds, patience });
}

async function openEphemeral(
  { stores, data }: Settings,
  clock: Clock,
  patience?: Patience,
): Promise<Ephemeral> {
  const { ephemeral: url, deadlineSeconds } = stores;
  if (url !== 'sqlite') return openRedisEphemeral({ url, prefix: REDIS_PREFIX, deadlineSeconds }, clock);
  return openSqliteEphemeral(join(data, 'ephemeral.sqlite'), clock.now(), { deadlineSeconds, patience });
}

/** Opens a store that may still be starting, or an embedded one that another process holds; says once what it waits for. */
async function patiently<T>(
  address: string,
  { limitMs, now, pause }: Patience,
  log: Log,
  open: () => Promise<T>,
): Promise<T> {
  const mayMend = address === 'sqlite' ? isBusyFile : isWorthWaiting;
  const until = now() + limitMs;
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await open();
    } catch (error) {
      if (!mayMend(error) || now() >= until) throw error;
      if (isFirst) {
        const reason = (error as Error).message;
        log.warn({ seconds: limitMs / 1_000, reason }, 'waiting for a store that does not answer');
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
 * @param waitMs how long a store that does not answer is waited for
 * @param patience a command's, for the openings and for every verb of an embedded store
 * @param mayMake whether stores without an installation are opened, and made
 * @throws SallyportError `store_unavailable` when one cannot be opened or is damaged, `store_unfit` when it must not be used
 */
export async function openStores(parts: {
  settings: Settings;
  clock: Clock;
  log: Log;
  metrics: Metrics | undefined;
  waitMs: number;
  patience: Patience | undefined;
  mayMake: boolean;
}): Promise<Stores> {
  const { settings, clock, log, metrics, waitMs, patience, mayMake } = parts;
  const { stores } = settings;
  const isEmbedded = [stores.documents, stores.ephemeral].includes('sqlite');
  const isMissing = stores.documents === 'sqlite' && !existsSync(join(settings.data, DOCUMENTS_FILE));
  if (!mayMake && isMissing) throw noInstallation(settings);
  const wait = patience ?? patienceFor(waitMs);
  const documents = await patiently(stores.documents, wait, log, () => openDocuments(settings, patience));
  try {
    // Before the other store is opened, which makes itself ready.
    if (!mayMake && !(await isInstalled(documents))) throw noInstallation(settings);
    const ephemeral = await patiently(stores.ephemeral, wait, log, () =>
      openEphemeral(settings, clock, patience),
    );
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
