import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openRedisEphemeral } from '../../src/stores/index.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { openEphemeralAt } from '../support/stores.ts';
import { ephemeralContract } from './ephemeral-contract.ts';

const NOW = 1_800_000_000;

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

describe('a Redis that is not fit', () => {
  test('F7 one that may evict is refused, and the setting is named', async () => {
    const evicting = await startRedis(['--maxmemory-policy', 'allkeys-lru']);
    try {
      await expect(
        openRedisEphemeral({ url: `redis://127.0.0.1:${evicting.port}`, prefix: 'x:' }, { now: () => NOW }),
      ).rejects.toMatchObject({
        code: 'store_unfit',
        detail: expect.stringContaining('maxmemory-policy noeviction'),
      });
    } finally {
      await evicting.stop();
    }
  });

  test('F7 one without an append-only file is used, and the operator is told', async () => {
    const forgetful = await startRedis(['--appendonly', 'no']);
    const options = { url: `redis://127.0.0.1:${forgetful.port}`, prefix: 'x:' };
    const store = await openRedisEphemeral(options, { now: () => NOW });
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
      await expect(
        openRedisEphemeral({ url: `redis://127.0.0.1:${cluster.port}`, prefix: 'x:' }, { now: () => NOW }),
      ).rejects.toMatchObject({
        detail: expect.stringContaining('Cluster'),
      });
    } finally {
      await cluster.stop();
    }
  });

  test('one that is not there is unavailable, and one that goes away makes every verb so', async () => {
    await expect(
      openRedisEphemeral({ url: 'redis://127.0.0.1:1', prefix: 'x:' }, { now: () => NOW }),
    ).rejects.toMatchObject({ code: 'store_unavailable', detail: expect.stringContaining('ECONNREFUSED') });
    const leaving = await startRedis();
    const store = await openRedisEphemeral(
      { url: `redis://127.0.0.1:${leaving.port}`, prefix: 'x:' },
      { now: () => NOW },
    );
    await store.put('Code', 'c', { value: '1', expiresAt: NOW + 60 }, NOW);
    await leaving.stop();
    const verbs = [
      () => store.claim('Code', 'c', NOW),
      () => store.reserve('k', 5, NOW, NOW + 60),
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
