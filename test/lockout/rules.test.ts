import { describe, expect, test } from '@jest/globals';
import { noFactor } from '../../src/capabilities/accounts/index.ts';
import { counterKey, isFull, limitFor, paceFor, ruleFor } from '../../src/capabilities/lockout/policy.ts';
import { loadPreset, type Policy, parsePolicy } from '../../src/capabilities/tenants/index.ts';
import { waitEnd } from '../../src/foundation/stores/ephemeral/port.ts';
import { anAccount } from '../support/an-account.ts';

const livevox = loadPreset('livevox') as Policy;
const modern = loadPreset('modern') as Policy;
const cloudcx = loadPreset('cloudcx') as Policy;
const policy: Policy = { ...livevox, lockout: { ...livevox.lockout, user: 3, agent: 4, secondFactor: 6 } };

describe('limits', () => {
  test('LCK-1 LCK-3 users, agents and codes have their own', () => {
    expect([
      limitFor('password', 'user', policy),
      limitFor('password', 'agent', policy),
      limitFor('second-factor', 'user', policy),
      limitFor('second-factor', 'agent', policy),
    ]).toEqual([3, 4, 6, 6]);
  });

  test.each([[0], [10], [-1], [2.5], [null], ['five'], ['5'], [undefined]])(
    'LCK-1 S25 a limit of %j is refused by name, or takes the default',
    (value) => {
      const result = parsePolicy({ lockout: { user: value, agent: 5 } });
      if (value === undefined) expect('policy' in result && result.policy.lockout.user).toBe(5);
      else expect('mistakes' in result && result.mistakes.map((m) => m.path)).toEqual(['lockout.user']);
    },
  );

  test.each([
    [0, false],
    [2, false],
    [3, true],
    [4, true],
  ])('LCK-2 %s failures of 3: full %s', (failures, full) => {
    expect(isFull(failures, 3)).toBe(full);
  });
});

describe('LCK-7 MFA-12 waits', () => {
  test('each kind has its own, and off means none', () => {
    expect(paceFor('password', livevox)).toBeUndefined();
    expect(paceFor('second-factor', livevox)).toBeUndefined();
    expect(paceFor('password', cloudcx)).toBeUndefined();
    expect(paceFor('second-factor', cloudcx)).toEqual({ from: 3, seconds: 300, growth: 1 });
    expect(paceFor('password', modern)).toEqual({ from: 3, seconds: 30, growth: 2 });
    expect(ruleFor('second-factor', 'agent', modern)).toEqual({
      limit: 5,
      pace: { from: 3, seconds: 30, growth: 2 },
    });
  });

  test.each([
    [0, 0],
    [2, 0],
    [3, 130],
    [4, 160],
    [5, 220],
  ])('after %s failures, the last at 100, the next try is let in at %s', (failures, until) => {
    expect(waitEnd(failures, 100, { from: 3, seconds: 30, growth: 2 })).toBe(until);
    expect(waitEnd(failures, 100, undefined)).toBe(0);
  });
});

describe('P14 P16 the counter of an account', () => {
  const account = anAccount({ lockRound: 2, strangersRound: 7 });
  const nextRound = { ...account, secondFactor: { ...noFactor, round: 1 } };

  test('MFA-7 kinds, rounds and strangers are apart; a completed reset leaves that of known browsers, one of the factor that of passwords', () => {
    const keys = [
      counterKey(account, 'password', false),
      counterKey(account, 'second-factor', false),
      counterKey(account, 'password', true),
      counterKey({ ...account, lockRound: 3 }, 'password', false),
      counterKey({ ...account, lockRound: 3 }, 'password', true),
      counterKey({ ...account, strangersRound: 8 }, 'password', true),
      counterKey({ ...account, id: 'b' }, 'password', false),
      counterKey(nextRound, 'second-factor', false),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(counterKey({ ...account, strangersRound: 8 }, 'password', false)).toBe(keys[0]);
    expect(counterKey(nextRound, 'password', false)).toBe(keys[0]);
  });
});
