import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

const OWNER_FOLDER = 0o700;
const OWNER_FILE = 0o600;
const OTHERS = 0o007;
const GROUP_AND_OTHERS = 0o077;

function make(folder: string): void {
  try {
    mkdirSync(folder, { mode: OWNER_FOLDER });
  } catch (error) {
    // Another process that starts at this moment was first.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/**
 * Makes the folder and those above it, readable by its owner only. One by one: `recursive` of `mkdirSync` tries for ever where a
 * folder says that it is there and takes nothing, as in `/proc`.
 * @throws Error when it cannot be made, or something else stands in its place
 */
export function makeFolder(folder: string): void {
  const missing: string[] = [];
  for (let at = resolve(folder); !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.unshift(at);
  for (const one of missing) make(one);
  if (!statSync(folder).isDirectory()) throw new Error(`${folder} is not a folder`);
}

/** @throws Error when something else stands in its place: to open a pipe waits for its other end, which may never come */
export function assertFile(file: string): void {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() === false) throw new Error(`${file} is not a file`);
}

/** Makes the file unless it is there, for its owner only; takes from others what an earlier version left them. */
export function makePrivateFile(file: string): void {
  assertFile(file);
  closeSync(openSync(file, 'a', OWNER_FILE));
  closeToOthers(file);
}

/** Who may read a store's file reads mail addresses and sealed secrets. A group that an operator let in stays. */
export function closeToOthers(file: string): void {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & OTHERS) === 0) return;
  try {
    chmodSync(file, OWNER_FILE);
  } catch (error) {
    // Another user's, which we may use all the same.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
}

/** @returns the mode in octal digits of a folder that its group or others may read or write, and undefined for a closed one */
export function openMode(folder: string): string | undefined {
  const mode = statSync(folder, { throwIfNoEntry: false })?.mode ?? 0;
  return (mode & GROUP_AND_OTHERS) === 0 ? undefined : (mode & 0o7777).toString(8).padStart(4, '0');
}
