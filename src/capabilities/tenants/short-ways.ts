import { policyValues } from './policy-schema.ts';

const BOTH = ['user', 'agent'];
const RECOVERY_CODES = 10;

const populations = (value: unknown) => (value === true ? BOTH : value === false ? [] : value);

/** What people may write at a path in place of its value; the schema itself knows one way for each. */
const SHORT_WAYS: Readonly<Record<string, (value: unknown) => unknown>> = {
  'secondFactor.populations': populations,
  'signIn.caseSensitiveNames': populations,
  'secondFactor.recoveryCodes': (value) => (value === true ? RECOVERY_CODES : value === false ? null : value),
  'signIn.networks': (value) => (Array.isArray(value) ? { user: value, agent: value } : value),
};

function longValue(path: string, value: unknown): unknown {
  if (value === 'off' && policyValues.get(path)?.safeParse(null).success) return null;
  const lengthen = SHORT_WAYS[path];
  return lengthen ? lengthen(value) : value;
}

/**
 * A value as the schema has it, where people wrote it in a short way: `off` for null, true for both populations, one list of networks
 * for both. Anything else stays what it is.
 * @param path of one value, of a group, or empty for a whole policy
 */
export function writtenOut(path: string, value: unknown): unknown {
  if (policyValues.has(path)) return longValue(path, value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, writtenOut(path ? `${path}.${name}` : name, inner)]),
  );
}

/** The same for values by path. */
export function valuesWrittenOut(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([path, value]) => [path, writtenOut(path, value)]));
}
