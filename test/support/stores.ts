import { join } from 'node:path';
import {
  type Documents,
  type Ephemeral,
  openMongodbDocuments,
  openRedisEphemeral,
  openSqliteDocuments,
  openSqliteEphemeral,
} from '../../src/stores/index.ts';

/** Opens the documents store at an address such as `sqlite:/folder` or `mongodb://…/database`. */
export async function openDocumentsAt(address: string): Promise<Documents> {
  if (address.startsWith('mongodb:')) return openMongodbDocuments(address);
  return openSqliteDocuments(join(folderOf(address), 'documents.sqlite'));
}

/** Opens the ephemeral store at an address such as `sqlite:/folder` or `redis:port:prefix`. */
export async function openEphemeralAt(address: string, now: number): Promise<Ephemeral> {
  const redis = /^redis:(\d+):(.+)$/.exec(address);
  if (redis)
    return openRedisEphemeral(
      { url: `redis://127.0.0.1:${redis[1]}`, prefix: `${redis[2]}:` },
      { now: () => now },
    );
  return openSqliteEphemeral(join(folderOf(address), 'ephemeral.sqlite'), now);
}

function folderOf(address: string): string {
  if (!address.startsWith('sqlite:')) throw new Error(`no store at ${address}`);
  return address.slice('sqlite:'.length);
}
