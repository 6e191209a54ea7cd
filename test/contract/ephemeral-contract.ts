import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Ephemeral } from '../../src/foundation/stores/index.ts';
import { race } from '../support/race.ts';

/** One adapter under test: opens the same store from as many places as asked. */
/** Each race is run so often. */
const ROUNDS = 50;
const LONG_ROUNDS = process.env.SALLYPORT_TEST_LONG ? 500 : ROUNDS;

export interface EphemeralUnderTest {
  open(): Promise<Ephemeral>;
  /** What a racing process needs to open it: see test/support/racer.ts. */
  address: string;
  destroy(): Promise<void>;
}

const NOW = 1_800_000_000;
const LATER = NOW + 3_600;
const record = (value = '{}', expiresAt = LATER) => ({ value, expiresAt });

/** The promises of the ephemeral port; every adapter runs this suite unchanged. */
export function ephemeralContract(name: string, make: () => Promise<EphemeralUnderTest>) {
  describe(`ephemeral port on ${name}`, () => {
    let subject: EphemeralUnderTest;
    let store: Ephemeral;
    let other: Ephemeral;

    beforeEach(async () => {
      subject = await make();
      store = await subject.open();
      other = await subject.open();
    });
    afterEach(async () => {
      await store.close();
      await other.close();
      await subject.destroy();
    });

    describe('records', () => {
      test('a record is there for every opener until its second of expiry, odd ids included', async () => {
        for (const id of ['a.b', '$where', 'nul\u0000in', 'ünï', '{"$gt":""}', 'x'.repeat(500), "o'brien"]) {
          expect(await store.put('Kind', id, record(`{"id":1}`), NOW)).toBe(true);
          expect(await other.get('Kind', id, LATER - 1)).toMatchObject({
            value: '{"id":1}',
            parts: {},
            claimedAt: undefined,
          });
          expect(await other.get('Kind', id, LATER)).toBeUndefined();
          expect(await other.get('Other', id, NOW)).toBeUndefined();
        }
      });

      test('put overwrites, and never clears a claim', async () => {
        await store.put('Code', 'c', record('1'), NOW);
        expect(await store.claim('Code', 'c', NOW + 1)).toBe('won');
        await store.put('Code', 'c', record('2'), NOW);
        expect(await store.get('Code', 'c', NOW)).toMatchObject({ value: '2', claimedAt: NOW + 1 });
        expect(await store.claim('Code', 'c', NOW)).toBe('lost');
      });

      test('an expired record leaves nothing to its successor: neither claim nor parts', async () => {
        await store.put('Code', 'c', { ...record('1'), parts: { a: '1' } }, NOW);
        await store.claim('Code', 'c', NOW);
        expect(await store.insert('Code', 'c', record('2', LATER + 100), LATER)).toBe(true);
        expect(await store.get('Code', 'c', LATER)).toMatchObject({ claimedAt: undefined, parts: {} });
        expect(await store.claim('Code', 'c', LATER)).toBe('won');
      });

      test('insert makes a record once', async () => {
        expect(await store.insert('Jti', 'j', record('1'), NOW)).toBe(true);
        expect(await other.insert('Jti', 'j', record('2'), NOW)).toBe(false);
        expect((await store.get('Jti', 'j', NOW))?.value).toBe('1');
      });

      test('replace wins only on the version that was read', async () => {
        await store.put('Attempt', 'a', record('0'), NOW);
        const read = await store.get('Attempt', 'a', NOW);
        const version = read?.version ?? -1;
        expect(await store.replace('Attempt', 'a', record('1'), version, NOW)).toBe(true);
        expect(await other.replace('Attempt', 'a', record('2'), version, NOW)).toBe(false);
        expect(await other.replace('Attempt', 'missing', record('2'), 1, NOW)).toBe(false);
        expect((await store.get('Attempt', 'a', NOW))?.value).toBe('1');
      });

      test('merge keeps what other writers set, and takes away only what it names', async () => {
        const merge = (setParts: Record<string, string>, unsetParts: string[] = []) =>
          other.merge('Session', 's', { value: 'v', expiresAt: LATER, setParts, unsetParts }, NOW);
        await merge({ a: '1' });
        await merge({ b: '2', 'c.d$': '3' });
        await merge({ a: '9' }, ['b']);
        expect((await store.get('Session', 's', NOW))?.parts).toEqual({ a: '9', 'c.d$': '3' });
      });

      test('a buried record is gone and can be written by nobody until its time', async () => {
        await store.put('Session', 's', { ...record('1'), parts: { a: '1' } }, NOW);
        const removed = await store.bury('Session', 's', NOW + 60, NOW);
        expect(removed).toMatchObject({ value: '1', parts: { a: '1' } });
        expect(await store.bury('Session', 's', NOW + 60, NOW)).toBeUndefined();
        expect(await store.bury('Session', 'nothing', NOW + 60, NOW)).toBeUndefined();
        expect(await other.get('Session', 's', NOW)).toBeUndefined();
        expect(await other.put('Session', 's', record(), NOW)).toBe(false);
        expect(await other.insert('Session', 's', record(), NOW)).toBe(false);
        expect(
          await other.merge('Session', 's', { ...record(), setParts: { a: '1' }, unsetParts: [] }, NOW),
        ).toBe(false);
        await other.remove('Session', 's');
        expect(await other.put('Session', 's', record(), NOW + 59)).toBe(false);
        expect(await other.put('Session', 's', record(), NOW + 60)).toBe(true);
      });

      test('renew moves the expiry of a live record, wherever it stands, and nothing else of it', async () => {
        const written = { ...record('1'), parts: { a: '1' }, sets: { account: 'x' } };
        await store.put('ApiSession', 's', written, NOW);
        const [until, much] = [LATER + 1_000, LATER + 9_000];
        const within = { set: 'account', key: 'x' };
        const renew = (id: string, expiresAt: number, now: number, key = within) =>
          other.renew('ApiSession', id, key, expiresAt, now);
        expect(await renew('s', much, NOW, { set: 'account', key: 'y' })).toBeUndefined();
        expect(await renew('s', much, NOW, { set: 'tenant', key: 'x' })).toBeUndefined();
        expect(await renew('s', until, LATER - 1)).toMatchObject({
          value: '1',
          parts: { a: '1' },
          version: 1,
          expiresAt: until,
        });
        expect(await store.get('ApiSession', 's', until - 1)).toMatchObject({ value: '1', version: 1 });
        expect(await store.members('ApiSession', 'account', 'x', until - 1)).toEqual(['s']);
        expect(await store.members('ApiSession', 'account', 'x', until)).toEqual([]);
        expect(await renew('s', much, until)).toBeUndefined();
        expect(await renew('nothing', much, NOW)).toBeUndefined();
        await store.bury('ApiSession', 's', until, NOW);
        expect(await renew('s', much, NOW)).toBeUndefined();
      });

      test('what lingers is found after its expiry, again and again until it is removed', async () => {
        const lingering = (expiresAt: number) => ({
          ...record('v', expiresAt),
          parts: { a: '1' },
          lingerSeconds: 100,
        });
        await store.put('Session', 'later', lingering(NOW + 20), NOW);
        await store.put('Session', 'first', lingering(NOW + 10), NOW);
        await store.put('Session', 'moved', lingering(NOW + 5), NOW);
        await store.put('Session', 'moved', lingering(NOW + 500), NOW);
        await store.put('Session', 'short', record('v', NOW + 10), NOW);
        await store.put('Other', 'other', lingering(NOW + 10), NOW);
        const taken = async (now: number, limit = 10) =>
          (await other.takeExpired('Session', now, 60, limit)).map(({ id }) => id);
        expect(await taken(NOW + 9)).toEqual([]);
        expect(await other.takeExpired('Session', NOW + 20, 60, 1)).toEqual([
          { id: 'first', value: 'v', parts: { a: '1' }, expiresAt: NOW + 10 },
        ]);
        expect(await store.get('Session', 'first', NOW + 20)).toBeUndefined();
        expect(await taken(NOW + 20)).toEqual(['later']);
        expect(await taken(NOW + 79)).toEqual([]);
        await store.sweep(NOW + 80, 100);
        expect((await taken(NOW + 80)).sort()).toEqual(['first', 'later']);
        await store.remove('Session', 'first');
        expect(await taken(NOW + 200, 10)).toEqual(['later']);
        await store.remove('Session', 'later');
        expect(await taken(NOW + 400)).toEqual([]);
        expect(await taken(NOW + 500)).toEqual(['moved']);
      });

      test('what lingered long enough is deleted, and what was buried does not linger', async () => {
        await store.put('Session', 's', { ...record('v', NOW + 10), lingerSeconds: 100 }, NOW);
        await store.put('Session', 'b', { ...record('v', NOW + 10), lingerSeconds: 100 }, NOW);
        await store.bury('Session', 'b', NOW + 1_000, NOW);
        await store.sweep(NOW + 109, 100);
        expect(await store.takeExpired('Session', NOW + 109, 1, 10)).toMatchObject([{ id: 's' }]);
      });

      test('P1 of 20 that take expired records at once each record goes to one', async () => {
        const rounds = 20;
        const lingering = { ...record('v', NOW + 10), lingerSeconds: 10_000 };
        for (let i = 0; i < rounds; i++)
          for (const id of ['a', 'b', 'c', 'd', 'e']) await store.put(`Expired${i}`, id, lingering, NOW);
        const plan = { verb: 'takeExpired', processes: 4, perProcess: 5, rounds, now: NOW } as const;
        for (const answers of await race(subject.address, plan))
          expect(answers.flatMap((ids) => ids.split(',').filter(Boolean)).sort()).toEqual([
            'a',
            'b',
            'c',
            'd',
            'e',
          ]);
      });

      test('members lists the live records of a set, and removeMembers ends them and no others', async () => {
        await store.put('Token', 't1', { ...record(), sets: { grant: 'g', account: 'x' } }, NOW);
        await store.put('Token', 't2', { ...record(), sets: { grant: 'g' } }, NOW);
        await store.put('Token', 't3', { ...record('{}', NOW + 5), sets: { grant: 'g' } }, NOW);
        await store.put('Token', 't4', { ...record(), sets: { grant: 'h' } }, NOW);
        await store.put('Other', 't1', { ...record(), sets: { grant: 'g' } }, NOW);
        expect((await other.members('Token', 'grant', 'g', NOW + 5)).sort()).toEqual(['t1', 't2']);
        expect(await other.members('Token', 'account', 'x', NOW)).toEqual(['t1']);
        await other.remove('Token', 't2');
        expect(await store.members('Token', 'grant', 'g', NOW + 5)).toEqual(['t1']);
        await other.removeMembers('Token', 'grant', 'g');
        expect(await store.get('Token', 't1', NOW)).toBeUndefined();
        expect(await store.get('Token', 't4', NOW)).toBeDefined();
        expect(await store.get('Other', 't1', NOW)).toBeDefined();
      });

      test('sweep deletes what has expired and nothing else', async () => {
        await store.put('Token', 'old', { ...record('{}', NOW + 1), sets: { grant: 'g' } }, NOW);
        await store.put('Token', 'new', record(), NOW);
        await store.sweep(NOW + 1, 100);
        expect(await store.sweep(NOW + 1, 100)).toBe(0);
        expect(await store.get('Token', 'old', NOW + 1)).toBeUndefined();
        expect(await store.get('Token', 'new', NOW)).toBeDefined();
      });
    });

    describe('claims', () => {
      test('P1 P3 a claim is won once, by nobody when the record is missing, expired or spent', async () => {
        expect(await store.claim('Code', 'nothing', NOW)).toBe('lost');
        await store.put('Code', 'c', record(), NOW);
        expect(await store.claim('Code', 'c', LATER)).toBe('lost');
        expect(await other.claim('Code', 'c', NOW)).toBe('won');
        expect(await store.claim('Code', 'c', NOW)).toBe('lost');
        expect((await store.get('Code', 'c', NOW))?.claimedAt).toBe(NOW);
      });

      test('P1 P7 R1 of 64 claims from 4 processes one wins, in every round', async () => {
        const rounds = LONG_ROUNDS;
        for (let i = 0; i < rounds; i++) await store.put('Code', `c${i}`, record(), NOW);
        const results = await race(subject.address, {
          verb: 'claim',
          processes: 4,
          perProcess: 16,
          rounds,
          now: NOW,
        });
        expect(results.map((round) => round.filter((r) => r === 'won').length)).toEqual(
          Array(rounds).fill(1),
        );
      });
    });

    describe('attempts', () => {
      const reserve = (key: string, limit = 3, now = NOW) => other.reserve(key, { limit }, now, LATER);
      const failures = async (key: string, now = NOW) => (await store.count(key, undefined, now)).failures;
      const fail = async (key: string, limit = 3) => {
        const turn = await reserve(key, limit);
        if (turn.outcome !== 'granted') throw new Error(turn.outcome);
        return store.settle(turn.lease, 'failure', NOW);
      };

      test('P11 the counter is full at the limit, and refuses by itself', async () => {
        for (const n of [1, 2, 3]) expect(await fail('k')).toEqual({ failures: n });
        expect(await reserve('k')).toMatchObject({ outcome: 'full', failures: 3 });
        expect(await reserve('k', 4)).toMatchObject({ outcome: 'granted' });
        expect(await failures('k')).toBe(3);
        expect(await failures('other')).toBe(0);
      });

      test('P11 P12 open leases hold slots: failures and leases together never pass the limit', async () => {
        await fail('k');
        expect(await reserve('k')).toMatchObject({ outcome: 'granted' });
        expect(await reserve('k')).toMatchObject({ outcome: 'granted' });
        expect(await reserve('k')).toMatchObject({ outcome: 'busy', failures: 1 });
      });

      test('P14 success clears its own counter alone; not-verified frees the slot uncounted (P13)', async () => {
        await fail('password');
        await fail('second-factor');
        const turn = await reserve('password');
        if (turn.outcome === 'granted')
          expect(await store.settle(turn.lease, 'success', NOW)).toEqual({ failures: 0 });
        expect(await failures('second-factor')).toBe(1);
        const again = await reserve('second-factor');
        if (again.outcome === 'granted')
          expect(await store.settle(again.lease, 'not-verified', NOW)).toEqual({ failures: 1 });
        expect.assertions(3);
      });

      test('P15 a lease that nobody settles counts as a failure after 30 s, and is then dead', async () => {
        const turn = await reserve('k', 1);
        expect(await reserve('k', 1, NOW + 29)).toMatchObject({ outcome: 'busy' });
        expect(await reserve('k', 1, NOW + 30)).toMatchObject({ outcome: 'full', abandoned: 1, failures: 1 });
        if (turn.outcome === 'granted')
          expect(await store.settle(turn.lease, 'success', NOW + 31)).toBe('dead');
        expect(await failures('k', NOW + 31)).toBe(1);
      });

      describe('with a pace', () => {
        const pace = { from: 2, seconds: 30, growth: 2 };
        const paced = (now: number) => other.reserve('k', { limit: 5, pace }, now, LATER);
        const failAt = async (now: number) => {
          const turn = await paced(now);
          if (turn.outcome !== 'granted') throw new Error(turn.outcome);
          return store.settle(turn.lease, 'failure', now);
        };

        test('LCK-7 MFA-12 a wait begins with the failure that the pace names, grows, and refuses without counting', async () => {
          await failAt(NOW);
          expect(await store.count('k', pace, NOW)).toEqual({ failures: 1, until: 0 });
          await failAt(NOW);
          for (const at of [NOW, NOW + 29])
            expect(await paced(at)).toMatchObject({ outcome: 'waiting', until: NOW + 30, failures: 2 });
          expect(await store.count('k', pace, NOW)).toEqual({ failures: 2, until: NOW + 30 });
          await failAt(NOW + 30);
          expect(await paced(NOW + 89)).toMatchObject({ outcome: 'waiting', until: NOW + 90, failures: 3 });
          expect(await paced(NOW + 90)).toMatchObject({ outcome: 'granted' });
        });

        test('LCK-7 P11 no try that could begin a wait runs beside another one', async () => {
          expect(await paced(NOW)).toMatchObject({ outcome: 'granted' });
          expect(await paced(NOW)).toMatchObject({ outcome: 'granted' });
          expect(await paced(NOW)).toMatchObject({ outcome: 'busy' });
        });

        test('LCK-7 P15 a try that nobody finished begins its wait when it is counted', async () => {
          await failAt(NOW);
          await paced(NOW);
          expect(await paced(NOW + 40)).toMatchObject({ outcome: 'waiting', until: NOW + 70, abandoned: 1 });
        });

        test('LCK-2 a success ends failures and wait', async () => {
          await failAt(NOW);
          await failAt(NOW);
          const turn = await paced(NOW + 30);
          if (turn.outcome === 'granted') await store.settle(turn.lease, 'success', NOW + 30);
          expect(await store.count('k', pace, NOW + 30)).toEqual({ failures: 0, until: 0 });
        });
      });

      test('a lease is settled once', async () => {
        const turn = await reserve('k');
        if (turn.outcome !== 'granted') throw new Error();
        expect(await store.settle(turn.lease, 'failure', NOW)).toEqual({ failures: 1 });
        expect(await other.settle(turn.lease, 'success', NOW)).toBe('dead');
      });

      test('P11 P17 20 processes’ worth of guesses at once: no more are granted than the limit', async () => {
        const results = await race(subject.address, {
          verb: 'reserve',
          processes: 4,
          perProcess: 5,
          rounds: ROUNDS,
          now: NOW,
          limit: 5,
        });
        expect(results.map((round) => round.filter((r) => r === 'granted').length)).toEqual(
          Array(ROUNDS).fill(5),
        );
      });

      test('LCK-7 P11 20 at once, where the first failure begins a wait: one is granted', async () => {
        const results = await race(subject.address, {
          verb: 'reserve',
          processes: 4,
          perProcess: 5,
          rounds: ROUNDS,
          now: NOW,
          limit: 5,
          pace: { from: 1, seconds: 30, growth: 2 },
        });
        expect(results.map((round) => round.filter((r) => r === 'granted').length)).toEqual(
          Array(ROUNDS).fill(1),
        );
      });
    });

    describe('heights and topics', () => {
      test('P5 a number only rises', async () => {
        expect(await store.advance('t', 10, LATER, NOW)).toBe(true);
        expect(await other.advance('t', 10, LATER, NOW)).toBe(false);
        expect(await other.advance('t', 9, LATER, NOW)).toBe(false);
        expect(await other.advance('t', 11, LATER, NOW)).toBe(true);
        expect(await other.advance('u', 1, LATER, NOW)).toBe(true);
      });

      test('P5 of 20 advances to one number from 4 processes one succeeds, in every round', async () => {
        const results = await race(subject.address, {
          verb: 'advance',
          processes: 4,
          perProcess: 5,
          rounds: ROUNDS,
          now: NOW,
        });
        expect(results.map((round) => round.filter((r) => r === 'true').length)).toEqual(
          Array(ROUNDS).fill(1),
        );
      });

      test('of 20 replaces of one version and 20 inserts of one id, one succeeds, in every round', async () => {
        for (let i = 0; i < ROUNDS; i++) await store.put('Race', `r${i}`, record(), NOW);
        for (const verb of ['replace', 'insert'] as const) {
          const results = await race(subject.address, {
            verb,
            processes: 4,
            perProcess: 5,
            rounds: ROUNDS,
            now: NOW,
          });
          expect(results.map((round) => round.filter((r) => r === 'true').length)).toEqual(
            Array(ROUNDS).fill(1),
          );
        }
      });

      test('20 writers merging a part each lose none', async () => {
        await race(subject.address, { verb: 'merge', processes: 4, perProcess: 5, rounds: ROUNDS, now: NOW });
        for (let i = 0; i < ROUNDS; i++)
          expect(Object.keys((await store.get('Merge', `m${i}`, NOW))?.parts ?? {})).toHaveLength(20);
      });

      test('a touch of a topic is seen by every opener, and each touch differs', async () => {
        expect(await store.topicVersion('applications')).toBe('');
        await other.touchTopic('applications');
        const first = await store.topicVersion('applications');
        await other.touchTopic('applications');
        expect(first).not.toBe('');
        expect(await store.topicVersion('applications')).not.toBe(first);
        expect(await store.topicVersion('tenants')).toBe('');
      });
    });

    test('P6 every opener sees one generation, and records carry it', async () => {
      const generation = await store.generation();
      expect(await other.generation()).toEqual(generation);
      await store.put('Code', 'c', record(), NOW);
      expect((await other.get('Code', 'c', NOW))?.generation).toBe(generation.id);
    });
  });
}
