import { describe, expect, test } from '@jest/globals';
import {
  endsRunningSession,
  type Facts,
  type FirstProof,
  type Reason,
  reasonsFor,
  reasonsFrom,
  reasonTable,
  reasonTo,
} from '../../src/capabilities/account-state/index.ts';

const FINE: Facts = { isDisabled: false, isLocked: false, password: 'fine', owesFactor: false };
const ROWS: [string, Partial<Facts>, Reason[]][] = [
  ['nothing', {}, []],
  ['disabled', { isDisabled: true }, ['disabled']],
  ['locked', { isLocked: true }, ['locked']],
  ['no password', { password: 'missing' }, ['password-missing']],
  ['a temporary password', { password: 'temporary' }, ['password-temporary']],
  ['an expired password', { password: 'expired' }, ['password-expired']],
  ['a compromised password', { password: 'compromised' }, ['password-compromised']],
  ['a factor that is due', { owesFactor: true }, ['factor-missing']],
  [
    'everything at once',
    { isDisabled: true, isLocked: true, password: 'expired', owesFactor: true },
    ['disabled', 'locked', 'password-expired', 'factor-missing'],
  ],
];

const ALL: Reason[] = [
  'disabled',
  'locked',
  'password-missing',
  'password-temporary',
  'password-expired',
  'password-compromised',
  'factor-missing',
];

describe('SGN-7 reasons about the password hold where it was the first proof', () => {
  test.each<[FirstProof, Reason[]]>([
    ['password', ALL],
    ['passkey', ['disabled', 'locked', 'factor-missing']],
  ])('after a %s: %j', (first, reasons) => {
    expect(reasonsFor(first, ALL)).toEqual(reasons);
  });

  test('every reason is in that table', () => {
    const isState = (reason: string) => !reason.startsWith('event: ');
    expect(Object.keys(reasonTable).filter(isState)).toEqual(ALL);
  });
});

describe('PWD-17 D18 one table of reasons', () => {
  test.each(ROWS)('%s', (_name, facts, reasons) => {
    expect(reasonsFrom({ ...FINE, ...facts })).toEqual(reasons);
  });

  test.each([
    // reason, by itself, when it held at a deadline that has passed, when another one did
    ['disabled', true, true, true],
    ['locked', false, false, false],
    ['password-missing', false, false, false],
    ['password-temporary', false, true, false],
    ['password-expired', false, true, false],
    ['password-compromised', true, true, true],
    ['factor-missing', false, true, false],
  ] as const)(
    'D7 %s ends running sessions: by itself %s, at a deadline %s, at that of another %s',
    (reason, ...ends) => {
      const dues: Reason[][] = [[], [reason], ['password-missing']];
      expect(dues.map((duesPast) => endsRunningSession([reason], duesPast))).toEqual(ends);
    },
  );

  test('one reason that ends them is enough', () => {
    expect(endsRunningSession(['disabled', 'locked'], [])).toBe(true);
    expect(endsRunningSession(['locked', 'password-expired'], ['password-expired'])).toBe(true);
    expect(endsRunningSession([], ['password-expired'])).toBe(false);
  });

  test('a fresh sign-in is told the first reason that it can do something about', () => {
    expect(reasonTo('change-password', ['locked', 'password-expired', 'factor-missing'])).toBe(
      'password-expired',
    );
    expect(reasonTo('activate', ['password-expired', 'factor-missing'])).toBe('factor-missing');
    expect(reasonTo('refused', ['password-expired'])).toBeUndefined();
  });
});
