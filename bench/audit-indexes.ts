// What an index of the audit costs: sign-ins a second that the store can record, with the indexes that the audit has and with
// fewer or more. Embedded store; the rounds of all variants take turns, and ratios decide.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '../src/foundation/base/index.ts';
import { type CollectionSpec, openSqliteDocuments } from '../src/foundation/stores/index.ts';

const [kept = '200000', rounds = '7', seconds = '2'] = process.argv.slice(2);
const TENANTS = 20;
const ACCOUNTS = 5_000;
const BATCH = 500;

const order = { fields: ['id'] };
const account = { fields: ['accountId', 'id'] };
const tenant = { fields: ['tenantId', 'id'] };
const actor = { fields: ['actor', 'id'] };
const VARIANTS: Readonly<Record<string, CollectionSpec['indexes']>> = {
  'order, account': { order, account },
  '+ tenant': { order, account, tenant },
  '+ tenant, actor': { order, account, tenant, actor },
};

interface Entry {
  id: string;
  [field: string]: unknown;
}

let serial = 0;
/** As a sign-in writes them: password and code without an actor, and its completion. */
function signIn(): Entry[] {
  serial += 1;
  const accountId = `account-${(serial * 7_919) % ACCOUNTS}`.padEnd(26, '0');
  const common = {
    at: 1_800_000_000 + serial,
    outcome: 'success',
    tenantId: `tenant-${serial % TENANTS}`.padEnd(26, '0'),
    accountId,
    applicationId: 'agent-desktop',
    address: '203.0.113.7',
    browser:
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36',
    reason: '',
    detail: {},
  };
  return [
    { id: newId(), ...common, type: 'sign-in.password', actor: '', factor: 'password' },
    { id: newId(), ...common, type: 'sign-in.second-factor', actor: '', factor: 'totp' },
    { id: newId(), ...common, type: 'sign-in.complete', actor: accountId, factor: 'pwd otp mfa' },
  ];
}

const median = (numbers: number[]) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0;
const folder = mkdtempSync(join(tmpdir(), 'sallyport-audit-'));
try {
  const variants = [];
  for (const [name, indexes] of Object.entries(VARIANTS)) {
    const file = join(folder, `${variants.length}.sqlite`);
    const store = openSqliteDocuments(file);
    const collection = store.collection<Entry>({ name: 'audit', indexes });
    for (let n = 0; n < Number(kept); n += BATCH)
      await collection.insertAll(Array.from({ length: BATCH / 3 }, signIn).flat());
    variants.push({ name, store, collection, perSecond: [] as number[], cpuMs: [] as number[] });
  }
  for (let round = 0; round < Number(rounds); round += 1)
    for (const { collection, perSecond, cpuMs } of variants) {
      const [startedAt, cpuAt] = [performance.now(), process.cpuUsage()];
      let done = 0;
      for (; performance.now() - startedAt < Number(seconds) * 1_000; done += 1)
        await collection.insertAll(signIn());
      const { user, system } = process.cpuUsage(cpuAt);
      perSecond.push((done / (performance.now() - startedAt)) * 1_000);
      cpuMs.push((user + system) / 1_000 / done);
    }
  const [first] = variants;
  for (const { name, perSecond, cpuMs } of variants) {
    const ratio = median(perSecond) / median(first?.perSecond ?? []);
    console.log(
      `${name}: ${median(perSecond).toFixed(0)} sign-ins a second, ratio ${ratio.toFixed(2)}, ${median(cpuMs).toFixed(3)} ms CPU each`,
    );
  }
  const [before] = variants;
  const startedAt = performance.now();
  before?.store.collection({ name: 'audit', indexes: VARIANTS['+ tenant, actor'] ?? {} });
  const total = (await before?.collection.count({ index: 'order', cap: 10_000_000 })) ?? 0;
  console.log(`both made on ${total} entries in ${(performance.now() - startedAt).toFixed(0)} ms`);
  for (const { store } of variants) await store.close();
} finally {
  rmSync(folder, { recursive: true });
}
