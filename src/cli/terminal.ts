import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { createLog, systemClock } from '../base/index.ts';
import { type Core, openCore } from '../core.ts';
import { loadSettings, readMasterKeys, type Settings } from '../settings/index.ts';
import type { Tenant } from '../tenants/index.ts';

/** A refusal that one line explains. */
export class Refused extends Error {}

interface Globals {
  config?: string;
  json?: boolean;
}

/** What a command line reads from and writes to: those of the process, or those that a caller hands in. */
export interface Terminal {
  input: NodeJS.ReadableStream;
  output: Pick<NodeJS.WritableStream, 'write'>;
  errors: Pick<NodeJS.WritableStream, 'write'> & { isTTY?: boolean };
  /** The environment of the process unless given. */
  environment?: Record<string, string | undefined>;
}

export function processTerminal(): Terminal {
  return { input: process.stdin, output: process.stdout, errors: process.stderr };
}

/** The root of all commands, which carries the terminal for them. */
export class Program extends Command {
  readonly terminal: Terminal;

  constructor(terminal: Terminal) {
    super('sallyport');
    this.terminal = terminal;
    this.configureOutput({
      writeOut: (text) => terminal.output.write(text),
      writeErr: (text) => terminal.errors.write(text),
    });
  }
}

export function terminalOf(command: Command): Terminal {
  if (command instanceof Program) return command.terminal;
  if (!command.parent) throw new TypeError('the command belongs to no program');
  return terminalOf(command.parent);
}

/** The settings that the file of `--config` and the environment of the terminal name. */
export function settingsOf(command: Command): Settings {
  const { environment } = terminalOf(command);
  return loadSettings({ file: command.optsWithGlobals<Globals>().config, environment });
}

/** Opens the stores for one command and closes them whatever happens. */
export async function withCore<T>(command: Command, work: (core: Core) => Promise<T>): Promise<T> {
  const settings = settingsOf(command);
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
  terminalOf(command).output.write(json ? `${JSON.stringify(value)}\n` : `${lines.join('\n')}\n`);
}

/** Counts on one line of the terminal while `work` runs; silent where the messages go to a file or a pipe. */
export async function counting<T>(
  command: Command,
  work: (progress: (accounts: number) => void) => Promise<T>,
): Promise<T> {
  const { errors } = terminalOf(command);
  if (!errors.isTTY) return work(() => {});
  const outcome = await work((accounts) => errors.write(`\r${accounts} accounts`));
  errors.write('\n');
  return outcome;
}

/**
 * Reads secrets from standard input, one a line, without the line's end.
 * @throws Refused when there are fewer lines than asked for
 */
export async function readSecrets(command: Command, count: number): Promise<string[]> {
  if (count === 0) return [];
  const secrets: string[] = [];
  for await (const line of createInterface({ input: terminalOf(command).input })) {
    secrets.push(line);
    if (secrets.length === count) break;
  }
  if (secrets.length < count)
    throw new Refused(`standard input held ${secrets.length} of ${count} secrets, one a line`);
  return secrets;
}

export async function tenantOf(core: Core, clientCode: string): Promise<Tenant> {
  const tenant = await core.tenants.byClientCode(clientCode);
  if (!tenant) throw new Refused(`there is no tenant with the client code ${clientCode}`);
  return tenant;
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
