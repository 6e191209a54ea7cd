import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { callsThat, race } from '../support/race.ts';
import { attemptsContract } from './ephemeral-attempts-contract.ts';
import { recordsContract } from './ephemeral-records-contract.ts';
import type { EphemeralUnderTest } from './opened-ephemeral.ts';
import { LATER, LONG_ROUNDS, NOW, type OpenedEphemeral, ROUNDS, record, TWENTY } from './opened-ephemeral.ts';

/** The promises of the ephemeral port; every adapter runs this suite unchanged. */
export function ephemeralContract(name: string, make: () => Promise<EphemeralUnderTest>) {
  describe(`ephemeral port on ${name}`, () => {
    const at = {} as OpenedEphemeral;
    let subject: EphemeralUnderTest;

    beforeEach(async () => {
      subject = await make();
      at.address = subject.address;
      at.store = await subject.open();
      at.other = await subject.open();
    });
    afterEach(async () => {
      await at.store.close();
      await at.other.close();
      await subject.destroy();
    });

    recordsContract(at);
    attemptsContract(at);

    describe('claims', () => {
      test('P1 P3 a claim is won once, and never when the record is missing, expired or spent', async () => {
        expect(await at.store.claim('Code', 'nothing', NOW)).toBe('lost');
        await at.store.put('Code', 'c', record(), NOW);
        expect(await at.store.claim('Code', 'c', LATER)).toBe('lost');
        expect(await at.other.claim('Code', 'c', NOW)).toBe('won');
        expect(await at.store.claim('Code', 'c', NOW)).toBe('lost');
        expect((await at.store.get('Code', 'c', NOW))?.claimedAt).toBe(NOW);
      });

      test('P7 R1 of 64 claims from 4 processes one wins, in every round', async () => {
        const rounds = LONG_ROUNDS;
        for (let i = 0; i < rounds; i++) await at.store.put('Code', `c${i}`, record(), NOW);
        const results = await race(at.address, {
          verb: 'claim',
          processes: 4,
          perProcess: 16,
          rounds,
          now: NOW,
        });
        expect(callsThat('won', results)).toEqual(Array(rounds).fill(1));
      });
    });

    describe('heights and topics', () => {
      test('P5 a number only rises', async () => {
        expect(await at.store.advance('t', 10, LATER, NOW)).toBe(true);
        expect(await at.other.advance('t', 10, LATER, NOW)).toBe(false);
        expect(await at.other.advance('t', 9, LATER, NOW)).toBe(false);
        expect(await at.other.advance('t', 11, LATER, NOW)).toBe(true);
        expect(await at.other.advance('u', 1, LATER, NOW)).toBe(true);
      });

      test('P5 of 20 advances to one number from 4 processes one succeeds, in every round', async () => {
        const results = await race(at.address, { ...TWENTY, verb: 'advance' });
        expect(callsThat('true', results)).toEqual(Array(ROUNDS).fill(1));
      });

      test('of 20 replaces of one version and 20 inserts of one id, one succeeds, in every round', async () => {
        for (let i = 0; i < ROUNDS; i++) await at.store.put('Race', `r${i}`, record(), NOW);
        for (const verb of ['replace', 'insert'] as const) {
          const results = await race(at.address, { ...TWENTY, verb });
          expect(callsThat('true', results)).toEqual(Array(ROUNDS).fill(1));
        }
      });

      test('20 writers merging a part each lose none', async () => {
        await race(at.address, { ...TWENTY, verb: 'merge' });
        for (let i = 0; i < ROUNDS; i++)
          expect(Object.keys((await at.store.get('Merge', `m${i}`, NOW))?.entries ?? {})).toHaveLength(20);
      });

      test('a touch of a topic is seen by every opener, and each touch differs', async () => {
        expect(await at.store.topicVersion('applications')).toBe('');
        await at.other.touchTopic('applications');
        const first = await at.store.topicVersion('applications');
        await at.other.touchTopic('applications');
        expect(first).not.toBe('');
        expect(await at.store.topicVersion('applications')).not.toBe(first);
        expect(await at.store.topicVersion('tenants')).toBe('');
      });
    });

    test('P6 every opener sees one generation, and records carry it', async () => {
      const generation = await at.store.generation();
      expect(await at.other.generation()).toEqual(generation);
      await at.store.put('Code', 'c', record(), NOW);
      expect((await at.other.get('Code', 'c', NOW))?.generation).toBe(generation.id);
    });
  });
}
