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

/**
 * Puts a request together: the target from the path, the input from path and body or query, its times and its cursor read.
 * @param list the name of the list that a cursor must be of
 */
export function askedOf(
  { input: schema }: Pick<AnyOperation, 'input'>,
  { names, hasBody }: Address,
  given: { params: Record<string, string>; fields: Source; list: string },
  cursors: Cursors,
): Asked | { mistakes: Mistake[] } {
  const { params, fields, list } = given;
  const at = Object.fromEntries(names.filter(isTargetName).map((name) => [name, params[name] ?? '']));
  const inPath = names.filter((name) => !isTargetName(name));
  const doubled = inPath.filter((name) => Object.hasOwn(fields, name));
  if (doubled.length > 0)
    return { mistakes: doubled.map((path) => ({ path, message: 'stands in the path already' })) };
  const told = heard(schema, fields, hasBody ? 'body' : 'query');
  if ('mistakes' in told) return told;
  const input = {
    ...(told.input as Source),
    ...Object.fromEntries(inPath.map((name) => [name, params[name]])),
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
  fields: Source,
): string {
  const { after: _, limit: __, ...filters } = fields;
  const sorted = Object.entries(filters).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([operation.name, caller, path, sorted]);
}

/** Whether an operation answers page by page. */
export function isPaged({ output }: { output: z.ZodType }): boolean {
  const { shape } = output._zod.def as unknown as { shape?: object };
  return shape !== undefined && 'next' in shape;
}
