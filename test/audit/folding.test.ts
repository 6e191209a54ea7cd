import { describe, expect, test } from '@jest/globals';
import { createFolding, MOST_FOLDS } from '../../src/capabilities/audit/folding.ts';
import type { AuditEvent } from '../../src/capabilities/audit/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer } from '../support/administration.ts';
import { type StartedApp, startApp } from '../support/app.ts';
import { policyWith } from '../support/policies.ts';
import { story } from '../support/story.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const REFUSED: AuditEvent = {
  type: 'sign-in.password',
  outcome: 'refused',
  reason: 'locked',
  tenantId: 't',
  accountId: 'a',
  applicationId: 'desk',
  factor: 'password',
  address: '192.0.2.1',
  browser: 'one',
  detail: { failures: 5, limit: 5 },
};

function held() {
  let now = 1_000_000;
  const folding = createFolding({ now: () => now });
  return { ...folding, move: (seconds: number) => (now += seconds) };
}

describe('which entries are folded', () => {
  test('AUD-1 X18 the first is written at once, those that repeat as one with their number and times', () => {
    const { add, takeAll, move } = held();
    expect(add(REFUSED)).toEqual([REFUSED]);
    move(10);
    expect(add({ ...REFUSED, browser: 'two' })).toEqual([]);
    move(10);
    expect(add({ ...REFUSED, browser: 'three' })).toEqual([]);
    const detail = { failures: 5, limit: 5, repeats: 2, from: 1_000_010, to: 1_000_020 };
    expect(takeAll()).toEqual([{ ...REFUSED, browser: 'three', detail }]);
    expect(takeAll()).toEqual([]);
    // Read in between: the next one is counted still.
    expect(add(REFUSED)).toEqual([]);
  });

  test('AUD-1 X18 after ten minutes it begins again, with what was counted before', () => {
    const { add, move } = held();
    add(REFUSED);
    add(REFUSED);
    move(600);
    const detail = { failures: 5, limit: 5, repeats: 1, from: 1_000_000, to: 1_000_000 };
    expect(add(REFUSED)).toEqual([{ ...REFUSED, detail }, REFUSED]);
  });

  test.each<[string, Partial<AuditEvent>]>([
    ['another account', { accountId: 'b' }],
    ['another tenant', { tenantId: 'u' }],
    ['another cause', { reason: 'waiting' }],
    ['another network', { address: '192.0.2.2' }],
    ['another factor', { type: 'sign-in.second-factor', factor: 'totp' }],
    ['another application', { applicationId: 'mail' }],
    ['another count', { detail: { failures: 3, limit: 3 } }],
    ['a try that was checked', { outcome: 'failure', reason: 'wrong' }],
    ['a right one', { outcome: 'success', reason: '' }],
    ['another event', { type: 'account.locked', outcome: 'success' }],
  ])('AUD-1 X18 %s stands for itself', (_, change) => {
    const { add } = held();
    add(REFUSED);
    expect(add({ ...REFUSED, ...change })).toEqual([{ ...REFUSED, ...change }]);
  });

  test('AUD-1 X18 names that do not exist are one fold a network, however many there are', () => {
    const { add } = held();
    const unknown: AuditEvent = { ...REFUSED, outcome: 'failure', reason: 'unknown', accountId: '' };
    expect(add(unknown)).toHaveLength(1);
    expect(add(unknown)).toHaveLength(0);
  });

  test('SEC-4 X18 a stranger who comes from ever more networks fills no memory, and no count is lost', () => {
    const { add } = held();
    const from = (n: number) => ({ ...REFUSED, address: `198.18.${n >> 8}.${n & 255}` });
    const addresses = Array.from({ length: MOST_FOLDS }, (_, n) => from(n));
    for (const event of addresses) add(event);
    add(from(0));
    const isRepeat = ({ detail }: AuditEvent) => detail?.repeats === 1;
    const written = add(from(MOST_FOLDS));
    expect([written.length, written.filter(isRepeat).length]).toEqual([2, 1]);
    // Forgotten with the rest: it stands for itself again.
    expect(add(from(1))).toEqual([from(1)]);
  });

  test('AUD-1 X18 a clock that goes back begins again', () => {
    const { add, move } = held();
    add(REFUSED);
    move(-5);
    expect(add(REFUSED)).toEqual([REFUSED]);
  });
});

describe('guesses at a locked account', () => {
  const server = serverForAll();
  const time = clockForEach();
  const TRIES = 12;

  async function lockedStory(at: StartedApp) {
    const tenant = await at.tenant('livevox', policyWith({ lockout: { user: 3 } }));
    const tale = await story(at, { tenant });
    const guess = async () => {
      await tale.begin();
      await tale.typePassword('wrong 123456');
    };
    for (let n = 0; n < 3; n++) await guess();
    return { tenant, tale, guess };
  }

  test('LCK-8 X18 leave one entry and a count, and why tells both', async () => {
    const { tale, guess } = await lockedStory(server);
    for (let n = 0; n < TRIES; n++) await guess();
    const why = async () =>
      (await administer(server, operations.account.why, tale.account, { last: 50 })).attempts.filter(
        ({ rule }) => rule === 'locked',
      );
    const [first, rest, ...more] = await why();
    expect(more).toEqual([]);
    expect(first).toMatchObject({ rule: 'locked', repeats: null });
    expect(rest).toMatchObject({ rule: 'locked', repeats: TRIES - 1, since: expect.any(Number) });
    time.move(600);
    await guess();
    expect(await why()).toHaveLength(3);
  });

  test('LCK-8 X18 a clean stop loses no count', async () => {
    const own = await startApp();
    const { tale, guess } = await lockedStory(own);
    for (let n = 0; n < TRIES; n++) await guess();
    await own.core.audit.flush();
    const { items } = await own.core.documents
      .collection<{ id: string; accountId: string; reason: string; detail: Record<string, number> }>({
        name: 'audit',
        indexes: { account: { fields: ['accountId', 'id'] }, order: { fields: ['id'] } },
      })
      .page({ index: 'account', equals: [tale.account.id], limit: 500 });
    const counted = items.filter(({ doc }) => doc.reason === 'locked').map(({ doc }) => doc.detail.repeats);
    expect(counted).toEqual([undefined, TRIES - 1]);
    await own.close();
  });
});
