import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  differences,
  loadPreset,
  type Policy,
  parsePolicy,
  policyPaths,
  policyValues,
  presetNames,
  valueAt,
  withValues,
} from '../../src/capabilities/tenants/index.ts';
import { completed, nearestPreset } from '../../src/capabilities/tenants/presets.ts';

const PRESETS = ['livevox', 'vcc-live', 'cloudcx', 'liveperson', 'modern'] as const;
const BOTH = ['user', 'agent'];

/** The table of PRE-1, written out: a column for each preset, in the order above. */
const TABLE: [string, unknown[]][] = [
  ['secondFactor.mode', ['enrolment', 'voluntary', 'voluntary', 'required', 'required']],
  ['secondFactor.populations', [['user'], BOTH, BOTH, BOTH, BOTH]],
  ['operatorOnly', [['secondFactor.mode'], [], [], [], []]],
  [
    'secondFactor.methods',
    [['app', 'hardware'], ['app'], ['app', 'mail'], ['app'], ['passkey', 'app', 'hardware']],
  ],
  ['secondFactor.recoveryCodes', [null, null, 10, null, 10]],
  ['secondFactor.loginCodes', [false, false, true, false, true]],
  ['secondFactor.loginCodeMinutes', [30, 30, 30, 30, 10]],
  ['secondFactor.trustDays', ['off', 'off', 'every-sign-in', 'off', 'off']],
  ['secondFactor.waitFrom', [null, null, 3, null, 3]],
  ['secondFactor.waitSeconds', [300, 300, 300, 300, 30]],
  ['secondFactor.waitGrowth', [1, 1, 1, 1, 2]],
  ['password.strength', ['medium', 'medium', 'medium', 'medium', 'length']],
  ['password.blockList', [false, false, false, false, true]],
  ['password.personalData', [false, false, false, false, true]],
  ['password.expireAfterDays', [90, null, null, null, null]],
  ['password.historyCount', [4, 4, 4, 4, 4]],
  ['lockout.user', [5, 5, 5, 5, 5]],
  ['lockout.agent', [5, 5, 5, 5, 5]],
  ['lockout.secondFactor', [5, 5, 5, 5, 5]],
  ['lockout.splitBudgets', [false, false, false, false, true]],
  ['lockout.waitFrom', [null, null, null, null, 3]],
  ['lockout.waitSeconds', [30, 30, 30, 30, 30]],
  ['lockout.waitGrowth', [2, 2, 2, 2, 2]],
  ['password.setByOthers', ['temporary', 'temporary', 'temporary', 'temporary', 'link']],
  ['signIn.identifiedBy', ['userName', 'userName', 'email', 'userName', 'either']],
  ['lockout.reveal', ['always', 'always', 'always', 'always', 'never']],
  ['password.forgottenByMail', [false, false, false, false, true]],
  ['signIn.trustUpstreamFactor', [false, false, false, true, false]],
  ['locale.timeZone', ['UTC', 'UTC', 'UTC', 'UTC', 'UTC']],
  ['session.endsWithBrowser', [false, false, false, false, false]],
  ['session.idleMinutes', [120, 120, 120, 120, 60]],
  ['session.absoluteMinutes', [1_440, 1_440, 1_440, 1_440, 1_440]],
  ['session.apiIdleMinutes', [120, 120, 120, 120, 60]],
];

const preset = (name: string) => loadPreset(name) as Policy;
const mistakesOf = (document: unknown) => {
  const parsed = parsePolicy(document);
  return 'mistakes' in parsed ? parsed.mistakes : [];
};

describe('the presets', () => {
  test('PRE-1 there are five, and no other', () => {
    expect(presetNames()).toEqual([...PRESETS].sort());
    expect(loadPreset('moderne')).toBeUndefined();
    expect(loadPreset('../presets/modern')).toBeUndefined();
  });

  test.each(TABLE)('D2 D4 %s is what the table says in each', (path, values) => {
    expect(PRESETS.map((name) => valueAt(preset(name), path))).toEqual(values);
  });

  test('PRE-1 each file is complete: it names every value, and leaves none to a default', async () => {
    const { readFileSync } = await import('node:fs');
    const { parse } = await import('yaml');
    for (const name of PRESETS) {
      const written = parse(readFileSync(`config/presets/${name}.yaml`, 'utf8')) as Record<string, unknown>;
      const at = (path: string) =>
        path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown>)?.[key], written);
      expect(policyPaths.filter((path) => at(path) === undefined)).toEqual([]);
    }
  });
});

test('OPS-3 a policy that an earlier version stored, without a time zone, has UTC', () => {
  const { locale: _, ...stored } = preset('livevox');
  expect(completed(stored).locale).toEqual({ timeZone: 'UTC' });
});

test('TEN-4 a policy whose preset was not kept is compared with the nearest one', () => {
  for (const name of PRESETS) {
    const policy = preset(name);
    expect(nearestPreset({ ...policy, lockout: { ...policy.lockout, user: 2 } })).toBe(name);
  }
});

