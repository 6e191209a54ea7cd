import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  canonicalPassword,
  createHasher,
  type PasswordRules,
  strengthProblems,
} from '../../src/capabilities/passwords/index.ts';

const rules = (strength: PasswordRules['strength'], hasFactor = false): PasswordRules => ({
  strength,
  minLength: 8,
  hasFactor,
});
const broken = (password: string, strength: PasswordRules['strength'], hasFactor = false) =>
  strengthProblems(password, rules(strength, hasFactor)).map((p) => p.rule);
const SPECIALS = [...' !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'];

describe('PWD-1 PWD-2 strength', () => {
  test.each([
    ['medium', 'abcdefg1', []],
    ['medium', 'abcdef1', ['too-short']],
    ['medium', 'abcdefgh', ['no-digit']],
    ['medium', '12345678', ['no-letter']],
    ['medium', '', ['too-short', 'no-digit', 'no-letter']],
    ['medium', 'пароль12', []],
    ['medium', 'abcdefg١', ['no-digit']],
    ['strong', 'abcdefg1', ['no-special']],
    ['strong', 'abcdef1 ', []],
    ['strong', 'abcdef1€', ['no-special']],
    ['very-strong', 'abcdefgh1!', ['too-short']],
    ['very-strong', 'abcdefghij1!', []],
    ['very-strong', 'abcdefghijk1', ['no-special']],
    ['length', 'abcdefghijklmn', ['too-short']],
    ['length', 'abcdefghijklmno', []],
    ['medium', 'abcdef1\u0007', ['control-character']],
    ['medium', 'abcdefg1\ud800', ['control-character']],
  ] as const)('%s: %j breaks %j', (strength, password, expected) => {
    expect(broken(password, strength)).toEqual(expected);
  });

  test('PWD-13 D1 length by itself asks for 15, or 8 where there is a second factor', () => {
    expect(broken('abcdefgh', 'length', true)).toEqual([]);
    expect(strengthProblems('abcdefgh', rules('length'))).toEqual([{ rule: 'too-short', minimum: 15 }]);
  });

  test.each([
    ['medium', 20],
    ['strong', 20],
    ['very-strong', 20],
    ['length', 20],
  ] as const)('S1 %s: a greater least length of the tenant wins', (strength, minLength) => {
    const found = strengthProblems('abcdefgh 1234567890', { strength, minLength, hasFactor: true });
    expect(found).toEqual([{ rule: 'too-short', minimum: 20 }]);
  });

  test('PWD-2 the specials are exactly 33', () => {
    expect(SPECIALS).toHaveLength(33);
    for (const special of SPECIALS) expect(broken(`abcdef1${special}`, 'strong')).toEqual([]);
    for (let code = 0x20; code < 0x250; code++) {
      const character = String.fromCodePoint(code);
      if (code === 0x7f || (code >= 0x80 && code <= 0x9f)) continue;
      expect(broken(`abcdefg1${character}`, 'strong').includes('no-special')).toBe(
        !SPECIALS.includes(character),
      );
    }
  });

  test('PWD-3 S2 length counts code points after NFC, and 1,024 is the most', () => {
    expect(broken('😀😀😀😀😀😀a1', 'medium')).toEqual([]);
    expect(broken('e\u0301e\u0301e\u0301e\u0301e\u0301a1', 'medium')).toEqual(['too-short']);
    expect(broken(`a1${'x'.repeat(1_022)}`, 'medium')).toEqual([]);
    expect(strengthProblems(`a1${'x'.repeat(1_023)}`, rules('medium'))).toEqual([
      { rule: 'too-long', maximum: 1_024 },
    ]);
  });

  test('PWD-1 agrees with a naive reading of the rules over all of Unicode', () => {
    const naive = (password: string) => {
      const points = [...password.normalize('NFC')];
      return {
        'too-short': points.length < 8,
        'too-long': points.length > 1_024,
        'no-digit': !points.some((c) => '0123456789'.includes(c)),
        'no-letter': !points.some((c) => /^\p{L}$/u.test(c)),
        'no-special': !points.some((c) => SPECIALS.includes(c)),
        'control-character': points.some((c) => /^[\p{Cc}\p{Cs}]$/u.test(c)),
      };
    };
    const anything = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.string({ unit: 'grapheme-ascii', maxLength: 20 }),
      fc.string({ unit: 'grapheme', maxLength: 20 }),
    );
    fc.assert(
      fc.property(anything, (password) => {
        const expected = Object.entries(naive(password))
          .filter(([, isBroken]) => isBroken)
          .map(([rule]) => rule);
        expect([...broken(password, 'strong')].sort()).toEqual(expected.sort());
      }),
      { numRuns: 2_000 },
    );
  });

  test('D19 S3 nothing but NFC is done to a password', () => {
    expect(canonicalPassword('a\u0308 B ')).toBe('ä B ');
    expect(canonicalPassword('ａbc')).toBe('ａbc');
  });
});

describe('S11 the gate before hashing', () => {
  test('as many at once as there are slots, a short queue behind them, and beyond it busy at once', async () => {
    const hasher = createHasher({ memoryKiB: 19_456, passes: 2 }, { slots: 2, queue: 3 });
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => hasher.hash('x')));
    expect(outcomes.filter((o) => o.status === 'fulfilled')).toHaveLength(5);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'busy', status: 503 });
    expect(await hasher.hash('x')).toMatch(/^\$argon2id\$/);
  });

  test('S16 a name that does not exist costs a hash as well, and is never right', async () => {
    const hasher = createHasher({ memoryKiB: 19_456, passes: 2 }, { slots: 1, queue: 1 });
    const both = await Promise.allSettled([
      hasher.verifyNothing('x'),
      hasher.verifyNothing('x'),
      hasher.verifyNothing('x'),
    ]);
    expect(both.map((o) => (o.status === 'fulfilled' ? o.value : o.reason.code))).toEqual([
      false,
      false,
      'busy',
    ]);
  });
});
