import { describe, expect, test } from '@jest/globals';
import { createHasher, createPasswords, type PersonalData } from '../../src/capabilities/passwords/index.ts';
import { loadPreset, type Policy } from '../../src/capabilities/tenants/index.ts';
import { anAccount } from '../support/an-account.ts';

const modern = loadPreset('modern') as Policy;
const livevox = loadPreset('livevox') as Policy;
const hasher = createHasher({ memoryKiB: 8_192, passes: 1 }, { slots: 2, queue: 100 });
const passwords = createPasswords({ hasher, clock: { now: () => 1_000 } });
const person: PersonalData = {
  name: 'Annabel Quist',
  userName: 'aquist77',
  email: 'anna.q@harbour.example',
  clientCode: 'NORTH-1',
};
const rulesOf = async (password: string, policy = modern, whose = person) =>
  (await passwords.problems({ password, policy, person: whose, hasFactor: true })).map(({ rule }) => rule);

describe('S5 PWD-13 the block list', () => {
  test.each([
    'password',
    'Password1234',
    'PASSWORD!!!!',
    '12password99',
    'ｐａｓｓｗｏｒｄ', // full width
    'qwertyuiop',
    'iloveyou',
    '123456789',
    '!!sunshine!!',
  ])('%j is refused, whole or without what stands around the word', async (password) => {
    expect(await rulesOf(password)).toContain('blocked');
  });

  test.each(['vessel orbit cactus', 'pa55phrase-under-glass', 'correcthorsebatterystaple9'])(
    '%j is not',
    async (password) => {
      expect(await rulesOf(password)).toEqual([]);
    },
  );

  test('the words of the tenant count beside it, and without it', async () => {
    const policy = { ...livevox, password: { ...livevox.password, blockedWords: ['Lighthouse'] } };
    expect(await rulesOf('lighthouse 2026', policy)).toEqual(['blocked']);
    expect(await rulesOf('LIGHTHOUSE9', policy)).toEqual(['blocked']);
    expect(await rulesOf('my lighthouse 9', policy)).toEqual([]);
    expect(await rulesOf('password1', policy)).toEqual([]);
  });

  test('it holds three thousand common passwords and more', async () => {
    const { dictionary } = await import('@zxcvbn-ts/language-common');
    expect(dictionary['passwords-common'].length).toBeGreaterThan(30_000);
  });
});

describe('PWD-13 personal data', () => {
  test.each([
    ['xx Annabel yy zz', 'name'],
    ['xx nnab yy zz 12', 'part of the name'],
    ['ANNABEL-is-not-it', 'another case'],
    ['the quiST family', 'surname'],
    ['so aquist77 it is', 'user name'],
    ['st77 and whatever', 'end of the user name'],
    ['harbour lights 5', 'e-mail domain'],
    ['far north lights', 'client code'],
  ])('%j is refused (%s)', async (password) => {
    expect(await rulesOf(password)).toEqual(['personal']);
  });

  test.each(['ann qui har nor t-1', 'completely other words'])('%j is not', async (password) => {
    expect(await rulesOf(password)).toEqual([]);
  });

  test('parts shorter than four characters, and people without a name or mail, refuse nothing', async () => {
    const short: PersonalData = { name: null, userName: 'bob', email: null, clientCode: 'AB' };
    expect(await rulesOf('bob and bob and AB', modern, short)).toEqual([]);
  });
});

describe('PWD-8 all broken rules together', () => {
  test('each with the value that applies', async () => {
    const policy: Policy = {
      ...modern,
      password: { ...modern.password, strength: 'very-strong', historyCount: 7 },
    };
    const old = await passwords.make('anna', policy, false);
    const account = anAccount({ password: old });
    expect(await passwords.problems({ password: 'anna', policy, person, account, hasFactor: false })).toEqual(
      [
        { rule: 'too-short', minimum: 12 },
        { rule: 'no-digit' },
        { rule: 'no-special' },
        { rule: 'blocked' },
        { rule: 'personal' },
        { rule: 'reused', historyCount: 7 },
      ],
    );
  });

  test('S2 a password of a million characters meets one rule, and no other is looked at', async () => {
    const before = hasher.load();
    const problems = await passwords.problems({
      password: 'ä1'.repeat(500_000),
      policy: modern,
      person,
      account: anAccount({ password: { hash: 'never read', setAt: 1, temporary: null } }),
      hasFactor: true,
    });
    expect(problems).toEqual([{ rule: 'too-long', maximum: 1_024 }]);
    expect(hasher.load()).toEqual(before);
  });
});

describe('PWD-4 the history', () => {
  const policyWith = (historyCount: number): Policy => ({
    ...livevox,
    password: { ...livevox.password, historyCount },
  });
  const word = (i: number) => `former one ${i}`;

  test('the current one is counted first; 25 are kept, so that a raised count acts at once', async () => {
    let account = anAccount({ password: null });
    for (let i = 1; i <= 30; i++)
      account = passwords.withPassword(account, await passwords.make(word(i), livevox, false));
    expect(1 + account.history.length).toBe(25);
    const isRefused = async (i: number, historyCount: number) => {
      const policy = policyWith(historyCount);
      const problems = await passwords.problems({
        password: word(i),
        policy,
        person,
        account,
        hasFactor: false,
      });
      return problems.length === 1 && problems[0]?.rule === 'reused';
    };
    expect([await isRefused(30, 4), await isRefused(27, 4), await isRefused(26, 4)]).toEqual([
      true,
      true,
      false,
    ]);
    expect([await isRefused(26, 25), await isRefused(6, 25), await isRefused(5, 25)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('S11 many hashes are one job on the gate, and the first match ends it', async () => {
    const narrow = createHasher({ memoryKiB: 8_192, passes: 1 }, { slots: 1, queue: 0 });
    const hashes = await Promise.all(['a', 'b', 'c'].map((text) => hasher.hash(text)));
    expect(await narrow.verifyAny(hashes, 'c')).toBe(true);
    expect(await narrow.verifyAny(hashes, 'd')).toBe(false);
    // The second would throw if it were read.
    expect(await narrow.verifyAny([hashes[0] ?? '', 'not a hash'], 'a')).toBe(true);
  });
});
