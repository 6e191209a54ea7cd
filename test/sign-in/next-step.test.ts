import { describe, expect, test } from '@jest/globals';
import { type Account, noFactor } from '../../src/capabilities/accounts/index.ts';
import { loadPreset, type Policy } from '../../src/capabilities/tenants/index.ts';
import { type Attempt, freshAttempt } from '../../src/doors/sign-in/attempt.ts';
import { nextStep, type Situation, type Step } from '../../src/doors/sign-in/next-step.ts';
import { anAccount } from '../support/an-account.ts';

const livevox = loadPreset('livevox') as Policy;
const required = loadPreset('liveperson') as Policy;
const quiet: Policy = { ...livevox, lockout: { ...livevox.lockout, reveal: 'never' } };
const voluntary: Policy = {
  ...livevox,
  secondFactor: { ...livevox.secondFactor, mode: 'voluntary' },
};
const off: Policy = { ...livevox, secondFactor: { ...livevox.secondFactor, mode: 'off' } };

const account = anAccount({ lockRound: 2, epoch: 7 });
const fresh = freshAttempt({ uid: 'u', applicationId: 'desk', interactionEndsAt: 9, population: 'user' });
const who = { clientCode: 'ACME', userName: 'ann', tenantId: 't', accountId: 'a', shadow: null };
const proved: Attempt = { ...fresh, who, firstProof: { by: 'password', at: 1, epoch: 7, lockRound: 2 } };
const withFactor: Attempt = { ...proved, factorProof: { at: 2, by: 'totp', round: 0 } };
const asksFactor = { multiFactor: true, essential: false, passwordOnly: false };
const stepUp = {
  attempt: { ...proved, firstProof: { by: 'session', at: 0, epoch: 7, lockRound: 2 } } as Attempt,
  asked: asksFactor,
};
const active: Account = { ...account, secondFactor: { ...noFactor, status: 'active' } };
const pending: Account = { ...account, secondFactor: { ...noFactor, status: 'pending' } };
const nothing = { multiFactor: false, essential: false, passwordOnly: false };

const base: Situation = {
  isFinished: false,
  prompt: 'login',
  population: 'user',
  attempt: fresh,
  account: undefined,
  epoch: 7,
  isOutside: false,
  isLocked: false,
  waitEnds: 0,
  reasons: [],
  daysToWarn: undefined,
  policy: livevox,
  isTrusted: false,
  asked: nothing,
  isAnotherPerson: false,
  now: 100,
};

const byPasskey: Attempt = {
  ...fresh,
  who,
  firstProof: { by: 'passkey', at: 1, epoch: 7, lockRound: 2 },
  factorProof: { at: 1, by: 'passkey', round: 0 },
};
const trustedRow = { attempt: proved, account: active, isTrusted: true };
const FACTOR_ROWS: [string, Partial<Situation>, Step][] = [
  ['MFA-13 a trusted browser skips the code', trustedRow, 'continue'],
  [
    'S40 not where the application asks for the factor',
    { ...trustedRow, asked: { ...nothing, multiFactor: true } },
    'second-factor',
  ],
  [
    'PWD-11 not before a forced change of the password',
    { ...trustedRow, reasons: ['password-expired'] },
    'second-factor',
  ],
  [
    'MFA-1 no trust stands for the set-up of a factor',
    { attempt: proved, account: pending, isTrusted: true },
    'activate',
  ],
  ['V11 nor for a password', { attempt: { ...fresh, who }, account: active, isTrusted: true }, 'password'],
  [
    'S36 a factor of another round proves nothing',
    {
      attempt: { ...proved, factorProof: { at: 2, by: 'totp', round: 1 } },
      account: active,
    },
    'second-factor',
  ],
  ['MFA-16 a passkey is the whole sign-in', { attempt: byPasskey, account: active }, 'continue'],
  [
    'S36 a passkey of another round is no first proof either',
    { attempt: { ...byPasskey, factorProof: { at: 1, by: 'passkey', round: 1 } }, account: active },
    'password',
  ],
  [
    'S22 nor is one of another lock round',
    {
      attempt: { ...byPasskey, firstProof: { by: 'passkey', at: 1, epoch: 7, lockRound: 1 } },
      account: active,
    },
    'password',
  ],
  [
    'SES-4 nor one of another epoch',
    {
      attempt: { ...byPasskey, firstProof: { by: 'passkey', at: 1, epoch: 6, lockRound: 2 } },
      account: active,
    },
    'password',
  ],
  [
    'S18 a passkey lets no one in whose account is disabled',
    { attempt: byPasskey, account: active, reasons: ['disabled'] },
    'password',
  ],
  [
    'MFA-10 recovery codes are read before anything else',
    {
      attempt: { ...withFactor, recovery: { sealed: '' } },
      account: active,
      reasons: ['password-expired'],
    },
    'recovery-codes',
  ],
  [
    'MFA-10 new ones are offered after the last',
    { attempt: { ...withFactor, recovery: 'used-up' }, account: active },
    'recovery-codes',
  ],
  [
    'SGN-2 recovery codes are not shown before the factor',
    { attempt: { ...proved, recovery: { sealed: '' } }, account: active },
    'second-factor',
  ],
];

