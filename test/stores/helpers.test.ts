import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type Collection,
  changeUntilWon,
  type Documents,
  eachPage,
} from '../../src/foundation/stores/index.ts';
import { freshFolder } from '../support/folder.ts';
import { openDocumentsAt } from '../support/stores.ts';

interface Thing {
  id: string;
  size: number;
}

const SPEC = { name: 'things', indexes: { order: { fields: ['id'] } } };

let folder: ReturnType<typeof freshFolder>;
let stores: Documents[];
let things: Collection<Thing>[];
beforeEach(async () => {
  folder = freshFolder();
  const address = `sqlite:${folder.path}`;
  stores = [await openDocumentsAt(address), await openDocumentsAt(address)];
  things = stores.map((store) => store.collection<Thing>(SPEC));
});
afterEach(async () => {
  for (const store of stores) await store.close();
  folder.remove();
});

const grown = (current: Thing | undefined) => ({ id: 'one', size: (current?.size ?? 0) + 1 });

describe('changeUntilWon', () => {
  test('P1 of 20 changes at once on a document that is not there yet, each counts once', async () => {
    const calls = Array.from({ length: 20 }, (_, i) =>
      changeUntilWon(things[i % 2] as Collection<Thing>, 'one', grown),
    );
    const sizes = (await Promise.all(calls)).map(({ doc }) => doc.size);
    expect(sizes.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  test.each<[string, (current: Thing | undefined) => Thing | undefined]>([
    ['the same object', (current) => current],
    ['undefined', () => undefined],
  ])('%s leaves a document as it is', async (_, decide) => {
    const [collection] = things as [Collection<Thing>];
    await collection.insert({ id: 'one', size: 7 });
    expect(await changeUntilWon(collection, 'one', decide)).toEqual({
      doc: { id: 'one', size: 7 },
      changed: false,
    });
    expect((await collection.get('one'))?.version).toBe(1);
  });

  test('what is left out of a document that is not there makes none', async () => {
    const [collection] = things as [Collection<Thing>];
    expect(await changeUntilWon(collection, 'one', (current) => current)).toEqual({ changed: false });
    expect(await collection.get('one')).toBeUndefined();
  });
});

describe('eachPage', () => {
  test.each([
    [0, [0]],
    [4, [2, 2]],
    [5, [2, 2, 1]],
  ])('%i documents come in order, in pages of %j', async (count, lengths) => {
    const [collection] = things as [Collection<Thing>];
    const docs = Array.from({ length: count }, (_, i) => ({ id: `id-${i}`, size: i }));
    await collection.insertAll(docs);
    const pages: Thing[][] = [];
    for await (const page of eachPage((from) => collection.page({ index: 'order', limit: 2, ...from })))
      pages.push(page.map(({ doc }) => doc));
    expect(pages.flat()).toEqual(docs);
    expect(pages.map(({ length }) => length)).toEqual(lengths);
  });
});
