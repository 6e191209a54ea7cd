import fc from 'fast-check';

export interface Schema {
  type?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  format?: string;
  minimum?: number;
  maximum?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
}

interface Parameter {
  name: string;
  in: string;
  schema: Schema;
}

/** An operation as the OpenAPI document describes it. */
export interface Described {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { content: { 'application/json': { schema: Schema } } };
  responses: Record<string, unknown>;
}

/** What is sent. */
export interface Sent {
  path: string;
  fields?: unknown;
}

const text = fc.string({ unit: 'binary', maxLength: 40 });
const ofType: Readonly<Record<string, (schema: Schema) => fc.Arbitrary<unknown>>> = {
  string: ({ format }) =>
    format === 'date-time' ? fc.constantFrom('2026-12-31T23:59:59Z', '2026-02-30T00:00:00Z') : text,
  integer: ({ minimum, maximum }) => fc.integer({ min: minimum ?? -9, max: Math.min(maximum ?? 99, 99) }),
  number: () => fc.double(),
  boolean: () => fc.boolean(),
  null: () => fc.constant(null),
  array: ({ items = {} }) => fc.array(fitting(items), { maxLength: 3 }),
  object: ({ properties, required = [] }) =>
    properties
      ? fc.record(
          Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, fitting(inner)])),
          { requiredKeys: required },
        )
      : fc.dictionary(text, fc.jsonValue(), { maxKeys: 3 }),
};

/** What fits a schema, as far as this knows it. */
function fitting(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(fitting));
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if ('const' in schema) return fc.constant(schema.const);
  return ofType[schema.type ?? '']?.(schema) ?? fc.jsonValue();
}

/** What fits, and now and then anything. */
const nearly = (schema: Schema): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 4, arbitrary: fitting(schema) }, { weight: 1, arbitrary: fc.jsonValue() });

function bodyOf({ requestBody }: Described): fc.Arbitrary<unknown> {
  if (!requestBody) return fc.constant(undefined);
  const { properties = {}, required = [] } = requestBody.content['application/json'].schema;
  const fields = Object.entries(properties).map(([name, schema]) => [name, nearly(schema)] as const);
  const whole = fc.record(Object.fromEntries(fields), { requiredKeys: required });
  return fc.oneof({ weight: 6, arbitrary: whole }, { weight: 1, arbitrary: fc.jsonValue() });
}

/**
 * Calls of an operation that nearly fit what the document says of it.
 * @param known values that are there, by the name of the parameter
 */
export function callsOf(
  path: string,
  described: Described,
  known: Readonly<Record<string, string>>,
): fc.Arbitrary<Sent> {
  const named = (described.parameters ?? []).filter((parameter) => 'name' in parameter);
  const inPath = named.filter((one) => one.in === 'path');
  const segment = text.filter((one) => !['', '.', '..'].includes(one));
  const filled = inPath.map(({ name, schema }) => [
    name,
    fc.oneof(
      { weight: 4, arbitrary: known[name] ? fc.constant(known[name]) : fitting(schema) },
      { weight: 1, arbitrary: segment },
    ),
  ]);
  const asked = named.filter((one) => one.in === 'query').map(({ name, schema }) => [name, nearly(schema)]);
  return fc
    .record({
      places: fc.record(Object.fromEntries(filled) as Record<string, fc.Arbitrary<unknown>>),
      query: fc.record(Object.fromEntries(asked) as Record<string, fc.Arbitrary<unknown>>, {
        requiredKeys: [],
      }),
      fields: bodyOf(described),
    })
    .map(({ places, query, fields }) => {
      const whole = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
        encodeURIComponent(String(places[name]) || '-'),
      );
      const told = Object.entries(query).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]);
      const search = new URLSearchParams(told as [string, string][]).toString();
      return { path: search === '' ? whole : `${whole}?${search}`, fields };
    });
}
