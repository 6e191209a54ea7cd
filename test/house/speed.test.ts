import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

/** What makes a verdict depend on the machine; `test/support` has the words that do not. */
const FORBIDDEN: [string, RegExp, string][] = [
  ['waits for a time', /\bset(Timeout|Interval)\b/, 'eventually'],
  ['waits for a time', /setTimeout as|AbortSignal\.timeout/, 'eventually'],
  [
    'reads the clock itself',
    /\b(performance|Date)\.now\b|process\.hrtime/,
    'nowSeconds, holdTime, stopwatch',
  ],
  [
    'ends its test after a time',
    /^ *\}, ?[\d_]+\);$/m,
    'the limit of jest.config.js, which only what hangs meets',
  ],
  [
    'has a wait of its own in milliseconds',
    /\bconst [A-Z_]*(PATIENCE|WITHIN|TIMEOUT|WAIT)[A-Z_]* ?=/,
    'HANG_MS',
  ],
];
/** `test/house` reads sources, and names in its patterns what it looks for. */
const SUPPORT = /^test\/(support|house)\//;

const texts = (readdirSync('test', { recursive: true }) as string[])
  .map((name) => join('test', name))
  .filter((name) => name.endsWith('.ts') && !SUPPORT.test(name))
  .map((name) => [name, readFileSync(name, 'utf8')] as const);

describe('tests and the speed of the machine', () => {
  test.each(FORBIDDEN)('OPS-6 no test %s (%s): use %s', (_, pattern) => {
    expect(texts.filter(([, text]) => pattern.test(text)).map(([name]) => name)).toEqual([]);
  });

  test('OPS-6 it reads the tests that there are', () => {
    expect(texts.length).toBeGreaterThan(80);
  });
});
