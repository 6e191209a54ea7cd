import { describe, expect, test } from '@jest/globals';
import {
  JWKS_SECONDS,
  KEPT_AFTER_SECONDS,
  type KeyTimes,
  keyAge,
  PUBLISHED_BEFORE_SECONDS,
  planRotation,
  published,
} from '../../src/capabilities/signing-keys/key-states.ts';

const NOW = 1_800_000_000;

function rotated(all: readonly KeyTimes[], now: number, isReplacement = false): KeyTimes[] {
  const next = planRotation('ES256', all, now, isReplacement);
  if ('refused' in next) throw new Error(next.refused.code);
  return [...all, next];
}

const signing = (all: readonly KeyTimes[], now: number) => published(all, now)[0]?.serial;
const serials = (all: readonly KeyTimes[], now: number) => published(all, now).map(({ serial }) => serial);

describe('OID-2 the life of a signing key', () => {
  const first = rotated([], NOW);
  const second = rotated(first, NOW + 100);
  const turn = NOW + 100 + PUBLISHED_BEFORE_SECONDS;

  test('the first one signs at once', () => {
    expect(signing(first, NOW)).toBe(1);
  });

  test('the next one is published for longer than applications keep the set, and then signs', () => {
    expect(PUBLISHED_BEFORE_SECONDS).toBeGreaterThan(JWKS_SECONDS + 60);
    expect(second.map((key) => keyAge(key, second, NOW + 100).state)).toEqual(['active', 'next']);
    expect(serials(second, turn - 1)).toEqual([1, 2]);
    expect(second.map((key) => keyAge(key, second, turn).state)).toEqual(['retired', 'active']);
    expect(serials(second, turn)).toEqual([2, 1]);
  });

  test('the former one stays published until everything that it signed is past, then it is withdrawn', () => {
    expect(serials(second, turn + KEPT_AFTER_SECONDS - 1)).toEqual([2, 1]);
    expect(serials(second, turn + KEPT_AFTER_SECONDS)).toEqual([2]);
  });

  test('a second rotation waits for the first', () => {
    expect(planRotation('ES256', second, turn - 1, false)).toEqual({
      refused: { code: 'key_published_already', values: expect.objectContaining({ seconds: 1 }) },
    });
    expect(planRotation('ES256', second, turn, false)).toMatchObject({
      serial: 3,
      activeAt: turn + PUBLISHED_BEFORE_SECONDS,
    });
  });

  test('a key that others know is withdrawn at once, a published next one among them', () => {
    const replaced = rotated(second, NOW + 200, true);
    expect(serials(replaced, NOW + 200)).toEqual([3]);
    expect(keyAge(replaced[1] as KeyTimes, replaced, NOW + 200).state).toBe('withdrawn');
  });
});