const ROWS: [string, Partial<Situation>, Step][] = [
  [
    'a finished attempt shows nothing more, whatever was proved',
    { isFinished: true, attempt: withFactor, account: active },
    'expired-link',
  ],
  ['a consent is asked of a person who is signed in', { prompt: 'consent', account }, 'consent'],
  [
    'an application for everybody asks who first',
    { population: 'any', attempt: { ...fresh, population: null } },
    'identify',
  ],
  ['once picked, the password is next', { population: 'any' }, 'password'],
  ['nothing typed yet', {}, 'password'],
  [
    'a name that does not exist',
    { attempt: { ...fresh, who: { ...who, accountId: null, shadow: 's' } } },
    'password',
  ],
  [
    'that name, “locked”',
    { attempt: { ...fresh, who: { ...who, accountId: null, shadow: 's' } }, isLocked: true },
    'locked',
  ],
  ['a locked account', { attempt: proved, account, isLocked: true }, 'locked'],
  [
    'a locked account with everything proved',
    { attempt: withFactor, account: active, isLocked: true },
    'locked',
  ],
  [
    'a locked account where locks are not revealed',
    { attempt: withFactor, account: active, isLocked: true, policy: quiet },
    'password',
  ],
  [
    'a proof of another epoch no longer counts (SES-4)',
    { attempt: { ...proved, firstProof: { by: 'password', at: 1, epoch: 6, lockRound: 2 } }, account },
    'password',
  ],
  [
    'a proof of another lock round no longer counts (S22)',
    { attempt: { ...proved, firstProof: { by: 'password', at: 1, epoch: 7, lockRound: 1 } }, account },
    'password',
  ],
  ['a disabled account', { attempt: withFactor, account: active, reasons: ['disabled'] }, 'password'],
  [
    'a factor without a password proof is nothing (V11)',
    { attempt: { ...withFactor, firstProof: null }, account: active },
    'password',
  ],
  ['only the password, where nothing more is due', { attempt: proved, account }, 'continue'],
  [
    'an active factor is demanded whatever the policy says (S36)',
    { attempt: proved, account: active, policy: off },
    'second-factor',
  ],
  ['an active factor that was proved', { attempt: withFactor, account: active }, 'continue'],
  ['a pending factor is activated', { attempt: proved, account: pending }, 'activate'],
  ['a required factor is activated', { attempt: proved, account, policy: required }, 'activate'],
  ['an activated factor', { attempt: withFactor, account: active, policy: required }, 'continue'],
  [
    'a temporary password is changed',
    { attempt: proved, account, reasons: ['password-temporary'] },
    'change-password',
  ],
  [
    'an expired password is changed',
    { attempt: proved, account, reasons: ['password-expired'] },
    'change-password',
  ],
  [
    'a password that another person may know is changed',
    { attempt: proved, account, reasons: ['password-compromised'] },
    'change-password',
  ],
  ['an account without a password', { attempt: proved, account, reasons: ['password-missing'] }, 'password'],
  [
    'outside the networks nothing counts (SGN-5)',
    { attempt: withFactor, account: active, isOutside: true },
    'password',
  ],
  ['a wait after wrong passwords (LCK-7)', { attempt: { ...fresh, who }, account, waitEnds: 101 }, 'wait'],
  ['a wait, for a person who owes no code', { attempt: proved, account, waitEnds: 101 }, 'continue'],
  ['a wait that is over', { attempt: { ...fresh, who }, account, waitEnds: 100 }, 'password'],
  ['a wait after wrong codes (MFA-12)', { attempt: proved, account: active, waitEnds: 101 }, 'wait'],
  ['that wait, when it is over', { attempt: proved, account: active, waitEnds: 100 }, 'second-factor'],
  [
    'an application for one population never asks who',
    { population: 'user', attempt: { ...fresh, population: null } },
    'password',
  ],
  ['a password that expires soon is told', { attempt: proved, account, daysToWarn: 3 }, 'expires-soon'],
  ['and told once a sign-in', { attempt: { ...proved, isWarned: true }, account, daysToWarn: 3 }, 'continue'],
  [
    'the factor comes before the change',
    { attempt: proved, account: active, reasons: ['password-temporary'] },
    'second-factor',
  ],
  [
    'the application asks for the factor, and the person may have one',
    { attempt: proved, account, policy: voluntary, asked: { ...nothing, multiFactor: true } },
    'activate',
  ],
  [
    'the application asks for the factor, and administrators enrol: no wish of an application does (MFA-1)',
    { attempt: proved, account, asked: { ...nothing, multiFactor: true } },
    'continue',
  ],
  [
    'the application insists on it, and administrators enrol',
    { attempt: proved, account, asked: { ...nothing, multiFactor: true, essential: true } },
    'unmet',
  ],
  ['a step-up proves what exists (SGN-3)', { ...stepUp, account: active }, 'second-factor'],
  [
    'a step-up binds nothing before the password (S33)',
    { ...stepUp, account, policy: voluntary },
    'password',
  ],
  ['nor for a person who was enrolled', { ...stepUp, account: pending }, 'password'],
  ['nor where a factor is required', { ...stepUp, account, policy: required }, 'password'],
  ['nor during a wait for the password', { ...stepUp, account: pending, waitEnds: 101 }, 'wait'],
  ['a step-up with nothing to prove goes on', { ...stepUp, account, policy: off }, 'continue'],
  [
    'the application wishes for the factor, and there is none here',
    { attempt: proved, account, policy: off, asked: { ...nothing, multiFactor: true } },
    'continue',
  ],
  [
    'the application insists on the factor, and there is none here',
    { attempt: proved, account, policy: off, asked: { ...nothing, multiFactor: true, essential: true } },
    'unmet',
  ],
  [
    'SGN-3 it is refused before the password is changed',
    {
      attempt: proved,
      account,
      policy: off,
      reasons: ['password-temporary'],
      asked: { ...nothing, multiFactor: true, essential: true },
    },
    'unmet',
  ],
  [
    'SGN-3 an application that accepts the password only is refused before an activation',
    { attempt: proved, account: pending, asked: { ...nothing, passwordOnly: true } },
    'unmet',
  ],
  [
    'SGN-3 another person than asked for is refused before the code',
    { attempt: proved, account: active, isAnotherPerson: true },
    'another-person',
  ],
  [
    'SGN-3 but not before the password is proved: it would tell who has which name',
    { attempt: { ...fresh, who }, account: active, isAnotherPerson: true },
    'password',
  ],
];

describe('S36 S43 the next step, from stored state only', () => {
  test.each(FACTOR_ROWS)('%s', (_, different, step) => {
    expect(nextStep({ ...base, ...different })).toBe(step);
  });

  test.each([...ROWS, ...FACTOR_ROWS])('%s', (_name, situation, step) => {
    expect(nextStep({ ...base, ...situation })).toBe(step);
  });
});
