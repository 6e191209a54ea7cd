import type { Policy } from '../../src/capabilities/tenants/index.ts';

type Section = {
  [Name in keyof Policy]: Policy[Name] extends readonly unknown[]
    ? never
    : Policy[Name] extends object
      ? Name
      : never;
}[keyof Policy];

/** A policy with these values in the place of its own. @param changes by section, such as `{ lockout: { user: 2 } }` */
export function policyWith(
  changes: {
    [Name in Section]?: Partial<Policy[Name]>;
  },
): (policy: Policy) => Policy {
  return (policy) => ({
    ...policy,
    ...Object.fromEntries(
      Object.entries(changes).map(([name, values]) => [name, { ...policy[name as Section], ...values }]),
    ),
  });
}
