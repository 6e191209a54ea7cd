import { Readable } from 'node:stream';
import { run } from '../../src/cli/index.ts';
import type { Ended } from './process.ts';

/** Collects what a command prints, as a stream that is no terminal. */
function collector() {
  const texts: string[] = [];
  return { write: (text: string | Uint8Array) => texts.push(String(text)) > 0, text: () => texts.join('') };
}

/** Runs one command to its end in this process, with settings from the given environment and no other. */
export async function runCommand(
  args: readonly string[],
  environment: Record<string, string>,
  input = '',
): Promise<Ended> {
  const [output, errors] = [collector(), collector()];
  const code = await run(args, { input: Readable.from([input]), output, errors, environment });
  return { code, stdout: output.text(), stderr: errors.text() };
}
