import { describe, expect, test } from '@jest/globals';
import {
  grouped,
  maskedAddress,
  newLoginCode,
  newRecoveryCode,
  readTyped,
} from '../../src/capabilities/second-factor/codes.ts';

const RECOVERY = 'ABCDEFGHIJKLMNOP';

describe('MFA-11 the one field for codes tells them apart by shape', () => {
  test.each([
    ['123456', 'digits', '123456'],
    ['123 456', 'digits', '123456'],
    ['123-456', 'digits', '123456'],
    ['123–456', 'digits', '123456'],
    [' 123456\t', 'digits', '123456'],
    ['１２３４５６', 'digits', '123456'],
    ['٠١٢٣٤٥', 'digits', '012345'],
    ['ABCD-EFGH', 'login', 'ABCDEFGH'],
    ['abcd efgh', 'login', 'ABCDEFGH'],
    ['ＡＢＣＤ－ＥＦＧＨ', 'login', 'ABCDEFGH'],
    ['2345-6723', 'login', '23456723'],
    ['0BCD-1FG8', 'login', 'OBCDIFGB'],
    ['ABCD-EFGH-IJKL-MNOP', 'recovery', RECOVERY],
    ['abcdefghijklmnop', 'recovery', RECOVERY],
    [`123456${' '.repeat(58)}`, 'digits', '123456'],
  ] as const)('%j is %s', (typed, kind, code) => {
    expect(readTyped(typed)).toEqual({ kind, code });
  });

  test.each([
    '',
    '   ',
    '12345',
    '1234567',
    '12345a',
    'abcdef',

    'ABCD-EFG9',
    'ABCD_EFGH',
    'ABCDEFGHI',
    `${RECOVERY}Q`,
    'ÄBCD-EFGH',
    '\u0000123456',
    `123456${' '.repeat(59)}`,
    '1'.repeat(10_000),
  ])('%j is none', (typed) => {
    expect(readTyped(typed)).toBeUndefined();
  });
});

describe('what is shown', () => {
  test('S37 a recovery code has 80 bits, a login code 40, no two alike, and each is read back as what it is', () => {
    const recovery = Array.from({ length: 200 }, newRecoveryCode);
    const login = Array.from({ length: 200 }, newLoginCode);
    expect(new Set([...recovery, ...login]).size).toBe(400);
    for (const code of recovery) {
      expect(code).toMatch(/^[A-Z2-7]{16}$/);
      expect(readTyped(grouped(code))).toEqual({ kind: 'recovery', code });
    }
    for (const code of login) {
      expect(grouped(code)).toMatch(/^[A-Z2-7]{4}-[A-Z2-7]{4}$/);
      expect(readTyped(grouped(code))).toEqual({ kind: 'login', code });
    }
  });

  test.each([
    ['ann@site.example', 'a•••@site.example'],
    ['"a@b"@site.example', '"•••@site.example'],
  ])('%s is shown as %s', (email, masked) => {
    expect(maskedAddress(email)).toBe(masked);
  });
});