describe('the schema', () => {
  test('each value has prose, and a promise that it comes from', () => {
    for (const [path, schema] of policyValues) {
      const { description, source } = schema.meta() as { description?: string; source?: string };
      expect({ path, isSaid: (description ?? '').length > 15, source }).toMatchObject({
        isSaid: true,
        source: expect.stringMatching(/^[A-Z]+-?\d+(, [A-Z]+-?\d+)*$/),
      });
    }
  });

  test.each([
    ['password.historyCount', [3, 26, 0, null, 4.5, '4']],
    ['password.expireAfterDays', [0, -1, 100_000, 3_651, 1.5, 'never', 'off', true]],
    ['password.minLength', [7, 65, null]],
    ['password.temporaryLifetimeHours', [0, 2_161]],
    ['password.warnDays', [-1, 91]],
    ['password.blockedWords', [['abc'], 'abcd', [5]]],
    ['lockout.user', [0, 10, null, 'five', 2.5, -1]],
    ['lockout.agent', [0, 10, null, 'five', 2.5, -1]],
    ['lockout.secondFactor', [0, 10, null, 'five', 2.5, -1]],
    ['lockout.siteNetworks', [['10.0.0.0/33'], ['here'], '10.0.0.0/8']],
    ['secondFactor.trustDays', [15, 0, 'sometimes']],
    ['signIn.methods', [[], ['upstream'], ['magic']]],
    ['signIn.identifiedBy', ['phone', '']],
    ['locale.timeZone', ['', '+01:00', 'Europe/Atlantis', 'off', null, 1, ['UTC']]],
    ['operatorOnly', [['password.nonsense'], 'all']],
  ])('LCK-1 PWD-4 %s refuses what it must not be, by its name', (path, values) => {
    for (const value of values) {
      const paths = mistakesOf(withValues(preset('livevox'), { [path]: value })).map((m) => m.path);
      expect([...new Set(paths.map((p) => p.split('.').slice(0, 2).join('.')))]).toEqual([
        path === 'operatorOnly' && Array.isArray(value) ? `${path}.0` : path,
      ]);
    }
  });

  test.each([null, 1, 3_650])('PWD-5 expiry may be %j', (expireAfterDays) => {
    const parsed = parsePolicy({ password: { expireAfterDays } });
    expect('policy' in parsed && parsed.policy.password.expireAfterDays).toBe(expireAfterDays);
  });

  test.each([
    ['password.expireAfterDays', 'off'],
    ['secondFactor.recoveryCodes', true],
    ['secondFactor.populations', true],
    ['signIn.caseSensitiveNames', false],
    ['signIn.networks', ['10.0.0.0/8']],
  ])('TEN-4 %s has one form: %j is none of it', (path, value) => {
    expect(mistakesOf(withValues(preset('livevox'), { [path]: value })).map((m) => m.path)).toEqual([path]);
  });

  test('SEC-3 a policy of a newer version is refused and named, and nothing else is said of it', () => {
    expect(mistakesOf({ version: 2, password: { strength: 'quantum' }, telepathy: {} })).toEqual([
      {
        path: 'version',
        message: expect.stringContaining('newer version of Sallyport (2; this one knows 1)'),
      },
    ]);
    expect(mistakesOf({ version: 'x' })).toHaveLength(1);
    expect(mistakesOf({ version: 1 })).toEqual([]);
  });

  test('SEC-3 what is no policy at all is refused', () => {
    for (const document of [null, undefined, 'policy', 5, [], [preset('modern')]])
      expect(mistakesOf(document).length).toBeGreaterThan(0);
  });
});

describe('merging and comparing', () => {
  const values = fc.record(
    {
      'password.historyCount': fc.integer({ min: 4, max: 25 }),
      'password.expireAfterDays': fc.option(fc.integer({ min: 1, max: 3_650 })),
      'password.strength': fc.constantFrom('medium', 'strong', 'very-strong', 'length'),
      'password.blockedWords': fc.array(fc.stringMatching(/^[a-z]{4,12}$/), { maxLength: 4 }),
      'lockout.user': fc.integer({ min: 1, max: 9 }),
      'lockout.contactLine': fc.string({ maxLength: 40 }),
      'secondFactor.populations': fc.subarray(['user', 'agent']),
      'secondFactor.trustDays': fc.constantFrom('off', 'every-sign-in', 14, 30, 60, 90),
      'signIn.networks': fc.record({
        user: fc.constantFrom([], ['10.0.0.0/8']),
        agent: fc.constantFrom([], ['::1', '192.0.2.0/24']),
      }),
      operatorOnly: fc.subarray(
        [...policyPaths].filter((path) => path !== 'operatorOnly'),
        { maxLength: 3 },
      ),
    },
    { requiredKeys: [] },
  );
  const merged = (base: Policy, changes: Record<string, unknown>): Policy => {
    const parsed = parsePolicy(withValues(base, changes));
    if ('mistakes' in parsed) throw new Error(JSON.stringify(parsed.mistakes));
    return parsed.policy;
  };

  test('TEN-4 what differs, merged into the one, makes the other, and names nothing else', () => {
    fc.assert(
      fc.property(fc.constantFrom(...PRESETS), values, fc.constantFrom(...PRESETS), (name, changes, from) => {
        const before = preset(from);
        const after = merged(preset(name), changes);
        const found = differences(before, after);
        expect(merged(before, Object.fromEntries(found.map((d) => [d.path, d.after])))).toEqual(after);
        expect(found.every((d) => JSON.stringify(d.before) !== JSON.stringify(d.after))).toBe(true);
        expect(differences(after, after)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  test('TEN-4 merging changes the named values, and no other', () => {
    fc.assert(
      fc.property(fc.constantFrom(...PRESETS), values, (name, changes) => {
        const before = preset(name);
        const copy = structuredClone(before);
        const after = merged(before, changes);
        for (const path of policyPaths)
          expect(valueAt(after, path)).toEqual(
            path in changes ? (changes as Record<string, unknown>)[path] : valueAt(before, path),
          );
        expect(before).toEqual(copy);
      }),
      { numRuns: 100 },
    );
  });

  test.each(['__proto__.polluted', 'constructor.prototype.polluted', 'password.__proto__', 'a.b.c.d', ''])(
    'SEC-3 the path %j is refused by name, and reaches nothing else',
    (path) => {
      expect(mistakesOf(withValues(preset('modern'), { [path]: { polluted: 1 } })).length).toBeGreaterThan(0);
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    },
  );
});
