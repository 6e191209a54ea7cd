import { z } from 'zod';
import { type Mistake, readInstant, rfc3339 } from '../../foundation/base/index.ts';

type Schema = z.core.$ZodType;

interface Definition {
  type: string;
  shape?: Record<string, Schema>;
  element?: Schema;
  innerType?: Schema;
  valueType?: Schema;
  in?: Schema;
  options?: readonly Schema[];
}

/** What stands at a place without fields. */
type Leaf = (schema: Schema, value: unknown, path: readonly (string | number)[]) => unknown;

function definitionOf(schema: Schema): Definition {
  return schema._zod.def as unknown as Definition;
}

/** Whether a schema holds epoch seconds, which the admin API writes as RFC 3339 does. */
export function isInstant(schema: Schema): boolean {
  const meta = z.globalRegistry.get(schema as never) as { isInstant?: boolean } | undefined;
  return meta?.isInstant === true;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Goes through a value with its schema, and answers it with other leaves. What does not fit the schema stays as it is. */
function mapLeaves(
  schema: Schema,
  value: unknown,
  leaf: Leaf,
  path: readonly (string | number)[] = [],
): unknown {
  const { type, shape, element, innerType, valueType, in: input, options } = definitionOf(schema);
  if (isInstant(schema) || value === null || value === undefined) return leaf(schema, value, path);
  if (innerType) return mapLeaves(innerType, value, leaf, path);
  if (type === 'pipe' && input) return mapLeaves(input, value, leaf, path);
  if (element && Array.isArray(value))
    return value.map((one, i) => mapLeaves(element, one, leaf, [...path, i]));
  if ((shape || valueType) && isRecord(value)) {
    const of = (name: string) => (shape && Object.hasOwn(shape, name) ? shape[name] : valueType);
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => {
        const inner = of(name);
        return [name, inner ? mapLeaves(inner, one, leaf, [...path, name]) : one];
      }),
    );
  }
  const fitting = options?.find((option) => isInstant(option) || z.safeParse(option, value).success);
  return fitting ? mapLeaves(fitting, value, leaf, path) : leaf(schema, value, path);
}

/** An output as the admin API says it: its times as RFC 3339. */
export function spoken(schema: Schema, output: unknown): unknown {
  return mapLeaves(schema, output, (at, value) =>
    isInstant(at) && typeof value === 'number' ? rfc3339(value) : value,
  );
}

const NOT_AN_INSTANT = 'must be a time as in 2026-12-31T23:59:59Z (RFC 3339)';

/** The number or truth value that a text of the query names; any other text stays one, and is refused by the schema. */
function typed(type: string, text: string): unknown {
  if (type === 'number' && /^-?\d{1,15}$/.test(text)) return Number(text);
  if ((type === 'boolean' || type === 'literal') && (text === 'true' || text === 'false'))
    return text === 'true';
  return text;
}

/** An input as an operation reads it: times in epoch seconds, and of a query everything in its type. */
export function heard(
  schema: Schema,
  input: unknown,
  from: 'query' | 'body',
): { input: unknown } | { mistakes: Mistake[] } {
  const mistakes: Mistake[] = [];
  const told = mapLeaves(schema, input, (at, value, path) => {
    if (!isInstant(at) || value === null || value === undefined)
      return from === 'query' && typeof value === 'string' ? typed(definitionOf(at).type, value) : value;
    const instant = typeof value === 'string' ? readInstant(value) : undefined;
    if (instant !== undefined) return instant;
    mistakes.push({ path: path.join('.'), message: NOT_AN_INSTANT });
    return 0;
  });
  return mistakes.length > 0 ? { mistakes } : { input: told };
}
