import { type Policy, policySchema, policyValues } from './policy-schema.ts';

/** The form of a policy document. One that says a greater number was written by a newer version. */
const POLICY_VERSION = 1;

export interface PolicyMistake {
  /** Dotted, such as `lockout.user`. */
  path: string;
  message: string;
}

/** A change of one value. */
export interface PolicyDifference {
  path: string;
  before: unknown;
  after: unknown;
}

/** Every path that a policy knows, in the order of the reference. */
export const policyPaths: readonly string[] = [...policyValues.keys()];

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function newerVersion(version: unknown): PolicyMistake[] {
  if (version === undefined || version === POLICY_VERSION) return [];
  const isNewer = typeof version === 'number' && version > POLICY_VERSION;
  const message = isNewer
    ? `this policy was written by a newer version of Sallyport (${version}; this one knows ${POLICY_VERSION})`
    : `must be ${POLICY_VERSION}`;
  return [{ path: 'version', message }];
}

/**
 * Reads a policy, filling in defaults. A `version` beside the values says in which form it was written.
 * @returns the policy, or every mistake at once, by path (TEN-4)
 */
export function parsePolicy(document: unknown): { policy: Policy } | { mistakes: PolicyMistake[] } {
  const { version, ...values } = isRecord(document) ? document : { version: undefined };
  // A newer form may mean other things by the same names: nothing else is said of it.
  const tooNew = newerVersion(version);
  if (tooNew.length > 0) return { mistakes: tooNew };
  const parsed = policySchema.safeParse(isRecord(document) ? values : document);
  if (parsed.success) return { policy: parsed.data };
  const mistakes = parsed.error.issues.flatMap((issue): PolicyMistake[] => {
    const path = issue.path.map(String);
    if (issue.code !== 'unrecognized_keys') return [{ path: path.join('.'), message: issue.message }];
    return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'there is no such value' }));
  });
  // One sentence a value, however many of its limits it breaks.
  return { mistakes: mistakes.filter(({ path }, i) => mistakes.findIndex((m) => m.path === path) === i) };
}

/** The value at a path of `policyPaths`. */
export function valueAt(policy: Policy, path: string): unknown {
  let at: unknown = policy;
  for (const name of path.split('.')) at = isRecord(at) ? at[name] : undefined;
  return at;
}

/** The policy as a document with other values at some paths, unchecked: `parsePolicy` says what is wrong with it. */
export function withValues(
  policy: Policy,
  changes: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const document = structuredClone(policy) as Record<string, unknown>;
  for (const [path, value] of Object.entries(changes)) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    let at = document;
    for (const name of names) {
      // Only own properties: a path such as `__proto__.x` names nothing (S82).
      if (!Object.hasOwn(at, name) || !isRecord(at[name])) Object.defineProperty(at, name, own({}));
      at = at[name] as Record<string, unknown>;
    }
    Object.defineProperty(at, last, own(value));
  }
  return document;
}

function own(value: unknown): PropertyDescriptor {
  return { value, enumerable: true, writable: true, configurable: true };
}

/** What differs between two policies, in the order of the reference. */
export function differences(before: Policy, after: Policy): PolicyDifference[] {
  return policyPaths
    .map((path) => ({ path, before: valueAt(before, path), after: valueAt(after, path) }))
    .filter((d) => JSON.stringify(d.before) !== JSON.stringify(d.after));
}

/** How many days a browser may skip the code; 0: never, as where desks are shared (MFA-13, MFA-17). */
export function trustDaysOf({ secondFactor, session }: Policy): number {
  const { trustDays } = secondFactor;
  return typeof trustDays === 'number' && !session.sharedDesk ? trustDays : 0;
}

/** Whether the session goes when the browser closes, and no token outlives it (SGN-4, MFA-17). */
export function endsWithBrowser({ session }: Policy): boolean {
  return session.endsWithBrowser || session.sharedDesk;
}
