// One writing process: inserts and replaces documents as fast as it can, and says each one that was acknowledged.
import { writeSync } from 'node:fs';
import { openDocumentsAt, openEphemeralAt } from './stores.ts';

const [address = ''] = process.argv.slice(2);
const documents = await openDocumentsAt(address);
const ephemeral = await openEphemeralAt(address, 1_800_000_000);
const pairs = documents.collection<{ id: string; n: number; twice: number }>({ name: 'pairs', indexes: {} });
for (let n = 1; ; n++) {
  const { inserted } = await pairs.insert({ id: `p${n}`, n, twice: 2 * n });
  if (inserted && (await pairs.replace({ id: `p${n}`, n, twice: 2 * n + 1 }, 1))) writeSync(1, `${n}\n`);
  await ephemeral.put(
    'Token',
    `t${n}`,
    { value: JSON.stringify({ n, twice: 2 * n }), expiresAt: 1_900_000_000, sets: { account: 'a' } },
    1_800_000_000,
  );
}
