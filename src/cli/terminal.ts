import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { createLog, systemClock } from '../base/index.ts';
import { type Core, openCore } from '../core.ts';
import { loadSettings, readMasterKeys } from '../settings/index.ts';

/** A refusal that one line explains. */
export class Refused extends Error {}

interface Globals {
  config?: string;
  json?: boolean;
}

/** Opens the stores for one command and closes them whatever happens. */
export async function withCore<T>(command: Command, work: (core: Core) => Promise<T>): Promise<T> {
  const { config } = command.optsWithGlobals<Globals>();
  const settings = loadSettings({ file: config });
  const core = await openCore({
    settings,
    masterKeys: readMasterKeys(settings).keys,
    clock: systemClock,
    log: createLog('error'),
  });
  try {
    return await work(core);
  } finally {
    await core.close();
  }
}

/** Prints for people, or as one JSON document with `--json`. */
export function print(command: Command, value: object, lines: readonly string[]): void {
  const { json } = command.optsWithGlobals<Globals>();
  process.stdout.write(json ? `${JSON.stringify(value)}\n` : `${lines.join('\n')}\n`);
}

/**
 * Reads secrets from standard input, one a line, without the line's end.
 * @throws Refused when there are fewer lines than asked for
 */
export async function readSecrets(count: number): Promise<string[]> {
  if (count === 0) return [];
  const secrets: string[] = [];
  for await (const line of createInterface({ input: process.stdin })) {
    secrets.push(line);
    if (secrets.length === count) break;
  }
  if (secrets.length < count)
    throw new Refused(`standard input held ${secrets.length} of ${count} secrets, one a line`);
  return secrets;
}

/** Aligned columns for people. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** For an option that may be given several times. */
export function collect(value: string, earlier: string[]): string[] {
  return [...earlier, value];
}

/** Shows on a terminal how far a long piece of work is. @param what is counted */
export async function showProgress<T>(
  what: string,
  work: (progress: (count: number) => void) => Promise<T>,
): Promise<T> {
  const isTerminal = process.stderr.isTTY;
  const result = await work((count) => {
    if (isTerminal) process.stderr.write(`\r${count} ${what}`);
  });
  if (isTerminal) process.stderr.write('\n');
  return result;
}
