import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { encodeCursor } from '../../src/foundation/stores/documents/fields.ts';
import { keyOf, keyRange } from '../../src/foundation/stores/documents/mongodb-keys.ts';
import { openMongodbDocuments, type PageQuery } from '../../src/foundation/stores/index.ts';
import { eventually } from '../support/eventually.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { freshDatabase, type MongodbTestServer, startMongodb } from '../support/mongodb.ts';
import { faultDeadlineSeconds } from '../support/pace.ts';
import { THINGS_FOR_RACE } from '../support/racer-things.ts';
import { openDocumentsAt } from '../support/stores.ts';
import { documentsContract } from './documents-contract.ts';

let mongodb: MongodbTestServer;
beforeAll(async () => {
  mongodb = await startMongodb();
});
afterAll(() => mongodb.stop());

documentsContract('MongoDB', async () => {
  const { url, drop } = freshDatabase(mongodb);
  return { address: url, open: () => openDocumentsAt(url), destroy: drop };
});

test('F8 one that falls silent is given up at the deadline that was set', async () => {
  const { url, drop } = freshDatabase(mongodb);
  const proxy = await startFaultProxy(Number(new URL(url).port));
  const through = new URL(url);
  through.port = String(proxy.port);
  const store = await openMongodbDocuments({
    url: through.href,
    deadlineSeconds: await faultDeadlineSeconds(),
  });
  try {
    await store.ping();
    proxy.become({ kind: 'silent' });
    await expect(store.ping()).rejects.toMatchObject({ code: 'store_unavailable' });
    proxy.become({ kind: 'none' });
    await eventually(
      () =>
        store.ping().then(
          () => true,
          () => false,
        ),
      (answers) => answers,
    );
  } finally {
    await store.close();
    await proxy.close();
    await drop();
  }
});

test('P8 a page, a deep one too, and a look-up are answered from their index', async () => {
  const { url, drop } = freshDatabase(mongodb);
  const store = await openDocumentsAt(url);
  const client = await new MongoClient(url).connect();
  try {
    const { ferretdbVersion } = await client.db().command({ buildInfo: 1 });
    const things = store.collection<{ id: string; tenant: string; name: { key: string }; size: number }>(
      THINGS_FOR_RACE,
    );
    const count = 2_000;
    const docs = Array.from({ length: count }, (_, i) => ({
      id: `d${i}`,
      tenant: 't1',
      name: { key: `n${i}` },
      size: i,
    }));
    await things.insertAll(docs);
    expect(await things.find('name', ['t1', 'n7'])).toMatchObject({ doc: { id: 'd7' } });
    const rows = client.db().collection('things');
    const page = (query: Omit<PageQuery, 'limit'>) => {
      const field = `keys.${query.index}`;
      const { key } = keyRange(THINGS_FOR_RACE, query);
      return rows
        .find({ [field]: key })
        .sort({ [field]: query.descending ? -1 : 1 })
        .limit(3);
    };
    const deep = { index: 'size', equals: ['t1'], after: encodeCursor([1_900, 'd1900']) };
    const plans = [
      rows.find({ 'keys.name': keyOf(['t1', 'n7']) }).explain(),
      page({ index: 'size', equals: ['t1', 5] }).explain(),
      page(deep).explain(),
      page({ ...deep, descending: true }).explain(),
      page({ index: 'name', equals: ['t1'], prefix: 'n1', after: encodeCursor(['n19', 'd19']) }).explain(),
    ];
    const texts = (await Promise.all(plans)).map((plan) => JSON.stringify(plan));
    // FerretDB 1 has an index on the id only: what it plans says nothing of the servers this is written for.
    if (String(ferretdbVersion).startsWith('v1.')) return;
    for (const [i, index] of ['name', 'size', 'size', 'size', 'name'].entries()) {
      expect(texts[i]).toContain(`"indexName":"${index}"`);
      expect(texts[i]).not.toMatch(/COLLSCAN|Seq Scan/);
    }
  } finally {
    await client.close();
    await store.close();
    await drop();
  }
});
