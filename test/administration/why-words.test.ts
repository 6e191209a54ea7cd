import { describe, expect, test } from '@jest/globals';
import { reasonTable } from '../../src/capabilities/account-state/index.ts';
import { createLanguage } from '../../src/foundation/base/index.ts';
import { attemptInWords, stateInWords } from '../../src/use-cases/administration/index.ts';
import { rules } from '../../src/use-cases/administration/why.ts';

const say = createLanguage();
const plain = { until: null, repeats: null, since: null, reply: null };

describe('LCK-8 what an administrator reads', () => {
  test.each(rules)('of an attempt that met %s: what it was, and what clears it', (rule) => {
    const { says, clears } = attemptInWords(say, { ...plain, rule, reply: 550 });
    expect([says.length, clears.length].every((length) => length > 5)).toBe(true);
    expect(`${says}${clears}`).not.toMatch(/\{\{|why\./);
  });

  test.each([...Object.keys(reasonTable), 'strangers'])('of the state %s', (reason) => {
    const { says, clears } = stateInWords(say, reason as Parameters<typeof stateInWords>[1]);
    expect(`${says}${clears}`).not.toMatch(/\{\{|why\./);
  });

  test('of an attempt that was right, that repeats, and that ends', () => {
    expect(attemptInWords(say, { ...plain, rule: '' })).toEqual({ says: 'it was right', clears: '' });
    expect(attemptInWords(say, { ...plain, rule: 'locked', repeats: 7, since: 0 }).says).toBe(
      'the account was locked; nothing was checked; 7 such attempts since 1970-01-01T00:00:00Z',
    );
    expect(attemptInWords(say, { ...plain, rule: 'waiting', until: 60 }).clears).toBe(
      'the end of the wait (1970-01-01T00:01:00Z)',
    );
  });

  test('of a rule that another version wrote: the rule as it stands', () => {
    expect(attemptInWords(say, { ...plain, rule: 'something new' }).says).toBe('something new');
  });
});
