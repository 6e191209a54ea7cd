import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { jsonFault } from '../../src/foundation/web/json.ts';

describe('SEC-3 a name that stands twice in one object', () => {
  test.each([
    ['{"a":1,"a":2}', true],
    ['{"a":1,"\\u0061":2}', true],
    ['{"x":{"a":1,"a":2}}', true],
    ['{"x":[{"a":1},{"b":{"c":1,"c":2}}]}', true],
    ['{"a":1,"b":{"a":2}}', false],
    ['{"x":[{"a":1},{"a":2}]}', false],
    ['{"a":"a","b":"a"}', false],
    ['{"a":"\\"a\\":1,","b":"{\\"a\\":1,\\"a\\":2}"}', false],
    ['{"a":["a","a"]}', false],
    ['{}', false],
  ])('%s: %s', (text, isTwice) => {
    expect(jsonFault(text)).toBe(isTwice ? 'named-twice' : undefined);
  });

  test('is never found in what JSON.stringify wrote', async () => {
    await fc.assert(
      fc.property(fc.json(), (text) => jsonFault(text, Number.POSITIVE_INFINITY) === undefined),
    );
  });
});

describe('SEC-3 what else two readers would see differently', () => {
  test.each([
    ['{"a":"\\ud83d\\ude00"}', undefined],
    ['{"a":"\\\\ud83d"}', undefined],
    ['{"a":"\\ud83d"}', 'not-unicode'],
    ['{"\\udead":1}', 'not-unicode'],
    ['[[1]]', undefined],
    ['[[[1]]]', 'too-deep'],
    ['{"a":[{}]}', 'too-deep'],
    ['{"a":"[[[","b":[],"c":{"d":1}}', undefined],
  ])('%s: %s', (text, fault) => {
    expect(jsonFault(text, 2)).toBe(fault);
  });

  test('a text of some megabytes is read to its end', () => {
    const long = JSON.stringify({ a: '\\"'.repeat(2_000_000), b: { c: 1 } });
    expect(jsonFault(`${long.slice(0, -1)},"a":1}`)).toBe('named-twice');
  });
});
