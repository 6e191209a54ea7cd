import { describe, expect, test } from '@jest/globals';
import { callsThat, race } from '../support/race.ts';
import { LATER, NOW, type OpenedEphemeral, ROUNDS, TWENTY } from './opened-ephemeral.ts';

/** What is promised of attempts and their limits; part of the contract of the ephemeral port. */
export function attemptsContract(at: OpenedEphemeral) {
  describe('attempts', () => {
    const reserve = (key: string, limit = 3, now = NOW) => at.other.reserve(key, { limit }, now, LATER);
    const failures = async (key: string, now = NOW) => (await at.store.count(key, undefined, now)).failures;
    const fail = async (key: string, limit = 3) => {
      const turn = await reserve(key, limit);
      if (turn.outcome !== 'granted') throw new Error(turn.outcome);
      return at.store.settle(turn.lease, 'failure', NOW);
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

    test('P14 success clears only its own counter; not-verified frees the slot uncounted (P13)', async () => {
      await fail('password');
      await fail('second-factor');
      const turn = await reserve('password');
      if (turn.outcome === 'granted')
        expect(await at.store.settle(turn.lease, 'success', NOW)).toEqual({ failures: 0 });
      expect(await failures('second-factor')).toBe(1);
      const again = await reserve('second-factor');
      if (again.outcome === 'granted')
        expect(await at.store.settle(again.lease, 'not-verified', NOW)).toEqual({ failures: 1 });
      expect.assertions(3);
    });

    test('P15 a lease that is not settled counts as a failure after 30 s, and is then dead', async () => {
      const turn = await reserve('k', 1);
      expect(await reserve('k', 1, NOW + 29)).toMatchObject({ outcome: 'busy' });
      expect(await reserve('k', 1, NOW + 30)).toMatchObject({ outcome: 'full', abandoned: 1, failures: 1 });
      if (turn.outcome === 'granted')
        expect(await at.store.settle(turn.lease, 'success', NOW + 31)).toBe('dead');
      expect(await failures('k', NOW + 31)).toBe(1);
    });

    describe('with a pace', () => {
      const pace = { from: 2, seconds: 30, growth: 2 };
      const paced = (now: number) => at.other.reserve('k', { limit: 5, pace }, now, LATER);
      const failAt = async (now: number) => {
        const turn = await paced(now);
        if (turn.outcome !== 'granted') throw new Error(turn.outcome);
        return at.store.settle(turn.lease, 'failure', now);
      };

      test('LCK-7 MFA-12 a wait begins with the failure that the pace names, grows, and refuses without counting', async () => {
        await failAt(NOW);
        expect(await at.store.count('k', pace, NOW)).toEqual({ failures: 1, until: 0 });
        await failAt(NOW);
        for (const at of [NOW, NOW + 29])
          expect(await paced(at)).toMatchObject({ outcome: 'waiting', until: NOW + 30, failures: 2 });
        expect(await at.store.count('k', pace, NOW)).toEqual({ failures: 2, until: NOW + 30 });
        await failAt(NOW + 30);
        expect(await paced(NOW + 89)).toMatchObject({ outcome: 'waiting', until: NOW + 90, failures: 3 });
        expect(await paced(NOW + 90)).toMatchObject({ outcome: 'granted' });
      });

      test('LCK-7 P11 no try that could begin a wait runs beside another one', async () => {
        expect(await paced(NOW)).toMatchObject({ outcome: 'granted' });
        expect(await paced(NOW)).toMatchObject({ outcome: 'granted' });
        expect(await paced(NOW)).toMatchObject({ outcome: 'busy' });
      });

      test('LCK-7 P15 a try that was not finished begins its wait when it is counted', async () => {
        await failAt(NOW);
        await paced(NOW);
        expect(await paced(NOW + 40)).toMatchObject({ outcome: 'waiting', until: NOW + 70, abandoned: 1 });
      });

      test('LCK-2 a success ends failures and wait', async () => {
        await failAt(NOW);
        await failAt(NOW);
        const turn = await paced(NOW + 30);
        if (turn.outcome === 'granted') await at.store.settle(turn.lease, 'success', NOW + 30);
        expect(await at.store.count('k', pace, NOW + 30)).toEqual({ failures: 0, until: 0 });
      });
    });

    test('a lease is settled once', async () => {
      const turn = await reserve('k');
      if (turn.outcome !== 'granted') throw new Error();
      expect(await at.store.settle(turn.lease, 'failure', NOW)).toEqual({ failures: 1 });
      expect(await at.other.settle(turn.lease, 'success', NOW)).toBe('dead');
    });

    test('P11 P17 20 processes’ worth of guesses at once: no more are granted than the limit', async () => {
      const results = await race(at.address, { ...TWENTY, verb: 'reserve', limit: 5 });
      expect(callsThat('granted', results)).toEqual(Array(ROUNDS).fill(5));
    });

    test('LCK-7 P11 20 at once, where the first failure begins a wait: one is granted', async () => {
      const results = await race(at.address, {
        ...TWENTY,
        verb: 'reserve',
        limit: 5,
        pace: { from: 1, seconds: 30, growth: 2 },
      });
      expect(callsThat('granted', results)).toEqual(Array(ROUNDS).fill(1));
    });
  });
}
