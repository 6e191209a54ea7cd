import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from './declarations.ts';
import { SettingsMistakes } from './load.ts';

function decode(text: string, where: string): Buffer {
  const trimmed = text.trim();
  const key = /^[0-9a-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64');
  if (key.length !== 32)
    throw new SettingsMistakes([`${where}: must be 32 bytes, as 64 hexadecimal digits or base64`]);
  return key;
}

function readKeyFile(file: string): Buffer {
  try {
    return decode(readFileSync(file, 'utf8'), 'masterKeyFile');
  } catch (error) {
    if (error instanceof SettingsMistakes) throw error;
    throw new SettingsMistakes([`masterKeyFile: ${file} cannot be read`]);
  }
}

/**
 * The master key from the settings, or on the embedded default from the data folder, where the first start makes it (mode 0600).
 * @returns the 32 bytes, and whether this call made them
 */
export function readMasterKey(settings: Settings): { key: Buffer; made: boolean; file?: string } {
  if (settings.masterKey !== undefined) return { key: decode(settings.masterKey, 'masterKey'), made: false };
  if (settings.masterKeyFile !== undefined) return { key: readKeyFile(settings.masterKeyFile), made: false };
  const file = join(settings.data, 'master-key');
  if (existsSync(file)) return { key: readKeyFile(file), made: false, file };
  // A lost key beside kept data must be said, not papered over with a new one that opens nothing.
  if (existsSync(join(settings.data, 'documents.sqlite'))) {
    throw new SettingsMistakes([
      `masterKey: the data folder holds documents, but ${file} is gone; put it back or set SALLYPORT_MASTER_KEY`,
    ]);
  }
  mkdirSync(settings.data, { recursive: true, mode: 0o700 });
  try {
    // `wx`: of two first starts at once, one makes the key and the other reads it.
    writeFileSync(file, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
    return { key: readKeyFile(file), made: true, file };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      return { key: readKeyFile(file), made: false, file };
    throw error;
  }
}
