import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  daysToWarnOf,
  daysUntil,
  passwordExpiresAt,
  passwordState,
} from '../../src/capabilities/passwords/index.ts';
import { loadPreset, type Policy } from '../../src/capabilities/tenants/index.ts';
import { anAccount } from '../support/an-account.ts';

const DAY = 86_400;
const SET_AT = 1_000_000;
const livevox = loadPreset('livevox') as Policy;
const modern = loadPreset('modern') as Policy;
const withDays = (expireAfterDays: number | null, warnDays = 14): Policy => ({
  ...livevox,
  password: { ...livevox.password, expireAfterDays, warnDays },
});
const account = anAccount({ password: { hash: '', setAt: SET_AT, temporary: null } });
const at = (seconds: number) => SET_AT + seconds;

describe('expiry', () => {
  test.each([
    [90, 90 * DAY - 1, 'fine'],
    [90, 90 * DAY, 'expired'],
    [90, 90 * DAY + 1, 'expired'],
    [1, DAY - 1, 'fine'],
    [1, DAY, 'expired'],
    [3_650, 3_650 * DAY - 1, 'fine'],
    [3_650, 3_650 * DAY, 'expired'],
    [null, 9_000 * DAY, 'fine'],
    // A clock that was set back does not bring an expiry forward; set forward again, it is as it was.
    [90, -400 * DAY, 'fine'],
  ] as const)('PWD-5 of %s days, %s seconds after it was set: %s', (days, seconds, state) => {
    expect(passwordState(account, withDays(days), null, at(seconds))).toBe(state);
  });

  test('S6 D2 modern never expires one', () => {
    expect(passwordExpiresAt(account, modern, null)).toBeNull();
    expect(passwordState(account, modern, null, at(50_000 * DAY))).toBe('fine');
  });

  test('PWD-5 agents and users have one value', () => {
    for (const population of ['user', 'agent'] as const)
      expect(passwordExpiresAt({ ...account, population } as never, livevox, null)).toBe(at(90 * DAY));
  });

  test('what else stands in the way comes first', () => {
    const password = { hash: '', setAt: SET_AT, temporary: { expiresAt: 1 } };
    expect(passwordState({ ...account, password }, livevox, null, at(91 * DAY))).toBe('temporary');
    expect(passwordState({ ...account, password: null }, livevox, null, at(0))).toBe('missing');
    const compromised = {
      ...account,
      password: { hash: '', setAt: SET_AT, temporary: null, compromisedAt: 5 },
    };
    expect(passwordState(compromised, modern, null, at(0))).toBe('compromised');
  });
});

describe('PWD-14 the days left', () => {
  test.each([
    [76 * DAY - 1, undefined],
    [76 * DAY, 14],
    [76 * DAY + 1, 14],
    [77 * DAY, 13],
    [89 * DAY, 1],
    [89 * DAY + 1, 1],
    [90 * DAY - 1, 1],
    [90 * DAY, undefined],
  ])('%s seconds after it was set: %s', (seconds, days) => {
    expect(daysToWarnOf(account, livevox, null, at(seconds))).toBe(days);
  });

  test('0 warns never, and no expiry warns of nothing', () => {
    expect(daysToWarnOf(account, withDays(90, 0), null, at(90 * DAY - 1))).toBeUndefined();
    expect(daysToWarnOf(account, modern, null, at(5))).toBeUndefined();
  });

  test('rounded up, never below 0', () => {
    expect([daysUntil(10, 10), daysUntil(10, 11), daysUntil(11, 10), daysUntil(10 + DAY, 10)]).toEqual([
      0, 0, 1, 1,
    ]);
  });
});

describe('PWD-16 a spread', () => {
  const spread = { from: at(400 * DAY), days: 10 };
  const ids = Array.from(
    { length: 2_000 },
    (_, i) => `0191d2c0-0000-7000-8000-${String(i).padStart(12, '0')}`,
  );
  const expiresAt = (id: string, setAt = SET_AT) =>
    passwordExpiresAt({ id, password: { hash: '', setAt, temporary: null } }, livevox, spread) ?? 0;

  test('those who would all be expired at once are so one after another, evenly, none before and none after it', () => {
    const days = ids.map((id) => Math.floor((expiresAt(id) - spread.from) / DAY));
    const counts = Array.from({ length: 10 }, (_, day) => days.filter((d) => d === day).length);
    expect(counts.reduce((a, b) => a + b)).toBe(ids.length);
    for (const count of counts) expect(count).toBeGreaterThan(150);
  });

  test('no password expires sooner than without it, and whose turn is past stays as the policy says', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ids), fc.integer({ min: 0, max: 500 * DAY }), (id, offset) => {
        const setAt = SET_AT + offset;
        const plain = setAt + 90 * DAY;
        expect(expiresAt(id, setAt)).toBeGreaterThanOrEqual(plain);
        if (plain >= spread.from + spread.days * DAY) expect(expiresAt(id, setAt)).toBe(plain);
        expect(expiresAt(id, setAt)).toBe(expiresAt(id, setAt));
      }),
    );
  });
});
