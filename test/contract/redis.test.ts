import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Ephemeral } from '../../src/foundation/stores/index.ts';
import { eventually } from '../support/eventually.ts';
import { faultDeadlineSeconds } from '../support/pace.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { openEphemeralAt, openRedisAt } from '../support/stores.ts';
import { ephemeralContract } from './ephemeral-contract.ts';

const NOW = 1_800_000_000;

/** Waits until a store has its server back. */
const answers = (store: Ephemeral) =>
  eventually(
    () =>
      store.ping().then(
        () => true,
        () => false,
      ),
    (isBack) => isBack,
  );

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

describe('a Redis that is not fit', () => {
  test('F7 one that may evict is refused, and the setting is named', async () => {
    const evicting = await startRedis(['--maxmemory-policy', 'allkeys-lru']);
    try {
      await expect(openRedisAt(evicting.port, 'x:', NOW)).rejects.toMatchObject({
        code: 'store_unfit',
        detail: expect.stringContaining('maxmemory-policy noeviction'),
      });
    } finally {
      await evicting.stop();
    }
  });

  test('F7 one without an append-only file is used, and the operator is told', async () => {
    const forgetful = await startRedis(['--appendonly', 'no']);
    const store = await openRedisAt(forgetful.port, 'x:', NOW);
    try {
      expect(store.warnings).toEqual([expect.stringContaining('appendonly yes')]);
      expect(await store.insert('Code', 'c', { value: '1', expiresAt: NOW + 60 }, NOW)).toBe(true);
    } finally {
      await store.close();
      await forgetful.stop();
    }
  });

  test('P9 a cluster is refused', async () => {
    const cluster = await startRedis(['--cluster-enabled', 'yes']);
    try {
      await expect(openRedisAt(cluster.port, 'x:', NOW)).rejects.toMatchObject({
        detail: expect.stringContaining('Cluster'),
      });
    } finally {
      await cluster.stop();
    }
  });

  test('F8 one that is frozen is given up by those who may not wait, and answers those who may', async () => {
    const frozen = await startRedis();
    const [hasty, patient] = [
      await openRedisAt(frozen.port, 'x:', NOW, await faultDeadlineSeconds()),
      await openRedisAt(frozen.port, 'x:', NOW),
    ];
    try {
      await patient.put('Code', 'c', { value: '1', expiresAt: NOW + 60 }, NOW);
      frozen.freeze(true);
      const answer = patient.get('Code', 'c', NOW);
      await expect(hasty.get('Code', 'c', NOW)).rejects.toMatchObject({ code: 'store_unavailable' });
      frozen.freeze(false);
      expect(await answer).toMatchObject({ value: '1' });
    } finally {
      await hasty.close();
      await patient.close();
      await frozen.stop();
    }
  });

  test('one that is not there is unavailable, and one that goes away makes every verb so', async () => {
    await expect(openRedisAt(1, 'x:', NOW)).rejects.toMatchObject({
      code: 'store_unavailable',
      detail: expect.stringContaining('ECONNREFUSED'),
    });
    const leaving = await startRedis();
    const store = await openRedisAt(leaving.port, 'x:', NOW);
    await store.put('Code', 'c', { value: '1', expiresAt: NOW + 60 }, NOW);
    await leaving.stop();
    const verbs = [
      () => store.claim('Code', 'c', NOW),
      () => store.reserve('k', { limit: 5 }, NOW, NOW + 60),
      () => store.advance('t', 1, NOW + 60, NOW),
      () => store.get('Code', 'c', NOW),
      () => store.topicVersion('applications'),
      () => store.ping(),
    ];
    for (const verb of verbs) await expect(verb()).rejects.toMatchObject({ code: 'store_unavailable' });
    await store.close();
  });
});

let serial = 0;
ephemeralContract('Redis', async () => {
  serial += 1;
  const address = `redis:${redis.port}:contract${serial}`;
  return { address, open: () => openEphemeralAt(address, NOW), destroy: async () => {} };
});

describe('a Redis that is killed', () => {
  const ROUNDS = process.env.SALLYPORT_TEST_LONG ? 20 : 3;

  // With `everysec`, Redis acknowledges writes up to two seconds before it writes them while the disk is busy with the
  // last sync. A kill then loses them: only the new generation refuses what they had spent. `always` loses nothing.
  test.each([
    ['always', 'lost'],
    ['everysec', 'lost, or won of a record from before'],
  ])(
    'F6 I4 kill -9 in a storm of claims under appendfsync %s: what was claimed is %s',
    async (appendfsync) => {
      const server = await startRedis(['--appendfsync', appendfsync]);
      const open = () => openRedisAt(server.port, 'k:', NOW);
      const [store, other] = [await open(), await open()];
      try {
        for (let round = 0; round < ROUNDS; round++) {
          const before = await store.generation();
          const ids = Array.from({ length: 400 }, (_, i) => `c${round}-${i}`);
          for (const id of ids) await store.put('Code', id, { value: '1', expiresAt: NOW + 60 }, NOW);
          const won = new Map<string, number>();
          const waiting = [...ids];
          const storm = async () => {
            for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
              if (waiting.length === 200) await server.halt('SIGKILL');
              const outcomes = await Promise.all(
                [store, other].map((claimant) => claimant.claim('Code', id, NOW).catch(() => 'unknown')),
              );
              const times = outcomes.filter((outcome) => outcome === 'won').length;
              if (times > 0) won.set(id, times);
            }
          };
          await Promise.all(Array.from({ length: 10 }, storm));
          await server.resume();
          await answers(store);
          await answers(other);
          expect(won.size).toBeGreaterThan(0);
          for (const [id, times] of won) {
            expect(times).toBe(1);
            const record = await store.get('Code', id, NOW);
            const outcome = await store.claim('Code', id, NOW);
            if (appendfsync === 'always') expect(outcome).toBe('lost');
            else if (outcome === 'won') expect(record?.generation).toBe(before.id);
          }
          expect((await store.generation()).id).not.toBe(before.id);
          expect(await other.generation()).toEqual(await store.generation());
        }
      } finally {
        await store.close();
        await other.close();
        await server.stop();
      }
    },
  );

  test('F6 P6 a log whose end was cut off: the generation is another, so that nothing half done of before is accepted', async () => {
    const server = await startRedis(['--appendfsync', 'always']);
    const store = await openRedisAt(server.port, 'k:', NOW);
    try {
      const before = await store.generation();
      await store.put('Attempt', 'early', { value: '1', expiresAt: NOW + 60 }, NOW);
      await store.put('Attempt', 'late', { value: '1', expiresAt: NOW + 60 }, NOW);
      await store.claim('Attempt', 'late', NOW);
      await server.halt('SIGKILL');
      server.cutLog(60);
      await server.resume();
      await answers(store);
      // The claim is lost with the end of the log, and the record is another generation's: every reader refuses it.
      expect((await store.generation()).id).not.toBe(before.id);
      expect((await store.get('Attempt', 'early', NOW))?.generation).toBe(before.id);
    } finally {
      await store.close();
      await server.stop();
    }
  });
});
