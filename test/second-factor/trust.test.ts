import { describe, expect, test } from '@jest/globals';
import { trustEndsAt } from '../../src/capabilities/second-factor/index.ts';
import {
  loadPreset,
  type Policy,
  trustCutsAfter,
  trustDaysOf,
} from '../../src/capabilities/tenants/index.ts';

const DAY = 86_400;
const cloudcx = loadPreset('cloudcx') as Policy;

function allowing(trustDays: Policy['secondFactor']['trustDays'], sharedDesk = false): Policy {
  return {
    ...cloudcx,
    secondFactor: { ...cloudcx.secondFactor, trustDays },
    session: { ...cloudcx.session, sharedDesk },
  };
}

describe('MFA-13 D13 how long a browser is trusted', () => {
  test.each([
    ['off', false, 0],
    ['every-sign-in', false, 0],
    [14, false, 14],
    [30, false, 30],
    [60, false, 60],
    [90, false, 90],
    [90, true, 0],
  ] as const)('trustDays %s, shared desk %p: %i days', (trustDays, sharedDesk, days) => {
    expect(trustDaysOf(allowing(trustDays, sharedDesk))).toBe(days);
  });

  test('it is fixed where it began, and a longer policy does not extend it', () => {
    expect(trustEndsAt({ beganAt: 1_000, days: 14 }, 90, [])).toBe(1_000 + 14 * DAY);
    expect(trustEndsAt({ beganAt: 1_000, days: 90 }, 14, [])).toBe(1_000 + 14 * DAY);
    expect(trustEndsAt({ beganAt: 1_000, days: 90 }, 0, [])).toBe(1_000);
  });

  test.each([
    ['allowing fewer days again and more afterwards', [30, 14, 30], [{ at: 1, days: 14 }]],
    ['back to every sign-in, and days again', [30, 'every-sign-in', 30], [{ at: 1, days: 0 }]],
    ['allowing more', [30, 60, 90], []],
    [
      'allowing fewer twice',
      [90, 60, 14],
      [
        { at: 1, days: 60 },
        { at: 2, days: 14 },
      ],
    ],
  ] as const)('a policy that changes by %s leaves the cuts %j', (_, steps, cuts) => {
    let tenant = { policy: allowing(steps[0]), trustCuts: [] as readonly { at: number; days: number }[] };
    for (const [n, trustDays] of steps.slice(1).entries()) {
      const next = allowing(trustDays);
      tenant = { policy: next, trustCuts: trustCutsAfter(tenant, next, n + 1) };
    }
    expect(tenant.trustCuts).toEqual(cuts);
  });

  test('what a policy cut does not come back, and what began after it is not cut', () => {
    const cuts = [{ at: 500, days: 0 }];
    expect(trustEndsAt({ beganAt: 500, days: 30 }, 30, cuts)).toBe(500);
    expect(trustEndsAt({ beganAt: 501, days: 30 }, 30, cuts)).toBe(501 + 30 * DAY);
  });

  test('cuts older than any trust are forgotten', () => {
    const old = { policy: allowing(30), trustCuts: [{ at: 0, days: 0 }] };
    expect(trustCutsAfter(old, allowing(14), 92 * DAY)).toEqual([{ at: 92 * DAY, days: 14 }]);
  });
});
