import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ConditionFailed, changeUntilWon, withConditions } from '../../src/foundation/stores/index.ts';
import { freshFolder } from '../support/folder.ts';
import { openDocumentsAt } from '../support/stores.ts';

interface Thing {
  id: string;
  n: number;
}

let folder: ReturnType<typeof freshFolder>;
let documents: ReturnType<typeof withConditions>;
beforeAll(async () => {
  folder = freshFolder();
  documents = withConditions(await openDocumentsAt(`sqlite:${folder.path}`));
});
afterAll(async () => {
  await documents.close();
  folder.remove();
});

const things = () => documents.collection<Thing>({ name: 'things', indexes: {} });
const raise = (id: string) => changeUntilWon(things(), id, (thing) => thing && { ...thing, n: thing.n + 1 });

describe('ADM-1 a change that is meant for one version', () => {
  test('of 20 at once with one version, one is made', async () => {
    await things().insert({ id: 'a', n: 0 });
    const version = (await documents.versionOf('things', 'a')) ?? 0;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () =>
        documents.onlyIf({ collection: 'things', id: 'a', version }, () => raise('a')),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(ConditionFailed);
    expect((await things().get('a'))?.doc.n).toBe(1);
  });

  test('is not made where another change came in between, and a second write of the same work is free', async () => {
    await things().insert({ id: 'b', n: 0 });
    const condition = { collection: 'things', id: 'b', version: 1 };
    await documents.onlyIf(condition, async () => {
      await raise('b');
      await raise('b');
    });
    await expect(documents.onlyIf(condition, () => raise('b'))).rejects.toBeInstanceOf(ConditionFailed);
    await expect(documents.onlyIf(condition, () => things().remove('b'))).rejects.toBeInstanceOf(
      ConditionFailed,
    );
    expect((await things().get('b'))?.doc.n).toBe(2);
  });

  test('holds nothing but its own document', async () => {
    await things().insert({ id: 'c', n: 0 });
    await documents.onlyIf({ collection: 'things', id: 'other', version: 7 }, () => raise('c'));
    expect((await things().get('c'))?.doc.n).toBe(1);
  });
});
