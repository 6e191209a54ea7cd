import { describe, expect, test } from '@jest/globals';
import { noFactor } from '../../src/capabilities/accounts/index.ts';
import { loadPreset, type Policy } from '../../src/capabilities/tenants/index.ts';
import { previewChange } from '../../src/use-cases/administration/index.ts';
import {
  type AccountFacts,
  emptyPreview,
  type PolicyState,
} from '../../src/use-cases/administration/policy/preview.ts';
import { anAccount } from '../support/an-account.ts';

const DAY = 86_400;
const NOW = 1_000 * DAY;
const livevox = loadPreset('livevox') as Policy;
const state = (expireAfterDays: number | null, more: Partial<Policy> = {}): PolicyState => ({
  policy: { ...livevox, ...more, password: { ...livevox.password, expireAfterDays } },
  spread: null,
});
const set = (daysAgo: number, more: Partial<AccountFacts> = {}, population: 'user' | 'agent' = 'user') => ({
  account: anAccount({
    id: `id-${daysAgo}-${population}`,
    population,
    password: { hash: '', setAt: NOW - daysAgo * DAY, temporary: null },
  }),
  sessions: [],
  apiSessions: 0,
  ...more,
});
const fold = (facts: AccountFacts[], before: PolicyState, after: PolicyState) =>
  facts.reduce((table, one) => previewChange(table, one, before, after, NOW), emptyPreview());

describe('PWD-16 the table of effects', () => {
  const people = [
    set(10),
    set(24),
    set(30, { sessions: [{ applications: ['desk', 'crm'] }], apiSessions: 2 }),
    set(200, { sessions: [{ applications: ['desk'] }, { applications: [] }] }, 'agent'),
    set(29, { sessions: [{ applications: ['desk'] }] }, 'agent'),
  ];

  test('turning expiry on: who expires at once, who within a week, who of them is signed in, where', () => {
    expect(fold(people, state(null), state(30))).toEqual({
      accounts: { user: 3, agent: 2 },
      expireNow: 2,
      expireWithin7Days: 2,
      noLongerExpired: 0,
      expiredAndSignedIn: 2,
      mustSetUpFactor: 0,
      signedIn: { user: 1, agent: 2 },
      apiSessionsThatEnd: 2,
      applications: { desk: 3, crm: 1 },
    });
  });

  test('taking it away: whose password was expired and is so no longer', () => {
    expect(fold(people, state(30), state(null))).toMatchObject({
      expireNow: 0,
      expireWithin7Days: 0,
      noLongerExpired: 2,
      apiSessionsThatEnd: 0,
    });
  });

  test('no change changes nothing', () => {
    expect(fold(people, state(30), state(30))).toMatchObject({
      expireNow: 0,
      expireWithin7Days: 0,
      noLongerExpired: 0,
      expiredAndSignedIn: 0,
    });
  });

  test('spread over days, no password expires at once', () => {
    const after = { ...state(30), spread: { from: NOW, days: 60 } };
    const many = Array.from({ length: 300 }, (_, i) => ({
      ...set(200),
      account: anAccount({ id: `person ${i}`, password: { hash: '', setAt: 0, temporary: null } }),
    }));
    const table = fold(many, state(null), after);
    expect(table.expireNow).toBeLessThan(3);
    // A week of sixty days: 35 of 300 on average.
    expect(table.expireWithin7Days).toBeGreaterThan(15);
    expect(table.expireWithin7Days).toBeLessThan(60);
  });

  test('MFA-1 who must set up a factor that was not due before', () => {
    const required = state(null, { secondFactor: { ...livevox.secondFactor, mode: 'required' } });
    const active = anAccount({ secondFactor: { ...noFactor, status: 'active' } });
    const facts = [...people, { account: active, sessions: [], apiSessions: 0 }];
    // The mode of livevox is about users only.
    expect(fold(facts, state(null), required).mustSetUpFactor).toBe(3);
  });

  test('the table handed in is not changed', () => {
    const table = emptyPreview();
    previewChange(table, set(200), state(null), state(30), NOW);
    expect(table).toEqual(emptyPreview());
  });
});
