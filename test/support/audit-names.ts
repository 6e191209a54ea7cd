import { type AuditEntry, type AuditKind, auditCatalogue } from '../../src/capabilities/audit/index.ts';
import { policyValues } from '../../src/capabilities/tenants/index.ts';
import type { Core } from '../../src/core/index.ts';
import { accountDependents } from '../../src/core/short-lived.ts';
import { isSallyportError } from '../../src/foundation/base/index.ts';
import { eachPage } from '../../src/foundation/stores/index.ts';

/** What `more` of the catalogue stands for. */
const MORE: Readonly<Record<string, ReadonlySet<string>>> = {
  'credential.event': new Set(accountDependents.map(({ name }) => name)),
  'policy.changed': new Set(policyValues.keys()),
  'policy.scheduled': new Set(policyValues.keys()),
};

/** The names in the detail of an entry that the catalogue does not give its type; the type itself, where it has none. */
export function unnamed({ type, detail }: Pick<AuditEntry, 'type' | 'detail'>): string[] {
  const kind = (auditCatalogue as Readonly<Record<string, AuditKind>>)[type];
  if (!kind) return [type];
  const isNamed = (name: string) =>
    kind.fields?.includes(name) || (kind.more !== undefined && MORE[type]?.has(name));
  return Object.keys(detail).flatMap((name) => (isNamed(name) ? [] : [`${type} ${name}`]));
}

/** The same of every entry that was written; none where the store was taken away. */
export async function unnamedInAudit({ audit }: Pick<Core, 'audit'>): Promise<string[]> {
  const found = new Set<string>();
  try {
    for await (const page of eachPage(({ after }) => audit.page(after, 500)))
      for (const name of page.flatMap(unnamed)) found.add(name);
  } catch (error) {
    if (!isSallyportError(error)) throw error;
  }
  return [...found];
}
