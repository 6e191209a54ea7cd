// How the fields of an index become one text whose order is theirs: every index of the adapter is then a plain index on one
// text field, and every query a range of it, which any MongoDB-wire server answers from the index.
import { cursorOf, type Range, rangeOf, type Value, valueAt } from './fields.ts';
import type { CollectionSpec, Document } from './port.ts';

/** Ends each value; escaped within text, so that a shorter text comes before every longer one that begins with it. */
const END = '\u0001';
/** The first text after every continuation of a value list. */
const BEYOND = '\u0002';

const ESCAPES: Readonly<Record<string, string>> = {
  '\u0000': '\u0002\u0003',
  '\u0001': '\u0002\u0004',
  '\u0002': '\u0002\u0005',
};

function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these three are what the key itself uses
  return text.replace(/[\u0000-\u0002]/g, (c) => ESCAPES[c] ?? c);
}

/** An IEEE 754 number as 16 hexadecimal digits that sort like the numbers. */
function sortable(number: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(number === 0 ? 0 : number);
  const bits = bytes.readBigUInt64BE();
  const ordered = bits >> 63n ? ~bits & 0xffff_ffff_ffff_ffffn : bits | (1n << 63n);
  return ordered.toString(16).padStart(16, '0');
}

function part(value: Value): string {
  return typeof value === 'number' ? `n${sortable(value)}` : `t${escaped(value)}`;
}

/** The key of a list of values. Numbers come before text. */
export function keyOf(values: readonly Value[]): string {
  return values.map((value) => `${part(value)}${END}`).join('');
}

/** The keys of a document, by index. That of an index which is not unique ends with the id, so that it is unique too. */
export function keysOf(spec: CollectionSpec, doc: Document): Record<string, string> {
  return Object.fromEntries(
    Object.entries(spec.indexes).map(([name, { fields, unique }]) => {
      const ordered = unique || fields.includes('id') ? fields : [...fields, 'id'];
      return [name, keyOf(ordered.map((field) => valueAt(doc, field)))];
    }),
  );
}

/** The keys of a document in those indexes whose fields it has: an older version may have written it without. */
export function keysThatFit(
  { name, indexes }: CollectionSpec,
  names: readonly string[],
  doc: Document,
): Record<string, string> {
  const keys = names.map((index) => {
    try {
      return keysOf({ name, indexes: Object.fromEntries([[index, indexes[index] ?? { fields: [] }]]) }, doc);
    } catch (error) {
      if (error instanceof RangeError) return {};
      throw error;
    }
  });
  return Object.assign({}, ...keys) as Record<string, string>;
}

/** The range of keys that a query means; the key of its cursor's values bounds it on the side where it goes on. */
export function keyRange(spec: CollectionSpec, query: Range) {
  const { fields, equals, between, order } = rangeOf(spec, query);
  const from = keyOf(equals);
  const after = cursorOf(query, order.length);
  const isUnique = spec.indexes[query.index]?.unique === true && !fields.includes('id');
  const beyondFrom = from === '' ? '\u{10FFFF}' : `${from.slice(0, -1)}${BEYOND}`;
  // Without the end of the value: the keys of all that begin with it.
  const [first, last] = between
    ? [{ $gte: `${from}${part(between[0])}` }, { $lt: `${from}${part(between[1])}` }]
    : [{ $gte: from }, { $lt: beyondFrom }];
  if (!after) return { key: { ...first, ...last }, order };
  // In place of the bound on its side: two bounds on one side are two to choose from, and a server may read from the wrong one.
  const edge = keyOf([...equals, ...(isUnique ? after.slice(0, -1) : after)]);
  return { key: query.descending ? { ...first, $lt: edge } : { $gt: edge, ...last }, order };
}
