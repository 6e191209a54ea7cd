import { describe, expect, test } from '@jest/globals';
import { giveJobsLanes } from '../../src/capabilities/jobs/index.ts';
import { giveTenantsNumbers } from '../../src/capabilities/tenants/index.ts';
import { createNumbers } from '../../src/foundation/stores/index.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();

const FAR = 4_000_000_000;

describe('documents of an earlier version', () => {
  test('OPS-1 jobs without a lane are found in theirs, before and after a second run', async () => {
    const { documents } = server.core;
    interface Job {
      id: string;
      kind: string;
      lane?: string;
      dueAt: number;
    }
    const former = documents.collection<Job>({ name: 'jobs', indexes: { due: { fields: ['dueAt'] } } });
    const now = documents.collection<Job>({ name: 'jobs', indexes: { lane: { fields: ['lane', 'dueAt'] } } });
    await former.insert({ id: 'old', kind: 'work', dueAt: FAR });
    for (let run = 0; run < 2; run++) {
      await giveJobsLanes({ documents });
      const { items } = await now.page({ index: 'lane', equals: ['inside'], limit: 10 });
      expect(items.map(({ doc }) => doc)).toContainEqual({
        id: 'old',
        kind: 'work',
        lane: 'inside',
        dueAt: FAR,
      });
    }
  });

  test('API-2 tenants without a number get one each, once, that no other tenant has', async () => {
    const { documents, tenants } = server.core;
    const collection = documents.collection<{ id: string; codeKey: string; number?: number }>({
      name: 'tenants',
      indexes: { code: { fields: ['codeKey'], unique: true } },
    });
    const made = [await server.tenant(), await server.tenant(), await server.tenant()];
    for (const { id } of made.slice(1)) {
      const stored = await collection.get(id);
      if (!stored) throw new Error('no tenant');
      const { number: _, ...old } = stored.doc;
      await collection.replace(old, stored.version);
    }
    const numbers = async () =>
      Promise.all(made.map(async ({ id }) => (await collection.get(id))?.doc.number));
    await giveTenantsNumbers({ documents }, createNumbers(documents));
    const given = await numbers();
    expect(given.every(Number.isInteger)).toBe(true);
    expect(new Set(given).size).toBe(3);
    expect(given[0]).toBe(made[0]?.number);
    await giveTenantsNumbers({ documents }, createNumbers(documents));
    expect(await numbers()).toEqual(given);
    const next = await server.tenant();
    expect(given).not.toContain(next.number);
    expect((await tenants.byClientCode(next.clientCode))?.number).toBe(next.number);
  });
});
