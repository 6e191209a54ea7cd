import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { namesTwice } from '../../src/foundation/web/body.ts';

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
    expect(namesTwice(text)).toBe(isTwice);
  });

  test('is never found in what JSON.stringify wrote', async () => {
    await fc.assert(fc.property(fc.json(), (text) => !namesTwice(text)));
  });
});
