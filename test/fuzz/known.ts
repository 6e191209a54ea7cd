type Json = Record<string, unknown>;

/** The document with things that are there among the values of its paths: otherwise nearly every call would find nothing. */
export function withKnown(document: Json, known: Readonly<Record<string, readonly string[]>>): Json {
  const paths = document.paths as Record<string, Record<string, { parameters?: Json[] }>>;
  const named = (parameter: Json): Json => {
    const values = parameter.in === 'path' ? known[String(parameter.name)] : undefined;
    const schema = parameter.schema as Json;
    return values ? { ...parameter, schema: { anyOf: [{ enum: values }, schema] } } : parameter;
  };
  const told = Object.entries(paths).map(([path, item]) => [
    path,
    Object.fromEntries(
      Object.entries(item).map(([method, operation]) => [
        method,
        operation.parameters ? { ...operation, parameters: operation.parameters.map(named) } : operation,
      ]),
    ),
  ]);
  return { ...document, paths: Object.fromEntries(told) };
}
