import type { z } from 'zod';
import { type Mistake, SallyportError } from '../../foundation/base/index.ts';
import type { AnyOperation } from '../../use-cases/administration/index.ts';
import { type Address, isTargetName } from './addresses.ts';
import type { Cursors } from './cursors.ts';
import { heard } from './spoken.ts';

/** What a request asks of an operation. */
export interface Asked {
  at: Record<string, string>;
  input: unknown;
}

type Source = Record<string, unknown>;

/** @throws SallyportError `bad_request` for a name that the query has twice: two readers would see two requests */
export function queryOf(search: URLSearchParams): Source {
  const query: Source = Object.create(null) as Source;
  for (const [name, value] of search) {
    if (name in query) throw new SallyportError('bad_request', name, { said: 'A parameter is named twice.' });
    query[name] = value;
  }
  return { ...query };
}

/** What a request carries. */
export interface Given {
  params: Record<string, string>;
  query: Source;
  body: Source;
  /** The name of the list that a cursor must be of. */
  list: string;
}

/** Names of the query that say where, and not what: an area is one tenant, or the installation where none is named. */
function placesInQuery({ on }: Pick<AnyOperation, 'on'>): readonly string[] {
  return on === 'area' ? ['tenant'] : [];
}

/** The fields of the input, without those that name the place. */
function fieldsOf(
  operation: Pick<AnyOperation, 'on'>,
  { hasBody }: Address,
  { query, body }: Pick<Given, 'query' | 'body'>,
): { fields: Source; place: Record<string, string>; unread: string[] } {
  const places = placesInQuery(operation);
  const isPlace = (name: string) => places.includes(name);
  const rest = Object.entries(query).filter(([name]) => !isPlace(name));
  const place = Object.fromEntries(Object.entries(query).filter(([name]) => isPlace(name)));
  return {
    place: place as Record<string, string>,
    fields: hasBody ? body : Object.fromEntries(rest),
    // What no one reads would otherwise be taken for done.
    unread: hasBody ? rest.map(([name]) => name) : Object.keys(body),
  };
}

/** Members that the schemas leave out without a word, at any depth: a caller would take them for done. */
function leftOut(value: unknown, path: readonly string[] = []): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const here = [...path, name];
    return name === '__proto__' ? [here.join('.')] : leftOut(inner, here);
  });
}

/** Puts a request together: the target from path and query, the input from path and body or query, its times and its cursor read. */
export function askedOf(
  operation: Pick<AnyOperation, 'input' | 'on'>,
  address: Address,
  given: Given,
  cursors: Cursors,
): Asked | { mistakes: Mistake[] } {
  const { names, hasBody } = address;
  const { params, list } = given;
  const { fields, place, unread } = fieldsOf(operation, address, given);
  const inPath = names.filter((name) => !isTargetName(name));
  const mistakes = [
    ...unread.map((path) => ({ path, message: `does not belong into the ${hasBody ? 'query' : 'body'}` })),
    ...leftOut(fields).map((path) => ({ path, message: 'is no name of a field' })),
    ...inPath
      .filter((name) => Object.hasOwn(fields, name))
      .map((path) => ({ path, message: 'stands in the path already' })),
  ];
  if (mistakes.length > 0) return { mistakes };
  const told = heard(operation.input, fields, hasBody ? 'body' : 'query');
  if ('mistakes' in told) return told;
  const named = Object.fromEntries(inPath.map((name) => [name, params[name]]));
  const input: Source = { ...(told.input as Source), ...named };
  const at = {
    ...place,
    ...Object.fromEntries(names.filter(isTargetName).map((name) => [name, params[name] ?? ''])),
  };
  if (typeof input.after !== 'string') return { at, input };
  const after = cursors.open(list, input.after);
  if (after === undefined) return { mistakes: [{ path: 'after', message: 'is no cursor of this list' }] };
  return { at, input: { ...input, after } };
}

/** What makes a list the same list: everything but the place in it. */
export function listName(
  operation: Pick<AnyOperation, 'name'>,
  caller: string,
  path: string,
  query: Source,
): string {
  const { after: _, limit: __, ...filters } = query;
  const sorted = Object.entries(filters).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([operation.name, caller, path, sorted]);
}

/** Whether an operation answers page by page. */
export function isPaged({ output }: { output: z.ZodType }): boolean {
  const { shape } = output._zod.def as unknown as { shape?: object };
  return shape !== undefined && 'next' in shape;
}
