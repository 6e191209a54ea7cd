import { describe, expect, test } from '@jest/globals';
import { commandsAt, run } from '../../src/doors/cli/index.ts';
import { columns, print } from '../../src/doors/cli/terminal.ts';
import { visible, widthOf } from '../../src/doors/cli/visible.ts';
import { terminal } from '../support/command.ts';

const point = (code: number) => String.fromCodePoint(code);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => point(from + i));

/** Each kind of character that a terminal acts on or does not show. */
const HOSTILE: readonly (readonly [string, readonly string[]])[] = [
  ['C0', range(0x00, 0x1f)],
  ['DEL and C1', range(0x7f, 0x9f)],
  ['bidirectional marks', [0x061c, 0x200e, 0x200f].map(point)],
  ['bidirectional overrides', range(0x202a, 0x202e)],
  ['bidirectional isolates', range(0x2066, 0x2069)],
  ['zero-width', [0x00ad, 0x180e, 0x200b, 0x200c, 0x200d, 0x2060, 0xfeff].map(point)],
  ['blank fillers', [0x034f, 0x115f, 0x1160, 0x3164, 0xffa0].map(point)],
  ['line separators', [0x2028, 0x2029].map(point)],
  ['tags', [0xe0001, 0xe0020, 0xe007f].map(point)],
  ['halves of pairs', ['\ud800', '\udfff']],
];
const SEQUENCES = [
  '\x1b[2J\x1b[H',
  '\x1b]0;title\x07',
  '\x9b31m',
  '\x1b]8;;http://evil.example\x1b\\here',
  '\r\nforged line',
];
const EVERY = [...HOSTILE.flatMap(([, characters]) => characters), ...SEQUENCES];
const ACTS = /[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]--\n]/v;

describe('what a terminal is given', () => {
  test.each(HOSTILE)('SEC-4 X12 %s stand as an escape', (_, characters) => {
    for (const one of characters) {
      const shown = visible(`a${one}b`);
      expect(shown).toMatch(/^a(\\u[0-9a-f]{4}){1,2}b$/);
      expect(JSON.parse(`"${shown}"`)).toBe(`a${one}b`);
    }
  });

  test('SEC-4 X12 letters of every script, accents and pictures stay as they are', () => {
    const text = 'Zoë Ünal Ελένη Ирина 王小明 ناصر עדה नेहा e\u0301 ❤️ 😀 ~ \\u0041';
    expect(visible(text)).toBe(text);
  });

  test('SEC-4 X12 lines and columns hold nothing that acts, and each row stays one line', () => {
    const { at, output } = terminal();
    print(commandsAt(at), {}, columns([['NAME', 'BROWSER'], ...EVERY.map((one) => [one, `x${one}y`])]));
    expect(output()).not.toMatch(ACTS);
    expect(output().trimEnd().split('\n')).toHaveLength(EVERY.length + 1);
  });

  test('SEC-4 X12 JSON holds nothing that acts, and is equal when it is parsed', () => {
    const { at, output } = terminal();
    const value = { [`key${EVERY[3]}\u009b\u202e`]: EVERY, deep: [{ browser: EVERY.join('') }] };
    const program = commandsAt(at);
    program.setOptionValue('json', true);
    print(program, value, []);
    expect(output()).not.toMatch(ACTS);
    expect(JSON.parse(output())).toEqual(value);
  });

  test.each([
    ['a refusal', ['tenant', 'create', '--client-code', 'ACME', '--preset', EVERY.join('')], 1],
    ['an unknown command', [EVERY.join('')], 2],
    ['an unknown option', ['check', `--${EVERY.join('')}`], 2],
    ['a settings file that is not there', ['--config', EVERY.join('').replaceAll('\0', ''), 'check'], 1],
  ])('SEC-4 X12 an error line of %s holds nothing that acts', async (_, argv, status) => {
    const { at, output, errors } = terminal();
    expect(await run(argv, at)).toBe(status);
    expect(errors()).not.toBe('');
    expect(output() + errors()).not.toMatch(ACTS);
  });

  test('SEC-4 X12 a column is as wide as what is shown of it', () => {
    const rows = columns([
      ['NAME', 'NEXT'],
      ['王小明', 'a'],
      ['e\u0301e\u0301', 'b'],
      ['\u202eann', 'c'],
    ]);
    expect(new Set(rows.map((row) => widthOf(row.slice(0, -1)) - (row.endsWith('NEXT') ? 3 : 0)))).toEqual(
      new Set([11]),
    );
  });
});
