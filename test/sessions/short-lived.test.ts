import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { accountDependents, independents, onlyRegistered } from '../../src/core/short-lived.ts';
import { type Ephemeral, openSqliteEphemeral } from '../../src/foundation/stores/index.ts';
import { freshFolder } from '../support/folder.ts';

const NOW = 1_800_000_000;
let folder: ReturnType<typeof freshFolder>;
let store: Ephemeral;
beforeEach(() => {
  folder = freshFolder();
  store = onlyRegistered(openSqliteEphemeral(`${folder.path}/ephemeral.sqlite`, NOW));
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

const record = (sets: Record<string, string> = {}) => ({ value: '{}', expiresAt: NOW + 60, sets });
const WRITES: [string, (kind: string, sets?: Record<string, string>) => Promise<unknown>][] = [
  ['put', async (kind, sets) => store.put(kind, 'x', record(sets), NOW)],
  ['insert', async (kind, sets) => store.insert(kind, 'x', record(sets), NOW)],
  ['replace', async (kind, sets) => store.replace(kind, 'x', record(sets), 1, NOW)],
  [
    'merge',
    async (kind, sets) => store.merge(kind, 'x', { ...record(sets), setEntries: {}, unsetEntries: [] }, NOW),
  ],
];

describe('the one list of what is short-lived', () => {
  test.each(WRITES)('SES-4 %s takes no kind that is not in it', async (_, write) => {
    await expect(write('Forgotten')).rejects.toThrow('Forgotten is not in the list of what is short-lived');
    for (const { kind } of accountDependents) await write(kind, { account: 'a' });
    for (const kind of Object.keys(independents)) await write(kind);
  });

  test.each(WRITES)('SES-4 %s takes no record of an account that an event would leave', async (_, write) => {
    for (const kind of Object.keys(independents))
      await expect(write(kind, { account: 'a' })).rejects.toThrow('would outlive its credentials');
  });

  test('SES-4 each kind is in one of the two lists, once, and whatever is spared has a reason', () => {
    const kinds = [...accountDependents.map(({ kind }) => kind), ...Object.keys(independents)];
    expect(new Set(kinds).size).toBe(kinds.length);
    expect(Object.values(independents).filter((why) => why.length < 10)).toEqual([]);
    expect(
      accountDependents.filter(({ survivesOwnChange }) => survivesOwnChange).map(({ kind }) => kind),
    ).toEqual(['KnownBrowser']);
  });
});
