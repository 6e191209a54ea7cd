import { describe, expect, test } from '@jest/globals';
import { assuranceOf } from '../../src/doors/sign-in/assurance.ts';
import type { ProvedFactor } from '../../src/use-cases/credentials/index.ts';

const by = (method: ProvedFactor['by'], isSynced?: boolean): ProvedFactor => ({
  by: method,
  at: 1,
  round: 1,
  ...(isSynced === undefined ? {} : { isSynced }),
});

describe('SGN-3 S39 acr and amr of every path', () => {
  test.each([
    ['only the password, or with a trusted browser', 'password', null, ['pwd'], false],
    ['password and an app', 'password', by('totp'), ['pwd', 'otp', 'mfa'], true],
    ['password and a mailed code', 'password', by('mailed-code'), ['pwd', 'otp', 'mfa'], true],
    ['password and a recovery code', 'password', by('recovery-code'), ['pwd', 'otp', 'mfa'], true],
    ['password and a login code', 'password', by('login-code'), ['pwd', 'otp', 'mfa'], true],
    ['password and a passkey of one device', 'password', by('passkey', false), ['pwd', 'hwk', 'mfa'], true],
    ['password and a synced passkey', 'password', by('passkey', true), ['pwd', 'swk', 'mfa'], true],
    ['only a passkey of one device', 'passkey', by('passkey', false), ['hwk', 'user', 'mfa'], true],
    ['only a synced passkey', 'passkey', by('passkey', true), ['swk', 'user', 'mfa'], true],
  ] as const)('%s', (_, first, factor, amr, isMultiFactor) => {
    expect(assuranceOf(first, factor)).toEqual({ amr, isMultiFactor });
  });
});
