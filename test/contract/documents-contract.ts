import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Collection, Documents } from '../../src/foundation/stores/index.ts';
import { race } from '../support/race.ts';
import { THINGS_FOR_RACE as THINGS } from '../support/racer-things.ts';

export interface DocumentsUnderTest {
  open(): Promise<Documents>;
  address: string;
  destroy(): Promise<void>;
}

interface Thing {
  id: string;
  tenant: string;
  name: { key: string; shown: string };
  size: number;
}

const thing = (id: string, more: Partial<Thing> = {}): Thing => ({
  id,
  tenant: 't1',
  name: { key: id.toLowerCase(), shown: id },
  size: 1,
  ...more,
});

/** The promises of the documents port; every adapter runs this suite unchanged. */
export function documentsContract(name: string, make: () => Promise<DocumentsUnderTest>) {
  describe(`documents port on ${name}`, () => {
    let subject: DocumentsUnderTest;
    let store: Documents;
    let other: Documents;
    let things: Collection<Thing>;
    let elsewhere: Collection<Thing>;

    beforeEach(async () => {
      subject = await make();
      store = await subject.open();
      other = await subject.open();
      things = store.collection<Thing>(THINGS);
      elsewhere = other.collection<Thing>(THINGS);
    });
    afterEach(async () => {
      await store.close();
      await other.close();
      await subject.destroy();
    });

    test('a document is found by id and by its unique key, odd values included', async () => {
      for (const [i, key] of [
        'a.b',
        '$gt',
        'nul\u0000in',
        'ünï',
        '{"$gt":""}',
        "o'brien",
        '%_',
        '',
      ].entries()) {
        const doc = thing(`id-${key}-${i}`, { name: { key, shown: key } });
        expect(await things.insert(doc)).toEqual({ inserted: true });
        expect(await elsewhere.get(doc.id)).toEqual({ doc, version: 1 });
        expect(await elsewhere.find('name', ['t1', key])).toEqual({ doc, version: 1 });
        expect(await elsewhere.find('name', ['t2', key])).toBeUndefined();
      }
      expect(await things.get('nothing')).toBeUndefined();
    });

    test('a duplicate is refused, and the index that holds it is named', async () => {
      await things.insert(thing('a'));
      expect(await elsewhere.insert(thing('a', { name: { key: 'other', shown: '' } }))).toEqual({
        inserted: false,
        duplicate: 'id',
      });
      expect(await elsewhere.insert(thing('b', { name: { key: 'a', shown: '' } }))).toEqual({
        inserted: false,
        duplicate: 'name',
      });
      expect(await elsewhere.insert(thing('c', { tenant: 't2', name: { key: 'a', shown: '' } }))).toEqual({
        inserted: true,
      });
    });

    test('many are inserted in one step, or none', async () => {
      await things.insertAll([thing('a'), thing('b')]);
      expect(await elsewhere.count({ index: 'size', equals: ['t1'], cap: 9 })).toBe(2);
      await expect(things.insertAll([thing('c'), thing('a')])).rejects.toMatchObject({
        code: 'store_unavailable',
      });
      expect(await elsewhere.get('c')).toBeUndefined();
    });

    test('P1 replace wins on the version that was read, and only then', async () => {
      await things.insert(thing('a'));
      expect(await things.replace(thing('a', { size: 2 }), 1)).toBe(true);
      expect(await elsewhere.replace(thing('a', { size: 3 }), 1)).toBe(false);
      expect(await elsewhere.replace(thing('missing'), 1)).toBe(false);
      expect(await elsewhere.get('a')).toEqual({ doc: thing('a', { size: 2 }), version: 2 });
    });

    test('an index that is declared later knows what was written before', async () => {
      await things.insertAll([thing('a', { size: 2 }), thing('b', { size: 1 })]);
      const shown = { fields: ['name.shown'] };
      const later = other.collection<Thing>({ ...THINGS, indexes: { ...THINGS.indexes, shown } });
      const { items } = await later.page({ index: 'shown', descending: true, limit: 9 });
      expect(items.map(({ doc }) => doc.id)).toEqual(['b', 'a']);
      expect(items.map(({ version }) => version)).toEqual([1, 1]);
    });

    test('an index on a field that older documents do not have yet takes them once they have it', async () => {
      await things.insertAll([thing('a'), thing('b')]);
      const lane = { fields: ['lane'] };
      const later = other.collection<Thing & { lane?: string }>({ name: THINGS.name, indexes: { lane } });
      expect(await later.replace({ ...thing('b'), lane: 'x' }, 1)).toBe(true);
      const { items } = await later.page({ index: 'lane', equals: ['x'], limit: 9 });
      expect(items.map(({ doc }) => doc.id)).toEqual(['b']);
    });

    test('a removed document is gone from its indexes too', async () => {
      await things.insert(thing('a'));
      expect(await elsewhere.remove('a')).toBe(true);
      expect(await elsewhere.remove('a')).toBe(false);
      expect(await things.find('name', ['t1', 'a'])).toBeUndefined();
      expect(await things.insert(thing('b', { name: { key: 'a', shown: '' } }))).toEqual({ inserted: true });
    });

    test('pages run in index order, ties by id, and none is skipped or shown twice', async () => {
      for (let i = 0; i < 25; i++)
        await things.insert(thing(`d${String(i).padStart(2, '0')}`, { size: i % 3 }));
      await things.insert(thing('x', { tenant: 't2' }));
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await elsewhere.page({
          index: 'size',
          equals: ['t1'],
          limit: 7,
          ...(after ? { after } : {}),
        });
        seen.push(...page.items.map(({ doc }) => `${doc.size}${doc.id}`));
        after = page.next;
      } while (after);
      expect(seen).toHaveLength(25);
      expect(seen).toEqual([...seen].sort());
    });

    test('backwards from the end of the index likewise', async () => {
      for (let i = 0; i < 25; i++)
        await things.insert(thing(`d${String(i).padStart(2, '0')}`, { size: i % 3 }));
      await things.insert(thing('x', { tenant: 't2' }));
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await elsewhere.page({
          index: 'size',
          equals: ['t1'],
          descending: true,
          limit: 7,
          ...(after ? { after } : {}),
        });
        seen.push(...page.items.map(({ doc }) => `${doc.size}${doc.id}`));
        after = page.next;
      } while (after);
      expect(seen).toHaveLength(25);
      expect(seen).toEqual([...seen].sort().reverse());
    });

    test.each([{}, { descending: true as const }])(
      'the pages of a prefix join without a gap, and none leaves it (%j)',
      async (direction) => {
        const within = Array.from({ length: 25 }, (_, i) => `ann${String(i).padStart(2, '0')}`);
        for (const id of ['anm', ...within, 'ano', 'b']) await things.insert(thing(id));
        const seen: string[] = [];
        let after: string | undefined;
        do {
          const from = after ? { after } : {};
          const query = { index: 'name', equals: ['t1'], prefix: 'ann', limit: 4, ...direction, ...from };
          const page = await elsewhere.page(query);
          seen.push(...page.items.map(({ doc }) => doc.id));
          after = page.next;
        } while (after);
        expect(seen).toEqual('descending' in direction ? within.toReversed() : within);
      },
    );

    test.each([{}, { descending: true as const }])(
      'numbers are found between two, and the pages of them join (%j)',
      async (direction) => {
        const sizes = [-5, -1, 0, 1, 1, 1, 2, 2.5, 9, 10, 11];
        for (const [i, size] of sizes.entries()) await things.insert(thing(`d${i}`, { size }));
        await things.insert(thing('x', { tenant: 't2', size: 1 }));
        const range = { index: 'size', equals: ['t1'], between: [-1, 10] as const };
        const seen: number[] = [];
        let after: string | undefined;
        do {
          const page = await elsewhere.page({
            ...range,
            limit: 2,
            ...direction,
            ...(after ? { after } : {}),
          });
          seen.push(...page.items.map(({ doc }) => doc.size));
          after = page.next;
        } while (after);
        const within = [-1, 0, 1, 1, 1, 2, 2.5, 9];
        expect(seen).toEqual('descending' in direction ? within.toReversed() : within);
        expect(await elsewhere.count({ ...range, cap: 100 })).toBe(8);
        const beyond = await elsewhere.page({ index: 'size', equals: ['t1'], limit: 10 });
        expect(beyond.next).toBeDefined();
        await expect(
          elsewhere.page({ ...range, between: [0, 5], limit: 2, after: beyond.next ?? '' }),
        ).rejects.toMatchObject({ code: 'bad_request' });
      },
    );

    test('V34 a cursor of another prefix is a clear error', async () => {
      for (const id of ['anna', 'annb', 'ben', 'bill']) await things.insert(thing(id));
      const { next } = await things.page({ index: 'name', equals: ['t1'], prefix: 'ann', limit: 1 });
      expect(next).toBeDefined();
      for (const prefix of ['b', 'annabel'])
        await expect(
          things.page({ index: 'name', equals: ['t1'], prefix, limit: 1, after: next ?? '' }),
        ).rejects.toMatchObject({ code: 'bad_request' });
    });

    test('a prefix narrows the text field after the equal ones, and count is capped', async () => {
      for (const id of ['anna', 'annb', 'ann', 'ben', 'an%']) await things.insert(thing(id));
      const page = await things.page({ index: 'name', equals: ['t1'], prefix: 'ann', limit: 10 });
      expect(page.items.map(({ doc }) => doc.id)).toEqual(['ann', 'anna', 'annb']);
      expect(await things.count({ index: 'name', equals: ['t1'], prefix: 'an%', cap: 10 })).toBe(1);
      expect(await things.count({ index: 'name', equals: ['t1'], cap: 3 })).toBe(3);
    });

    test('V34 a forged cursor is a clear error', async () => {
      await things.insert(thing('a'));
      for (const after of [
        '',
        'x',
        Buffer.from('[1]').toString('base64url'),
        Buffer.from('[{"$gt":""},"",""]').toString('base64url'),
      ]) {
        await expect(things.page({ index: 'size', equals: ['t1'], limit: 1, after })).rejects.toMatchObject({
          code: 'bad_request',
        });
      }
    });

    test('F11 64 writers at once beside a long reader lose nothing', async () => {
      const reading = (async () => {
        for (let i = 0; i < 50; i++) await elsewhere.page({ index: 'size', equals: ['t1'], limit: 500 });
      })();
      const written = await Promise.all(
        Array.from({ length: 64 }, (_, i) => (i % 2 ? things : elsewhere).insert(thing(`w${i}`))),
      );
      await reading;
      expect(written.every((outcome) => outcome.inserted)).toBe(true);
      expect(await things.count({ index: 'size', equals: ['t1'], cap: 100 })).toBe(64);
    });

    test('P7 R1 of 20 replaces of one version and 20 inserts of one name one wins, from 4 processes', async () => {
      const rounds = process.env.SALLYPORT_TEST_LONG ? 500 : 50;
      for (let i = 0; i < rounds; i++) await things.insert(thing(`replace-${i}`));
      for (const verb of ['replaceDocument', 'insertDocument'] as const) {
        const results = await race(subject.address, { verb, processes: 4, perProcess: 5, rounds, now: 0 });
        expect(results.map((round) => round.filter((r) => r === 'true').length)).toEqual(
          Array(rounds).fill(1),
        );
      }
    });
  });
}
