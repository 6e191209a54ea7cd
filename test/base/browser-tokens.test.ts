import { describe, expect, test } from '@jest/globals';
import { browserToken, withNewBrowserToken } from '../../src/foundation/base/index.ts';

const SHARED = 'S'.repeat(43);

describe('SEC-4 X5 what a browser carries for the people who share it', () => {
  test('every grant draws a new value, and names the former one', () => {
    const first = withNewBrowserToken(undefined, 'ann');
    const second = withNewBrowserToken(first.carried, 'ann');
    expect(first.former).toBeUndefined();
    expect(second.former).toBe(first.token);
    expect(second.token).not.toBe(first.token);
    expect(second.carried).not.toContain(first.token);
  });

  test('the tokens of others stay as they are', () => {
    const ann = withNewBrowserToken(undefined, 'ann');
    const bob = withNewBrowserToken(ann.carried, 'bob');
    expect(bob.former).toBeUndefined();
    const again = withNewBrowserToken(bob.carried, 'ann');
    expect(browserToken(again.carried, 'bob')).toBe(bob.token);
    expect(browserToken(again.carried, 'ann')).toBe(again.token);
    expect(browserToken(again.carried, 'eve')).toBeUndefined();
  });

  test('the value of an earlier version stands for everybody who has nothing newer', () => {
    const ann = withNewBrowserToken(SHARED, 'ann');
    expect(ann.former).toBe(SHARED);
    expect(ann.token).not.toBe(SHARED);
    expect(browserToken(ann.carried, 'bob')).toBe(SHARED);
    expect(withNewBrowserToken(ann.carried, 'ann').former).toBe(ann.token);
  });

  test('twenty people at most, the last ones', () => {
    let carried: string | undefined;
    for (let n = 0; n < 25; n++) ({ carried } = withNewBrowserToken(carried, `person ${n}`));
    expect((carried ?? '').length).toBeLessThan(1_200);
    expect(browserToken(carried, 'person 5')).toBeDefined();
    expect(browserToken(carried, 'person 4')).toBeUndefined();
  });

  test.each([
    '',
    '~',
    '~~~',
    'x',
    '.',
    'a.b',
    `${'t'.repeat(10)}.`,
    'é'.repeat(43),
    '\r\n',
    `${SHARED}~${'A'.repeat(9_000)}`,
  ])('V13 what we did not make, %j, is nothing to anybody, or what it was', (carried) => {
    const token = browserToken(carried, 'ann');
    expect(token === undefined || token === SHARED).toBe(true);
    expect(withNewBrowserToken(carried, 'ann').carried).toMatch(/^[A-Za-z0-9._~-]{54}(?:~S{43})?$/);
  });
});
