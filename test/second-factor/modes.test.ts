import { describe, expect, test } from '@jest/globals';
import { type Account, type Authenticator, noFactor } from '../../src/capabilities/accounts/index.ts';
import {
  factorDuty,
  type Method,
  maySetUp,
  mayTurnOff,
  methodsOf,
  methodsToSetUp,
  statusWithout,
} from '../../src/capabilities/second-factor/index.ts';
import type { MailAuthenticator } from '../../src/capabilities/second-factor/methods/mail.ts';
import type { PasskeyAuthenticator } from '../../src/capabilities/second-factor/methods/passkey.ts';
import type { TotpAuthenticator } from '../../src/capabilities/second-factor/methods/totp.ts';
import { loadPreset, type Policy } from '../../src/capabilities/tenants/index.ts';
import { anAccount } from '../support/an-account.ts';

type Mode = Policy['secondFactor']['mode'];
type Status = Account['secondFactor']['status'];
type State = 'missing' | Exclude<Status, 'none'>;

const preset = loadPreset('livevox') as Policy;
const app: TotpAuthenticator = { id: '1', kind: 'totp', sealedSecret: '', boundAt: 1 };
const mailbox: MailAuthenticator = { id: '2', kind: 'mail', email: 'a@site.example', boundAt: 1 };
const passkey: PasskeyAuthenticator = {
  id: '3',
  kind: 'passkey',
  credentialId: 'c',
  publicKey: 'k',
  counter: 0,
  transports: [],
  isSynced: false,
  name: 'key',
  boundAt: 1,
};

const names = (methods: readonly Method[]) => methods.map(({ name }) => name);

function under(mode: Mode, more: Partial<Policy['secondFactor']> = {}): Policy {
  return { ...preset, secondFactor: { ...preset.secondFactor, mode, ...more } };
}

function person(state: State, authenticators: Authenticator[] = [app]): Account {
  if (state === 'missing') return anAccount();
  return anAccount({
    secondFactor: {
      ...noFactor,
      status: state,
      authenticators: state === 'active' ? authenticators : [],
    },
  });
}

/** The rows of docs/second-factor.md: the mode as it is now, whatever it was before. */
const TABLE: [Mode, State, string, { setUp: boolean; turnOff: boolean; turnedOff: Status }][] = [
  ['off', 'missing', 'nothing', { setUp: false, turnOff: true, turnedOff: 'none' }],
  ['off', 'pending', 'activation', { setUp: false, turnOff: true, turnedOff: 'none' }],
  ['off', 'active', 'code', { setUp: false, turnOff: true, turnedOff: 'none' }],
  ['voluntary', 'missing', 'nothing', { setUp: true, turnOff: true, turnedOff: 'none' }],
  ['voluntary', 'pending', 'activation', { setUp: true, turnOff: true, turnedOff: 'none' }],
  ['voluntary', 'active', 'code', { setUp: true, turnOff: true, turnedOff: 'none' }],
  ['enrolment', 'missing', 'nothing', { setUp: false, turnOff: false, turnedOff: 'none' }],
  ['enrolment', 'pending', 'activation', { setUp: false, turnOff: false, turnedOff: 'none' }],
  ['enrolment', 'active', 'code', { setUp: true, turnOff: false, turnedOff: 'none' }],
  ['required', 'missing', 'activation', { setUp: false, turnOff: false, turnedOff: 'pending' }],
  ['required', 'pending', 'activation', { setUp: false, turnOff: false, turnedOff: 'pending' }],
  ['required', 'active', 'code', { setUp: true, turnOff: false, turnedOff: 'pending' }],
];

