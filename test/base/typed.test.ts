import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readTyped } from '../../src/capabilities/second-factor/index.ts';
import { typedCode, typedName } from '../../src/foundation/base/index.ts';

const AROUND = [
  ...' \t\n\r\u0085\u00a0\u00ad\u061c\u1680\u180e\u2003\u200b\u200c\u200d\u200e\u200f\u2028\u202a',
].concat([...'\u202c\u202f\u2060\u2066\u2069\u205f\u3000\ufeff\u3164\uffa0\u2800']);
const BETWEEN = AROUND.concat([
  ...'-\u2010\u2011\u2013\u2014\u2212\ufe63\uff0d\u30fc.\u00b7\u2022\u3002\uff61\u30fb\u2024\u06d4',
]);
const around = fc.array(fc.constantFrom(...AROUND), { maxLength: 3 }).map((them) => them.join(''));
/** The zeros of scripts. */
const ZEROS = [0x30, 0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0x1040, 0xff10, 0x104a0, 0x116da, 0x1d7d8, 0x1e950];
const every = (expression: RegExp) =>
  Array.from({ length: 0x110000 }, (_, place) => place)
    .filter((place) => place < 0xd800 || place > 0xdfff)
    .map((place) => String.fromCodePoint(place))
    .filter((letter) => expression.test(letter));
const decorated = (letters: string[]) =>
  fc
    .array(fc.constantFrom('', '', '', ...BETWEEN), {
      minLength: letters.length + 1,
      maxLength: letters.length + 1,
    })
    .map((between) => between[0] + letters.map((letter, i) => letter + between[i + 1]).join(''));

describe('what people type', () => {
  test('SGN-8 what cannot be seen around a name is not part of it, for every kind of name', () => {
    fc.assert(
      fc.property(around, fc.string({ unit: 'binary' }), around, (before, name, after) => {
        const plain = typedName(name);
        expect(typedName(before + name + after)).toBe(plain);
        expect(typedName(plain)).toBe(plain);
        expect(name).toContain(plain);
      }),
    );
  });

  test('SGN-8 what is inside a name stays as it is', () => {
    expect(typedName('\ufeff Ann\u00a0\u200dLee\u3000')).toBe('Ann\u00a0\u200dLee');
  });

  test('SGN-8 every decimal digit of Unicode has the value that its script gives it', () => {
    const digits = every(/\p{Nd}/u);
    expect(digits.length % 10).toBe(0);
    digits.forEach((digit, i) => {
      expect([digit, typedCode(digit)]).toEqual([digit, String(i % 10)]);
    });
  });

  test('SGN-8 a code reads the same in the digits of any script, with what phones put between them', () => {
    const code = fc.stringMatching(/^[0-9]{6}$/);
    fc.assert(
      fc.property(
        code.chain((digits) =>
          fc
            .tuple(...[...digits].map(() => fc.constantFrom(...ZEROS)))
            .map((zeros) => zeros.map((zero, i) => String.fromCodePoint(zero + Number(digits[i]))))
            .chain(decorated)
            .map((typed) => ({ digits, typed })),
        ),
        ({ digits, typed }) => {
          expect(readTyped(typed)).toEqual({ kind: 'digits', code: digits });
        },
      ),
    );
  });

  test('SGN-8 a login code reads the same in full-width letters of any case', () => {
    const code = fc.stringMatching(/^[A-Z][A-Z2-7]{7}$/);
    const wide = (letter: string) => String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0);
    fc.assert(
      fc.property(
        code.chain((plain) =>
          decorated([...plain].map((letter, i) => (i % 2 ? wide(letter) : letter.toLowerCase()))).map(
            (typed) => ({
              plain,
              typed,
            }),
          ),
        ),
        ({ plain, typed }) => {
          expect(readTyped(typed)).toEqual({ kind: 'login', code: plain });
        },
      ),
    );
  });

  test('SGN-8 a sign that is neither a digit, nor a letter, nor written between them makes a code none', () => {
    const allowed = /[\p{Nd}A-Za-z]/u;
    const others = every(/[\p{L}\p{M}\p{S}\p{P}\p{Cc}\p{Co}]/u).filter(
      (letter) => typedCode(letter) !== '' && !allowed.test(letter.normalize('NFKC')),
    );
    fc.assert(
      fc.property(fc.nat(others.length - 1), fc.nat(6), (which, place) => {
        const sign = others[which] ?? '';
        expect(readTyped(`${'123456'.slice(0, place)}${sign}${'123456'.slice(place)}`)).toBeUndefined();
        expect(readTyped(`${'12345'.slice(0, place)}${sign}${'12345'.slice(place)}`)).toBeUndefined();
      }),
    );
  });

  test.each(['abcdefß', 'abcdefgı', 'abcdefgŉ'])('SGN-8 capitals do not make a code of %j', (typed) => {
    expect(readTyped(typed)).toBeUndefined();
  });

  test('a long text of white space is read at once', () => {
    const text = `a${' '.repeat(200_000)}b`;
    expect(typedName(text)).toBe(text);
  });
});
