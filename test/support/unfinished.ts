// A process that begins a long operation, says its id, and never ends it: to be killed.
import { writeSync } from 'node:fs';
import { createJobs } from '../../src/capabilities/jobs/index.ts';
import { createLongOperations } from '../../src/capabilities/long-operations/index.ts';
import { createLog, createSealer, createVault, systemClock } from '../../src/foundation/base/index.ts';
import { openDocumentsAt } from './stores.ts';

const [address = '', key = ''] = process.argv.slice(2);
const documents = await openDocumentsAt(address);
const vault = createVault(createSealer([Buffer.from(key, 'hex')]), Buffer.alloc(32));
const parts = { documents, vault, clock: systemClock, log: createLog('silent') };
const jobs = createJobs(parts);
const operations = createLongOperations({ ...parts, jobs });
jobs.start(
  operations.jobs((asked) => {
    writeSync(1, `${asked.by}\n`);
    return new Promise<never>(() => {});
  }),
);
await operations.ask({
  operation: 'policy preview',
  permission: 'edit-policy',
  tenantId: 'tenant',
  by: 'ann',
  request: { mark: 'kept' },
  askedAt: systemClock.now(),
});
