import { describe, expect, test } from '@jest/globals';
import { commandsAt } from '../../src/doors/cli/index.ts';
import { readSecrets, textOf } from '../../src/doors/cli/input.ts';
import { terminal } from '../support/command.ts';

const BOM = [0xef, 0xbb, 0xbf];
const bytes = (...parts: (string | readonly number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));
const ONE = ['--password-stdin'];
const TWO = ['--password-stdin', '--totp-secret-stdin'];

const read = (input: Uint8Array | readonly Uint8Array[], options: readonly string[]) =>
  readSecrets(commandsAt(terminal({}, input).at), options);

describe('standard input', () => {
  test.each<[string, Buffer, readonly string[], string[]]>([
    ['a line', bytes('pässwörd\n'), ONE, ['pässwörd']],
    ['a line without its end', bytes('secret'), ONE, ['secret']],
    ['a byte order mark', bytes(BOM, 'secret\n'), ONE, ['secret']],
    ['CRLF', bytes('one\r\ntwo\r\n'), TWO, ['one', 'two']],
    ['CRLF cut off before its second half', bytes('one\r\ntwo\r'), TWO, ['one', 'two']],
    ['white space, which may belong to a password', bytes(' one \n\ttwo\n'), TWO, [' one ', '\ttwo']],
    ['more lines than are asked for', bytes('one\ntwo\n'), ONE, ['one']],
    ['what is no text after the last line asked for', bytes('one\n', [0xff]), ONE, ['one']],
    ['no option, and nothing read', bytes([0xff]), [], []],
  ])('SEC-3 %s is read', async (_, input, options, secrets) => {
    expect(await read(input, options)).toEqual(secrets);
  });

  test('SEC-3 characters that arrive byte by byte are whole', async () => {
    const input = bytes(BOM, 'pä😀ß\r\nzwei\n');
    expect(
      await read(
        [...input].map((byte) => Buffer.from([byte])),
        TWO,
      ),
    ).toEqual(['pä😀ß', 'zwei']);
  });

  test.each<[string, Buffer, readonly string[], string]>([
    ['Latin-1', bytes('p', [0xe4], 'ss\n'), ONE, 'standard input is not UTF-8'],
    ['UTF-16 with its mark', bytes([0xff, 0xfe], 'a\0b\0\n\0'), ONE, 'standard input is not UTF-8'],
    ['UTF-16 without a mark', bytes('a\0b\0\n\0'), ONE, 'standard input holds a NUL byte'],
    ['a surrogate', bytes([0xed, 0xa0, 0x80], '\n'), ONE, 'standard input is not UTF-8'],
    ['an overlong form', bytes([0xc0, 0x80], '\n'), ONE, 'standard input is not UTF-8'],
    ['a character cut off', bytes([0xc3]), ONE, 'standard input is not UTF-8'],
    ['a NUL byte', bytes('sec\0ret\n'), ONE, 'standard input holds a NUL byte'],
    ['nothing', bytes(''), ONE, 'standard input has no line 1, which --password-stdin reads'],
    ['an empty line', bytes('\r\n'), ONE, 'standard input has no line 1, which --password-stdin reads'],
    ['a mark and nothing', bytes(BOM), ONE, 'standard input has no line 1, which --password-stdin reads'],
    ['one line of two', bytes('one\n'), TWO, 'standard input has no line 2, which --totp-secret-stdin reads'],
    ['a line without an end', Buffer.alloc(70_000, 'a'), ONE, 'holds a line of more than 65536 bytes'],
  ])('SEC-3 %s is refused in one line', async (_, input, options, line) => {
    await expect(read(input, options)).rejects.toThrow(line);
  });

  test('SEC-3 a person at a keyboard is told what to type, on the side of the messages', async () => {
    const { at, errors, output } = terminal({}, 'secret\n');
    Object.assign(at.input, { isTTY: true });
    expect(await readSecrets(commandsAt(at), ONE)).toEqual(['secret']);
    expect([output(), errors()]).toEqual([
      '',
      'Type one line for each of --password-stdin; the screen shows what you type.\n',
    ]);
  });

  test('SEC-3 a file of a policy is read by the same rules', () => {
    expect(textOf(bytes(BOM, 'a: 1'), 'the file p.yaml')).toBe('a: 1');
    expect(() => textOf(bytes([0xe4]), 'the file p.yaml')).toThrow('the file p.yaml is not UTF-8');
  });
});