describe('MFA-1 what each mode does to people with a missing, pending or active factor', () => {
  test.each(TABLE)('mode %s, factor %s: the sign-in owes %s', (mode, state, duty) => {
    expect(factorDuty(person(state), under(mode), false)).toBe(duty);
  });

  test.each(TABLE)(
    'mode %s, factor %s: the person’s own page and the administrator',
    (mode, state, _, can) => {
      const account = person(state);
      const policy = under(mode);
      expect({
        setUp: maySetUp(account, policy),
        turnOff: mayTurnOff(account, policy),
        turnedOff: statusWithout(account, policy),
      }).toEqual(can);
    },
  );

  test.each(TABLE.filter(([, state]) => state === 'active'))(
    'S36 a change to mode %s leaves an active factor demanded, for people whom it is not about too',
    (mode) => {
      const account = person('active');
      expect(factorDuty(account, under(mode, { populations: ['agent'] }), false)).toBe('code');
      expect(factorDuty(account, under(mode, { roles: ['SysAdmin'] }), false)).toBe('code');
    },
  );

  test.each([{ populations: ['agent' as const] }, { roles: ['SysAdmin' as const] }])(
    'required for %j: others owe nothing, may set up nothing, and become none when it is turned off',
    (others) => {
      const policy = under('required', others);
      expect(factorDuty(person('missing'), policy, false)).toBe('nothing');
      expect(factorDuty(person('missing'), policy, true)).toBe('nothing');
      expect(maySetUp(person('missing'), policy)).toBe(false);
      expect(mayTurnOff(person('active'), policy)).toBe(true);
      expect(statusWithout(person('active'), policy)).toBe('none');
    },
  );

  test('SGN-3 an application that asks gets an activation where the site has factors', () => {
    expect(factorDuty(person('missing'), under('voluntary'), true)).toBe('activation');
    expect(factorDuty(person('missing'), under('off'), true)).toBe('nothing');
    expect(factorDuty(person('missing'), under('enrolment'), true)).toBe('nothing');
  });
});

describe('methods', () => {
  test('MFA-5 one of two may be turned off in every mode, as the factor stays', () => {
    const two = person('active', [app, passkey]);
    for (const mode of ['off', 'voluntary', 'enrolment', 'required'] as const)
      expect(mayTurnOff(two, under(mode))).toBe(true);
  });

  test('MFA-9 D11 mail can be set up only where the policy lists it, mail is sent, and there is an address', () => {
    const policy = under('voluntary', { methods: ['app', 'hardware', 'mail', 'passkey'] });
    const withAddress = anAccount({ email: 'a@site.example' });
    expect(names(methodsToSetUp(withAddress, policy, true))).toEqual(['app', 'mail', 'passkey']);
    expect(names(methodsToSetUp(withAddress, policy, false))).toEqual(['app', 'passkey']);
    expect(names(methodsToSetUp(anAccount(), policy, true))).toEqual(['app', 'passkey']);
    expect(names(methodsToSetUp(withAddress, preset, true))).toEqual(['app']);
  });

  test('the last one used is offered first', () => {
    const all = [passkey, mailbox, app];
    const order = (lastUsed: Authenticator['kind'] | null) =>
      names(methodsOf({ ...noFactor, status: 'active', authenticators: all, lastUsed }));
    expect(order(null)).toEqual(['app', 'mail', 'passkey']);
    expect(order('mail')).toEqual(['mail', 'app', 'passkey']);
    expect(order('passkey')).toEqual(['passkey', 'app', 'mail']);
    expect(methodsOf(noFactor)).toEqual([]);
    const few = (authenticators: Authenticator[], lastUsed: Authenticator['kind'] | null = null) =>
      names(methodsOf({ ...noFactor, status: 'active', authenticators, lastUsed }));
    expect(few([mailbox])).toEqual(['mail']);
    expect(few([passkey, mailbox])).toEqual(['mail', 'passkey']);
    expect(few([passkey, mailbox], 'passkey')).toEqual(['passkey', 'mail']);
    // Turned off since: nothing is first by it.
    expect(few([passkey, mailbox], 'totp')).toEqual(['mail', 'passkey']);
  });
});
