import type { Command } from 'commander';
import { Refused, sayOnErrors, terminalOf } from './terminal.ts';

const LINE_FEED = 0x0a;
/** More than any secret needs; a stream without a line's end must not fill the memory. */
const MOST_BYTES = 64 * 1_024;

/**
 * Text from outside: strict UTF-8 without its byte order mark, and without NUL.
 * @param where what the refusal calls it
 */
export function textOf(bytes: Uint8Array, where: string): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Refused(`${where} is not UTF-8`);
  }
  if (text.includes('\0')) throw new Refused(`${where} holds a NUL byte; it must be text in UTF-8`);
  return text;
}

/** The bytes up to the end of the line `count`, or all of them. Stops there: a person at a keyboard does not end the stream. */
async function readLines(input: AsyncIterable<string | Uint8Array>, count: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let [lines, bytes] = [0, 0];
  for await (const chunk of input) {
    const read = Buffer.from(chunk as Uint8Array);
    for (const [at, byte] of read.entries()) {
      if (byte !== LINE_FEED) continue;
      lines += 1;
      if (lines === count) return Buffer.concat([...chunks, read.subarray(0, at + 1)]);
    }
    chunks.push(read);
    bytes += read.length;
    if (bytes > MOST_BYTES) throw new Refused(`standard input holds a line of more than ${MOST_BYTES} bytes`);
  }
  return Buffer.concat(chunks);
}

/**
 * Reads secrets from standard input, one a line, without the line's end.
 * @param options the options that ask for one each, in this order
 * @throws Refused with one line when a secret is missing or is no text
 */
export async function readSecrets(command: Command, options: readonly string[]): Promise<string[]> {
  if (options.length === 0) return [];
  const { input } = terminalOf(command);
  if ((input as { isTTY?: boolean }).isTTY)
    sayOnErrors(command, `Type one line for each of ${options.join(', ')}; the screen shows what you type.`);
  const text = textOf(await readLines(input, options.length), 'standard input');
  const lines = text.split(/\r?\n/);
  return options.map((option, i) => {
    const secret = lines[i]?.replace(/\r$/, '');
    if (!secret) throw new Refused(`standard input has no line ${i + 1}, which ${option} reads`);
    return secret;
  });
}
