import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { assertFile, makeFolder, SallyportError } from '../base/index.ts';
import type { Settings } from './declarations.ts';
import { SettingsMistakes } from './load.ts';

function decode(text: string, where: string): Buffer {
  const key = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
  if (key.length !== 32)
    throw new SettingsMistakes([`${where}: must be 32 bytes, as 64 hexadecimal digits or base64`]);
  return key;
}

/** Several keys are parted by commas or lines: the first seals, all open. */
function decodeAll(text: string, where: string): Buffer[] {
  const keys = text.split(/[,\s]+/).filter(Boolean);
  return keys.length === 0 ? [decode('', where)] : keys.map((key) => decode(key, where));
}

function readKeyFile(file: string): Buffer[] {
  try {
    return decodeAll(readFileSync(file, 'utf8'), 'masterKeyFile');
  } catch (error) {
    if (error instanceof SettingsMistakes) throw error;
    throw new SettingsMistakes([`masterKeyFile: ${file} cannot be read`]);
  }
}

function unusable({ data }: Settings, error: unknown): Error {
  return new Error(`the data folder ${data} cannot be used: ${(error as Error).message}`, { cause: error });
}

function usable(settings: Settings, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw unusable(settings, error);
  }
}

/** Where the settings say that the documents are, without a user's name or password. */
function whereOf({ stores, data }: Settings): string {
  if (stores.documents === 'sqlite') return `the folder ${resolve(data)}`;
  return stores.documents.replace(/\/\/.*@/, '//').replace(/\?.*$/, '');
}

/** What a command that makes no installation answers where it finds none. */
export function noInstallation(settings: Settings): SallyportError {
  return new SallyportError(
    'store_unfit',
    `there is no installation in ${whereOf(settings)}; name another with --config or SALLYPORT_DATA, or make one with: sallyport start`,
  );
}

/**
 * The master keys from the settings, or on the embedded default from the data folder, where the first start makes one (mode 0600).
 * @param mayMake whether one is made where there is none
 * @returns 32 bytes each, the sealing one first, and whether this call made it
 */
export function readMasterKeys(
  settings: Settings,
  mayMake = true,
): { keys: Buffer[]; made: boolean; file?: string } {
  if (settings.masterKey !== undefined)
    return { keys: decodeAll(settings.masterKey, 'masterKey'), made: false };
  if (settings.masterKeyFile !== undefined) return { keys: readKeyFile(settings.masterKeyFile), made: false };
  const file = join(settings.data, 'master-key');
  if (existsSync(file)) {
    usable(settings, () => assertFile(file));
    return { keys: readKeyFile(file), made: false, file };
  }
  // A lost key beside kept data must be said, not papered over with a new one that opens nothing.
  if (existsSync(join(settings.data, 'documents.sqlite'))) {
    throw new SettingsMistakes([
      `masterKey: the data folder holds documents, but ${file} is gone; put it back or set SALLYPORT_MASTER_KEY`,
    ]);
  }
  if (!mayMake) throw noInstallation(settings);
  usable(settings, () => makeFolder(settings.data));
  try {
    // `wx`: of two first starts at once, one makes the key and the other reads it.
    writeFileSync(file, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
    return { keys: readKeyFile(file), made: true, file };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      return { keys: readKeyFile(file), made: false, file };
    throw unusable(settings, error);
  }
}
