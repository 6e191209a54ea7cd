import { describe, expect, test } from '@jest/globals';
import { generateSync } from 'otplib';
import { judgeCode, newTotpSecret, timeStepAt, totpUri } from '../../src/capabilities/second-factor/index.ts';

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
    'D9 V7 a code %i steps away with %i steps of drift: accepted %p, at both edges of a step',
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
    const uri = new URL(totpUri(SECRET, 'Site & Söhne', 'ann@x y'));
    expect([uri.protocol, uri.searchParams.get('secret'), uri.searchParams.get('issuer')]).toEqual([
      'otpauth:',
      SECRET,
      'Site & Söhne',
    ]);
    expect(decodeURIComponent(uri.pathname)).toBe('/Site & Söhne:ann@x y');
  });
});

describe('S29 S31 windows over every second of three steps', () => {
  test.each([0, 1] as const)(
    'with %i steps of drift a code is good for its own step and so many later ones',
    (driftSteps) => {
      for (let second = -60; second < 90; second++) {
        const age = Math.floor(second / 30);
        const step = judgeCode({ secret: SECRET, code: codeAt(T), now: T + second, driftSteps });
        expect({ second, step }).toEqual({
          second,
          step: age >= 0 && age <= driftSteps ? timeStepAt(T) : undefined,
        });
      }
    },
  );
});
