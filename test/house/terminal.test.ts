import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

const files = readdirSync('src/doors/cli').filter((name) => name.endsWith('.ts'));
const WRITES = /process\.(stdout|stderr|stdin)|\bconsole\.|\.write\(|readline|from 'node:tty'/;
const READS = /\binput\b.*terminalOf|process\.stdin|readline/;

describe('one place speaks with the terminal', () => {
  test('SEC-4 X12 only src/doors/cli/terminal.ts writes to the standard streams', () => {
    const wrong = files.filter((name) =>
      readFileSync(`src/doors/cli/${name}`, 'utf8')
        .split('\n')
        .some((line) => WRITES.test(line) && !line.includes('audit.write(')),
    );
    // The last resort hears only that a stream failed.
    expect(wrong.filter((name) => name !== 'last-resort.ts')).toEqual(['terminal.ts']);
  });

  test('SEC-3 only src/doors/cli/input.ts reads standard input', () => {
    const wrong = files.filter((name) => READS.test(readFileSync(`src/doors/cli/${name}`, 'utf8')));
    expect(wrong.filter((name) => name !== 'terminal.ts')).toEqual(['input.ts']);
  });
});
