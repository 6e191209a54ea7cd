import { Readable } from 'node:stream';
import { run } from '../../src/doors/cli/index.ts';
import type { Terminal } from '../../src/doors/cli/terminal.ts';
import { PATIENT } from './pace.ts';
import type { Ended } from './process.ts';

/** Collects what a command prints, as a stream that is no terminal. */
function collector() {
  const texts: string[] = [];
  return { write: (text: string | Uint8Array) => texts.push(String(text)) > 0, text: () => texts.join('') };
}

/** A terminal that keeps what is written to it, with settings from the given environment and no other. */
export function terminal(
  environment: Record<string, string> = {},
  input: string | Uint8Array | readonly Uint8Array[] = '',
) {
  const [output, errors] = [collector(), collector()];
  const chunks = Array.isArray(input) ? input : [input];
  const at: Terminal = {
    input: Readable.from(chunks),
    output,
    errors,
    environment: { ...PATIENT, ...environment },
  };
  return { at, output: output.text, errors: errors.text };
}

/** Runs one command to its end in this process, with settings from the given environment and no other. */
export async function runCommand(
  args: readonly string[],
  environment: Record<string, string>,
  input: string | Uint8Array = '',
): Promise<Ended> {
  const { at, output, errors } = terminal(environment, input);
  const code = await run(args, at);
  return { code, stdout: output(), stderr: errors() };
}
