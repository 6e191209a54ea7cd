import { describe, expect, test } from '@jest/globals';
import { generateSync } from 'otplib';
import type { Account } from '../../src/accounts/index.ts';
import {
  factorDuty,
  judgeCode,
  newTotpSecret,
  readCode,
  timeStepAt,
  totpUri,
} from '../../src/second-factor/index.ts';
import { loadPreset, type Policy } from '../../src/tenants/index.ts';

const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const T = 60_000_000 * 30;
const codeAt = (epoch: number) => generateSync({ secret: SECRET, epoch });

describe('RFC 6238', () => {
  // Appendix B, SHA-1, the last six of eight digits.
  test.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('MFA-2 at %i the code is %s', (now, code) => {
    expect(judgeCode({ secret: SECRET, code, now, driftSteps: 0 })).toBe(timeStepAt(now));
  });

  const WINDOW: [number, 0 | 1, boolean][] = [
    [-2, 1, false],
    [-1, 1, true],
    [0, 1, true],
    [1, 1, false],
    [2, 1, false],
    [-2, 0, false],
    [-1, 0, false],
    [0, 0, true],
    [1, 0, false],
    [2, 0, false],
  ];
  test.each(WINDOW)(
    'S29 D9 V7 MFA-15 a code %i steps away with %i steps of drift: accepted %p, at both edges of a step',
    (distance, driftSteps, accepted) => {
      for (const second of [0, 1, 15, 29]) {
        const verdict = judgeCode({
          secret: SECRET,
          code: codeAt(T + distance * 30),
          now: T + second,
          driftSteps,
        });
        expect(verdict).toBe(accepted ? timeStepAt(T) + distance : undefined);
      }
    },
  );

  test('S32 a secret has 160 bits, and no two are alike', () => {
    const secrets = Array.from({ length: 50 }, newTotpSecret);
    for (const secret of secrets) expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(new Set(secrets).size).toBe(50);
  });

  test('MFA-2 the otpauth address names site and person, odd names included', () => {
    const uri = new URL(totpUri(SECRET, 'Site & Söhne', 'ann@x:y'));
    expect([uri.protocol, uri.searchParams.get('secret'), uri.searchParams.get('issuer')]).toEqual([
      'otpauth:',
      SECRET,
      'Site & Söhne',
    ]);
    expect(decodeURIComponent(uri.pathname)).toBe('/Site & Söhne:ann@x:y');
  });
});

test.each([
  ['123456', '123456'],
  ['123 456', '123456'],
  ['123-456', '123456'],
  [' 123456\t', '123456'],
  ['１２３４５６', '123456'],
  ['12345', undefined],
  ['1234567', undefined],
  ['abcdef', undefined],
  ['', undefined],
  ['12345a', undefined],
  ['٠١٢٣٤٥', undefined],
  ['1'.repeat(10_000), undefined],
])('%j is read as %j', (typed, code) => {
  expect(readCode(typed)).toBe(code);
});

describe('MFA-1 what a sign-in owes after the password', () => {
  const preset = loadPreset('livevox') as Policy;
  type Status = Account['secondFactor']['status'];
  const duty = (
    mode: Policy['secondFactor']['mode'],
    status: Status,
    asked = false,
    population: 'user' | 'agent' = 'user',
  ) =>
    factorDuty(
      { population, role: 'Agent', secondFactor: { status, authenticators: [] } },
      { ...preset, secondFactor: { ...preset.secondFactor, mode } },
      asked,
    );

  test.each([
    ['off', 'none', 'nothing'],
    ['off', 'pending', 'activation'],
    ['off', 'active', 'code'],
    ['voluntary', 'none', 'nothing'],
    ['voluntary', 'pending', 'activation'],
    ['voluntary', 'active', 'code'],
    ['enrolment', 'none', 'nothing'],
    ['enrolment', 'pending', 'activation'],
    ['enrolment', 'active', 'code'],
    ['required', 'none', 'activation'],
    ['required', 'pending', 'activation'],
    ['required', 'active', 'code'],
  ] as const)('mode %s, factor %s: %s', (mode, status, expected) => {
    expect(duty(mode, status)).toBe(expected);
  });

  test('a population that the mode does not hold for owes nothing, unless it has a factor', () => {
    expect(duty('required', 'none', false, 'agent')).toBe('nothing');
    expect(duty('required', 'active', false, 'agent')).toBe('code');
  });

  test('an application that asks gets an activation where the site has factors', () => {
    expect(duty('voluntary', 'none', true)).toBe('activation');
    expect(duty('off', 'none', true)).toBe('nothing');
  });
});
