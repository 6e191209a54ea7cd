// What the adapters of the documents port share: the values of an index, and the cursor of a page.
import { SallyportError } from '../../base/index.ts';
import type { CollectionSpec, PageQuery } from './port.ts';

export type Value = string | number;

/** The fields of a declared index. @throws RangeError when there is none of that name */
function fieldsOf(spec: CollectionSpec, index: string): readonly string[] {
  const declared = spec.indexes[index];
  if (!declared) throw new RangeError(`${spec.name} has no index ${index}`);
  return declared.fields;
}

/** Checks what `find` was handed. @throws RangeError when it is not every field of a unique index */
export function uniqueFieldsOf(spec: CollectionSpec, index: string, values: readonly Value[]) {
  const fields = fieldsOf(spec, index);
  if (!spec.indexes[index]?.unique || values.length !== fields.length) {
    throw new RangeError(`find takes all ${fields.length} fields of a unique index: ${index}`);
  }
  return fields;
}

/** The value of a dotted path. @throws RangeError when it is neither text nor a number */
export function valueAt(doc: object, field: string): Value {
  let at: unknown = doc;
  for (const name of field.split('.')) at = (at as Record<string, unknown> | undefined)?.[name];
  if (typeof at !== 'string' && typeof at !== 'number')
    throw new RangeError(`${field} must be text or a number in every document`);
  return at;
}

/** What of a query says which part of an index it reads. */
export type Range = Pick<PageQuery, 'index' | 'equals' | 'prefix' | 'between' | 'after' | 'descending'>;

/** The first value that a prefix or two numbers mean, and the first one beyond. */
function betweenOf({ prefix, between }: Range): readonly [from: Value, below: Value] | undefined {
  return prefix === undefined ? between : [prefix, afterPrefix(prefix)];
}

/** The fields that a query fixes, the values between which the next one is, and those that order what it finds (ties by id). */
export function rangeOf(spec: CollectionSpec, query: Range) {
  const fields = fieldsOf(spec, query.index);
  const equals = query.equals ?? [];
  if (equals.length > fields.length) throw new RangeError(`more values than ${query.index} has fields`);
  const left = fields.slice(equals.length);
  const order = left.includes('id') ? left : [...left, 'id'];
  return { fields, equals, between: left[0] === undefined ? undefined : betweenOf(query), order };
}

/** @throws RangeError unless a page holds 1 to 500 */
export function assertLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > 500) throw new RangeError('a page holds 1 to 500');
}

/** The last text of all that begin with `prefix`, in code point order. */
function afterPrefix(prefix: string): string {
  return `${prefix}\u{10FFFF}`;
}

/** The cursor of a page that goes on after these values of the fields that order it, whether or not a document has them. */
export function encodeCursor(values: readonly Value[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

function isWithin({ prefix, between }: Range, value: unknown): boolean {
  if (prefix !== undefined) return typeof value === 'string' && value.startsWith(prefix);
  return !between || (typeof value === 'number' && between[0] <= value && value < between[1]);
}

/**
 * The values from which a page goes on, or undefined for the first page. They lie within the prefix or between the numbers, so that they bound the
 * page on one side and nothing else has to.
 * @throws SallyportError `bad_request` for a cursor that was not made by `encodeCursor` for such a query
 */
export function cursorOf(range: Range, length: number): Value[] | undefined {
  if (range.after === undefined) return undefined;
  try {
    const values: unknown = JSON.parse(Buffer.from(range.after, 'base64url').toString('utf8'));
    const sound =
      Array.isArray(values) &&
      values.length === length &&
      values.every((v) => typeof v === 'string' || typeof v === 'number') &&
      isWithin(range, values[0]);
    if (sound) return values;
  } catch {
    // falls through to the refusal
  }
  throw new SallyportError('bad_request', 'the page cursor is not one of ours');
}
