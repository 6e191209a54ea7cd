import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createApiSessions } from '../../src/capabilities/api-access/index.ts';
import { createSealer, createVault } from '../../src/foundation/base/index.ts';
import { type Ephemeral, openSqliteEphemeral } from '../../src/foundation/stores/index.ts';
import { freshFolder } from '../support/folder.ts';

const NOW = 1_800_000_000;
const PLACE = 'ApiSessionPlace';
const vault = createVault(createSealer([randomBytes(32)]), randomBytes(32));
const WANTED = {
  account: { id: 'ann', tenantId: 'acme' },
  epoch: 1,
  tokenId: 'reports',
  idleSeconds: 7_200,
  address: '',
  browser: '',
};

let folder: ReturnType<typeof freshFolder>;
let store: Ephemeral;
let now: number;
const on = (ephemeral: Ephemeral) => createApiSessions({ ephemeral, vault, clock: { now: () => now } });
beforeEach(() => {
  now = NOW;
  folder = freshFolder();
  store = openSqliteEphemeral(`${folder.path}/ephemeral.sqlite`, NOW);
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

/** The same store, which stands still before it takes a place, until told to go on. */
function halting() {
  const reached = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const halt = async (kind: string) => {
    if (kind !== PLACE) return;
    reached.resolve();
    await gate.promise;
  };
  const ephemeral: Ephemeral = {
    ...store,
    insert: async (kind, ...rest) => {
      await halt(kind);
      return store.insert(kind, ...rest);
    },
    replace: async (kind, ...rest) => {
      await halt(kind);
      return store.replace(kind, ...rest);
    },
  };
  return { sessions: on(ephemeral), reached: reached.promise, goOn: gate.resolve };
}

const isLive = async (id: string) => (await on(store).use(id, 'acme', 7_200)) !== undefined;

describe('a sign-in that is overtaken between its session and its place', () => {
  test('API-4 by one that finds its session: both get that, and it lives', async () => {
    const slow = halting();
    const first = slow.sessions.begin(WANTED);
    await slow.reached;
    const second = await on(store).begin(WANTED);
    slow.goOn();
    expect(await first).toBe(second);
    expect(await isLive(second)).toBe(true);
    expect(await on(store).ofAccount('ann')).toHaveLength(1);
  });

  test('API-4 by one that took the place of an ended session: both get the same, and it lives', async () => {
    const ended = await on(store).begin(WANTED);
    await on(store).end((await on(store).read(ended)) ?? { reference: '' });
    const slow = halting();
    const first = slow.sessions.begin(WANTED);
    await slow.reached;
    const second = await on(store).begin(WANTED);
    slow.goOn();
    expect(await first).toBe(second);
    expect(second).not.toBe(ended);
    expect(await isLive(second)).toBe(true);
    expect(await isLive(ended)).toBe(false);
    expect(await on(store).ofAccount('ann')).toHaveLength(1);
  });

  test('API-4 one that dies there leaves a session that the next one takes, or that is soon gone', async () => {
    for (const later of [1, 31]) {
      const dying = halting();
      dying.sessions.begin({ ...WANTED, tokenId: `token ${later}` }).catch(() => {});
      await dying.reached;
      const [orphan] = await on(store)
        .ofAccount('ann')
        .then((all) => all.slice(-1));
      now += later;
      const id = await on(store).begin({ ...WANTED, tokenId: `token ${later}` });
      expect(orphan && on(store).idOf(orphan) === id).toBe(later === 1);
      expect(await isLive(id)).toBe(true);
    }
  });

  test('API-4 another account, token, epoch or generation is another id', async () => {
    const ids = [
      await on(store).begin(WANTED),
      await on(store).begin({ ...WANTED, tokenId: 'other' }),
      await on(store).begin({ ...WANTED, account: { id: 'bob', tenantId: 'acme' } }),
      await on(store).begin({ ...WANTED, epoch: 2 }),
    ];
    expect(new Set(ids).size).toBe(4);
    const [session] = await on(store).ofAccount('bob');
    if (!session) throw new Error('no session');
    const { idOf } = on(store);
    const changed = [
      { epoch: 9 },
      { serial: 'x' },
      { generation: 'x' },
      { accountId: 'x' },
      { tokenId: 'x' },
    ];
    const others = changed.map((change) => idOf({ ...session, ...change }));
    expect(new Set([...others, idOf(session)]).size).toBe(6);
    const elsewhere = createVault(createSealer([randomBytes(32)]), randomBytes(32));
    const other = createApiSessions({ ephemeral: store, vault: elsewhere, clock: { now: () => now } });
    expect(other.idOf(session)).not.toBe(idOf(session));
  });
});
