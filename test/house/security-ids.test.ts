import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { catalogueIds, provedIds } from '../../docs/catalogue.ts';

const { later, waived } = JSON.parse(readFileSync('test/house/security-ids.json', 'utf8')) as {
  later: string[];
  waived: Record<string, string>;
};

test('every line of the security catalogue has a test, or stands in the list of what comes later', () => {
  const proved = provedIds();
  const open = catalogueIds().filter((id) => !proved.has(id) && !later.includes(id) && !(id in waived));
  expect(open).toEqual([]);
});

test('the list holds nothing that a test proves already, nothing unknown, and no waiver without a reason', () => {
  const proved = provedIds();
  const known = new Set(catalogueIds());
  expect([...later, ...Object.keys(waived)].filter((id) => proved.has(id) || !known.has(id))).toEqual([]);
  expect(Object.values(waived).filter((reason) => reason.length < 10)).toEqual([]);
});

test('no test carries an id that the catalogue does not know', () => {
  const known = new Set(catalogueIds());
  expect([...provedIds().keys()].filter((id) => !known.has(id))).toEqual([]);
});
