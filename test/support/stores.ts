import { join } from 'node:path';
import {
  type Documents,
  type Ephemeral,
  openMongodbDocuments,
  openRedisEphemeral,
  openSqliteDocuments,
  openSqliteEphemeral,
} from '../../src/foundation/stores/index.ts';

import { PATIENT_SECONDS } from './pace.ts';

/** A Redis that answers in its own time. */
export function openRedisAt(
  port: number,
  prefix: string,
  now: number,
  deadlineSeconds = PATIENT_SECONDS,
): Promise<Ephemeral> {
  const url = `redis://127.0.0.1:${port}`;
  return openRedisEphemeral({ url, prefix, deadlineSeconds }, { now: () => now });
}

/** Opens the documents store at an address such as `sqlite:/folder` or `mongodb://…/database`. */
export async function openDocumentsAt(address: string): Promise<Documents> {
  if (address.startsWith('mongodb:'))
    return openMongodbDocuments({ url: address, deadlineSeconds: PATIENT_SECONDS });
  return openSqliteDocuments(join(folderOf(address), 'documents.sqlite'), {
    deadlineSeconds: PATIENT_SECONDS,
  });
}

/** Opens the ephemeral store at an address such as `sqlite:/folder` or `redis:port:prefix`. */
export async function openEphemeralAt(address: string, now: number): Promise<Ephemeral> {
  const redis = /^redis:(\d+):(.+)$/.exec(address);
  if (redis) return openRedisAt(Number(redis[1]), `${redis[2]}:`, now);
  return openSqliteEphemeral(join(folderOf(address), 'ephemeral.sqlite'), now, {
    deadlineSeconds: PATIENT_SECONDS,
  });
}

function folderOf(address: string): string {
  if (!address.startsWith('sqlite:')) throw new Error(`no store at ${address}`);
  return address.slice('sqlite:'.length);
}
