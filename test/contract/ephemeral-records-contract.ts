import { describe, expect, test } from '@jest/globals';
import { race } from '../support/race.ts';
import { LATER, NOW, type OpenedEphemeral, record } from './opened-ephemeral.ts';

/** What is promised of records; part of the contract of the ephemeral port. */
export function recordsContract(at: OpenedEphemeral) {
  describe('records', () => {
    test('a record is there for every opener until its second of expiry, odd ids included', async () => {
      for (const id of ['a.b', '$where', 'nul\u0000in', 'ünï', '{"$gt":""}', 'x'.repeat(500), "o'brien"]) {
        expect(await at.store.put('Kind', id, record(`{"id":1}`), NOW)).toBe(true);
        expect(await at.other.get('Kind', id, LATER - 1)).toMatchObject({
          value: '{"id":1}',
          entries: {},
          claimedAt: undefined,
        });
        expect(await at.other.get('Kind', id, LATER)).toBeUndefined();
        expect(await at.other.get('Other', id, NOW)).toBeUndefined();
      }
    });

    test('put overwrites, and never clears a claim', async () => {
      await at.store.put('Code', 'c', record('1'), NOW);
      expect(await at.store.claim('Code', 'c', NOW + 1)).toBe('won');
      await at.store.put('Code', 'c', record('2'), NOW);
      expect(await at.store.get('Code', 'c', NOW)).toMatchObject({ value: '2', claimedAt: NOW + 1 });
      expect(await at.store.claim('Code', 'c', NOW)).toBe('lost');
    });

    test('an expired record leaves nothing to its successor: neither claim nor entries', async () => {
      await at.store.put('Code', 'c', { ...record('1'), entries: { a: '1' } }, NOW);
      await at.store.claim('Code', 'c', NOW);
      expect(await at.store.insert('Code', 'c', record('2', LATER + 100), LATER)).toBe(true);
      expect(await at.store.get('Code', 'c', LATER)).toMatchObject({ claimedAt: undefined, entries: {} });
      expect(await at.store.claim('Code', 'c', LATER)).toBe('won');
    });

    test('insert makes a record once', async () => {
      expect(await at.store.insert('Jti', 'j', record('1'), NOW)).toBe(true);
      expect(await at.other.insert('Jti', 'j', record('2'), NOW)).toBe(false);
      expect((await at.store.get('Jti', 'j', NOW))?.value).toBe('1');
    });

    test('replace wins only on the version that was read', async () => {
      await at.store.put('Attempt', 'a', record('0'), NOW);
      const read = await at.store.get('Attempt', 'a', NOW);
      const version = read?.version ?? -1;
      expect(await at.store.replace('Attempt', 'a', record('1'), version, NOW)).toBe(true);
      expect(await at.other.replace('Attempt', 'a', record('2'), version, NOW)).toBe(false);
      expect(await at.other.replace('Attempt', 'missing', record('2'), 1, NOW)).toBe(false);
      expect((await at.store.get('Attempt', 'a', NOW))?.value).toBe('1');
    });

    test('merge keeps what other writers set, and takes away only what it names', async () => {
      const merge = (setEntries: Record<string, string>, unsetEntries: string[] = []) =>
        at.other.merge('Session', 's', { value: 'v', expiresAt: LATER, setEntries, unsetEntries }, NOW);
      await merge({ a: '1' });
      await merge({ b: '2', 'c.d$': '3' });
      await merge({ a: '9' }, ['b']);
      expect((await at.store.get('Session', 's', NOW))?.entries).toEqual({ a: '9', 'c.d$': '3' });
    });

    test('a buried record is gone, and no one can write it until its time', async () => {
      await at.store.put('Session', 's', { ...record('1'), entries: { a: '1' } }, NOW);
      const removed = await at.store.bury('Session', 's', NOW + 60, NOW);
      expect(removed).toMatchObject({ value: '1', entries: { a: '1' } });
      expect(await at.store.bury('Session', 's', NOW + 60, NOW)).toBeUndefined();
      expect(await at.store.bury('Session', 'nothing', NOW + 60, NOW)).toBeUndefined();
      expect(await at.other.get('Session', 's', NOW)).toBeUndefined();
      expect(await at.other.put('Session', 's', record(), NOW)).toBe(false);
      expect(await at.other.insert('Session', 's', record(), NOW)).toBe(false);
      expect(
        await at.other.merge('Session', 's', { ...record(), setEntries: { a: '1' }, unsetEntries: [] }, NOW),
      ).toBe(false);
      await at.other.remove('Session', 's');
      expect(await at.other.put('Session', 's', record(), NOW + 59)).toBe(false);
      expect(await at.other.put('Session', 's', record(), NOW + 60)).toBe(true);
    });

    test('renew moves the expiry of a live record, wherever it stands, and nothing else of it', async () => {
      const written = { ...record('1'), entries: { a: '1' }, sets: { account: 'x' } };
      await at.store.put('ApiSession', 's', written, NOW);
      const [until, much] = [LATER + 1_000, LATER + 9_000];
      const within = { set: 'account', key: 'x' };
      const renew = (id: string, expiresAt: number, now: number, key = within) =>
        at.other.renew('ApiSession', id, key, expiresAt, now);
      expect(await renew('s', much, NOW, { set: 'account', key: 'y' })).toBeUndefined();
      expect(await renew('s', much, NOW, { set: 'tenant', key: 'x' })).toBeUndefined();
      expect(await renew('s', until, LATER - 1)).toMatchObject({
        value: '1',
        entries: { a: '1' },
        version: 1,
        expiresAt: until,
      });
      expect(await at.store.get('ApiSession', 's', until - 1)).toMatchObject({ value: '1', version: 1 });
      expect(await at.store.members('ApiSession', 'account', 'x', until - 1)).toEqual(['s']);
      expect(await at.store.members('ApiSession', 'account', 'x', until)).toEqual([]);
      expect(await renew('s', much, until)).toBeUndefined();
      expect(await renew('nothing', much, NOW)).toBeUndefined();
      await at.store.bury('ApiSession', 's', until, NOW);
      expect(await renew('s', much, NOW)).toBeUndefined();
    });

    test('what lingers is found after its expiry, again and again until it is removed', async () => {
      const lingering = (expiresAt: number) => ({
        ...record('v', expiresAt),
        entries: { a: '1' },
        lingerSeconds: 100,
      });
      await at.store.put('Session', 'later', lingering(NOW + 20), NOW);
      await at.store.put('Session', 'first', lingering(NOW + 10), NOW);
      await at.store.put('Session', 'moved', lingering(NOW + 5), NOW);
      await at.store.put('Session', 'moved', lingering(NOW + 500), NOW);
      await at.store.put('Session', 'short', record('v', NOW + 10), NOW);
      await at.store.put('Other', 'other', lingering(NOW + 10), NOW);
      const taken = async (now: number, limit = 10) =>
        (await at.other.takeExpired('Session', now, 60, limit)).map(({ id }) => id);
      expect(await taken(NOW + 9)).toEqual([]);
      expect(await at.other.takeExpired('Session', NOW + 20, 60, 1)).toEqual([
        { id: 'first', value: 'v', entries: { a: '1' }, expiresAt: NOW + 10 },
      ]);
      expect(await at.store.get('Session', 'first', NOW + 20)).toBeUndefined();
      expect(await taken(NOW + 20)).toEqual(['later']);
      expect(await taken(NOW + 79)).toEqual([]);
      await at.store.sweep(NOW + 80, 100);
      expect((await taken(NOW + 80)).sort()).toEqual(['first', 'later']);
      await at.store.remove('Session', 'first');
      expect(await taken(NOW + 200, 10)).toEqual(['later']);
      await at.store.remove('Session', 'later');
      expect(await taken(NOW + 400)).toEqual([]);
      expect(await taken(NOW + 500)).toEqual(['moved']);
    });

    test('what lingered long enough is deleted, and what was buried does not linger', async () => {
      await at.store.put('Session', 's', { ...record('v', NOW + 10), lingerSeconds: 100 }, NOW);
      await at.store.put('Session', 'b', { ...record('v', NOW + 10), lingerSeconds: 100 }, NOW);
      await at.store.bury('Session', 'b', NOW + 1_000, NOW);
      await at.store.sweep(NOW + 109, 100);
      expect(await at.store.takeExpired('Session', NOW + 109, 1, 10)).toMatchObject([{ id: 's' }]);
    });

    test('P1 of 20 that take expired records at once each record goes to one', async () => {
      const rounds = 20;
      const lingering = { ...record('v', NOW + 10), lingerSeconds: 10_000 };
      for (let i = 0; i < rounds; i++)
        for (const id of ['a', 'b', 'c', 'd', 'e']) await at.store.put(`Expired${i}`, id, lingering, NOW);
      const plan = { verb: 'takeExpired', processes: 4, perProcess: 5, rounds, now: NOW } as const;
      for (const answers of await race(at.address, plan))
        expect(answers.flatMap((ids) => ids.split(',').filter(Boolean)).sort()).toEqual([
          'a',
          'b',
          'c',
          'd',
          'e',
        ]);
    });

    test('members lists the live records of a set, and removeMembers ends them and no others', async () => {
      await at.store.put('Token', 't1', { ...record(), sets: { grant: 'g', account: 'x' } }, NOW);
      await at.store.put('Token', 't2', { ...record(), sets: { grant: 'g' } }, NOW);
      await at.store.put('Token', 't3', { ...record('{}', NOW + 5), sets: { grant: 'g' } }, NOW);
      await at.store.put('Token', 't4', { ...record(), sets: { grant: 'h' } }, NOW);
      await at.store.put('Other', 't1', { ...record(), sets: { grant: 'g' } }, NOW);
      expect((await at.other.members('Token', 'grant', 'g', NOW + 5)).sort()).toEqual(['t1', 't2']);
      expect(await at.other.members('Token', 'account', 'x', NOW)).toEqual(['t1']);
      await at.other.remove('Token', 't2');
      expect(await at.store.members('Token', 'grant', 'g', NOW + 5)).toEqual(['t1']);
      await at.other.removeMembers('Token', 'grant', 'g');
      expect(await at.store.get('Token', 't1', NOW)).toBeUndefined();
      expect(await at.store.get('Token', 't4', NOW)).toBeDefined();
      expect(await at.store.get('Other', 't1', NOW)).toBeDefined();
    });

    test('sweep deletes what has expired and nothing else', async () => {
      await at.store.put('Token', 'old', { ...record('{}', NOW + 1), sets: { grant: 'g' } }, NOW);
      await at.store.put('Token', 'new', record(), NOW);
      await at.store.sweep(NOW + 1, 100);
      expect(await at.store.sweep(NOW + 1, 100)).toBe(0);
      expect(await at.store.get('Token', 'old', NOW + 1)).toBeUndefined();
      expect(await at.store.get('Token', 'new', NOW)).toBeDefined();
    });
  });
}
