import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  loadPreset,
  type Policy,
  parsePolicy,
  policyPaths,
  policyValues,
  presetNames,
  valueAt,
  writtenOut,
} from '../../src/capabilities/tenants/index.ts';

const TAKES_NULL = policyPaths.filter((path) => policyValues.get(path)?.safeParse(null).success);

describe('TEN-4 the short ways of writing a policy', () => {
  test('off stands for null wherever a value may be null', () => {
    expect(TAKES_NULL).toEqual([
      'password.expireAfterDays',
      'lockout.waitFrom',
      'lockout.networkTries',
      'secondFactor.recoveryCodes',
      'secondFactor.waitFrom',
    ]);
    for (const path of TAKES_NULL) expect(writtenOut(path, 'off')).toBeNull();
  });

  test.each([
    ['secondFactor.populations', true, ['user', 'agent']],
    ['signIn.caseSensitiveNames', false, []],
    ['secondFactor.recoveryCodes', true, 10],
    ['secondFactor.recoveryCodes', false, null],
    ['signIn.networks', ['::1'], { user: ['::1'], agent: ['::1'] }],
  ])('%s: %j is %j', (path, short, long) => {
    expect(writtenOut(path, short)).toEqual(long);
    const [group = '', name = ''] = path.split('.');
    expect(writtenOut(group, { [name]: short })).toEqual({ [name]: long });
    expect(writtenOut('', { [group]: { [name]: short } })).toEqual({ [group]: { [name]: long } });
  });

  test.each([
    ['secondFactor.mode', 'off'],
    ['secondFactor.trustDays', 'off'],
    ['lockout.contactLine', 'off'],
    ['lockout.user', 'off'],
    ['nonsense.value', 'off'],
  ])('%s: %j stays what it is', (path, value) => {
    expect(writtenOut(path, value)).toBe(value);
  });

  test.each(presetNames())('what is written out already, as the preset %s, stays what it is', (name) => {
    const policy = loadPreset(name);
    expect(writtenOut('', policy)).toEqual(policy);
  });

  test('anything at all is written out or stays, and nothing is changed in place', () => {
    fc.assert(
      fc.property(fc.constantFrom(...policyPaths, '', 'password', 'x'), fc.jsonValue(), (path, value) => {
        const copy = structuredClone(value);
        expect(writtenOut(path, writtenOut(path, value))).toEqual(writtenOut(path, value));
        expect(value).toEqual(copy);
      }),
    );
  });

  test('a policy in short ways is the policy that is meant', () => {
    const parsed = parsePolicy(
      writtenOut('', { lockout: { waitFrom: 'off' }, signIn: { networks: ['::1'] } }),
    );
    const policy = 'policy' in parsed ? parsed.policy : ({} as Policy);
    expect([valueAt(policy, 'lockout.waitFrom'), valueAt(policy, 'signIn.networks')]).toEqual([
      null,
      { user: ['::1'], agent: ['::1'] },
    ]);
  });
});
