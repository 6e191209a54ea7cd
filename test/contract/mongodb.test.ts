import { afterAll, beforeAll } from '@jest/globals';
import { freshDatabase, type MongodbTestServer, startMongodb } from '../support/mongodb.ts';
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
