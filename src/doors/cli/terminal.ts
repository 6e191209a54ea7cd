import { Command } from 'commander';
import { type Core, openCore, type Patience, patienceFor } from '../../core/index.ts';
import { createLog, systemClock } from '../../foundation/base/index.ts';
import { loadSettings, readMasterKeys, type Settings } from '../../foundation/settings/index.ts';
import { visible, visibleLines, widthOf } from './visible.ts';

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
  /** How a busy store is waited for: up to 30 seconds unless given. */
  patience?: Patience;
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
      writeOut: (text) => terminal.output.write(visibleLines(text)),
      writeErr: (text) => terminal.errors.write(visibleLines(text)),
    });
  }
}

export function terminalOf(command: Command): Terminal {
  if (command instanceof Program) return command.terminal;
  if (!command.parent) throw new TypeError('the command belongs to no program');
  return terminalOf(command.parent);
}

/**
 * The settings that the file of `--config` and the environment of the terminal name.
 * @param warn told of what is no mistake, but worth a line
 */
export function settingsOf(command: Command, warn: (sentence: string) => void = () => {}): Settings {
  const { environment } = terminalOf(command);
  return loadSettings({ file: command.optsWithGlobals<Globals>().config, environment, warn });
}

/** A store that is busy, or starts at this moment, may take so long. */
const STORE_WAIT_MS = 30_000;

/**
 * Opens the stores for one command and always closes them, even if the command fails.
 * @param mayMake whether an installation is made where there is none
 */
export async function withCore<T>(
  command: Command,
  work: (core: Core) => Promise<T>,
  mayMake = false,
): Promise<T> {
  const settings = settingsOf(command);
  const core = await openCore({
    settings,
    masterKeys: readMasterKeys(settings, mayMake).keys,
    clock: systemClock,
    log: createLog('error'),
    patience: terminalOf(command).patience ?? patienceFor(STORE_WAIT_MS),
    mayMake,
  });
  try {
    return await work(core);
  } finally {
    await core.close();
  }
}

/** Prints for people, or as one JSON document with `--json`; what a terminal would act on stands escaped in both. */
export function print(command: Command, value: object, lines: readonly string[]): void {
  const { json } = command.optsWithGlobals<Globals>();
  const printed = json ? [JSON.stringify(value)] : lines;
  terminalOf(command).output.write(`${printed.map(visible).join('\n')}\n`);
}

/** Lines of a file that goes to the standard output, with what a terminal would act on escaped. */
export function printLines(command: Command, lines: string): void {
  terminalOf(command).output.write(visibleLines(lines));
}

/** One message beside what is printed. */
export function sayOnErrors(command: Command, text: string): void {
  terminalOf(command).errors.write(`${visibleLines(text)}\n`);
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

/** Aligned columns for people, by the width that each cell has on the screen. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const shown = rows.map((row) => row.map(visible));
  const widths = (shown[0] ?? []).map((_, i) => Math.max(...shown.map((row) => widthOf(row[i] ?? ''))));
  return shown.map((row) =>
    row
      .map((cell, i) => cell + ' '.repeat(Math.max(0, (widths[i] ?? 0) - widthOf(cell))))
      .join('  ')
      .trimEnd(),
  );
}

/** For an option that may be given several times. */
export function collect(value: string, earlier: string[]): string[] {
  return [...earlier, value];
}
