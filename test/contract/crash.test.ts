import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { freshFolder } from '../support/folder.ts';
import { openDocumentsAt, openEphemeralAt } from '../support/stores.ts';

const WRITER = fileURLToPath(new URL('../support/writer.ts', import.meta.url));
const ROUNDS = process.env.SALLYPORT_TEST_LONG ? 50 : 4;
const NOW = 1_800_000_000;

/** Lets the writer acknowledge some writes, kills it in the middle of the next, and answers what it had acknowledged. */
async function killInBurst(address: string, after: number): Promise<number[]> {
  const writer = spawn('node', ['--disable-warning=ExperimentalWarning', WRITER, address], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let heard = '';
  writer.stdout.on('data', (chunk) => {
    heard += chunk;
  });
  const ended = once(writer, 'close');
  while (heard.split('\n').length <= after && writer.exitCode === null) await turn();
  writer.kill('SIGKILL');
  await ended;
  return heard.split('\n').slice(0, -1).map(Number);
}

test('F9 P7 kill -9 in a burst of writes: nothing acknowledged is lost, nothing is half-written', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const folder = freshFolder();
    try {
      const address = `sqlite:${folder.path}`;
      const acknowledged = await killInBurst(address, 20 + round * 37);
      expect(acknowledged.length).toBeGreaterThan(0);
      for (const file of ['documents', 'ephemeral']) {
        const database = new DatabaseSync(`${folder.path}/${file}.sqlite`);
        expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
        database.close();
      }
      const documents = await openDocumentsAt(address);
      const pairs = documents.collection<{ id: string; n: number; twice: number }>({
        name: 'pairs',
        indexes: {},
      });
      for (const n of acknowledged)
        expect(await pairs.get(`p${n}`)).toEqual({ doc: { id: `p${n}`, n, twice: 2 * n + 1 }, version: 2 });
      await documents.close();
      const ephemeral = await openEphemeralAt(address, NOW);
      for (const id of await ephemeral.members('Token', 'account', 'a', NOW)) {
        const record = JSON.parse((await ephemeral.get('Token', id, NOW))?.value ?? '{}') as {
          n: number;
          twice: number;
        };
        expect(record.twice).toBe(2 * record.n);
      }
      await ephemeral.close();
    } finally {
      folder.remove();
    }
  }
});

test('R8 P15 kill -9 with open leases: after 30 s they count, and the account is full', async () => {
  const folder = freshFolder();
  try {
    const address = `sqlite:${folder.path}`;
    const first = await openEphemeralAt(address, NOW);
    for (let i = 0; i < 5; i++) await first.reserve('k', { limit: 5 }, NOW, NOW + 3_600);
    // Closing without settling leaves what a killed process leaves.
    await first.close();
    const second = await openEphemeralAt(address, NOW + 1);
    expect(await second.reserve('k', { limit: 5 }, NOW + 29, NOW + 3_600)).toMatchObject({ outcome: 'busy' });
    expect(await second.reserve('k', { limit: 5 }, NOW + 30, NOW + 3_600)).toMatchObject({
      outcome: 'full',
      failures: 5,
      abandoned: 5,
    });
    await second.close();
  } finally {
    folder.remove();
  }
});
