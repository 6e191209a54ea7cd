// tenants: customer sites and the policy of each: its schema, presets, revisions, and changes now or at a set time.
// Not here: people (accounts), what a rule of the policy does (passwords, lockout, second-factor), what a change would do to whom (administration).
export {
  type ChangeOutcome,
  type PolicyChange,
  type Rollout,
  spreadAfter,
  trustCutsAfter,
} from './changes.ts';
export {
  differences,
  endsWithBrowser,
  type PolicyDifference,
  type PolicyMistake,
  parsePolicy,
  policyPaths,
  trustDaysOf,
  valueAt,
  withValues,
} from './policy.ts';
export { type Policy, policySchema, policyValues } from './policy-schema.ts';
export { loadPreset, presetNames } from './presets.ts';
export type { Deadline, PolicyRevision, ScheduledChange, Spread } from './revisions.ts';
export { writtenOut } from './short-ways.ts';
export { isOutside } from './sign-in-networks.ts';
export { createStrangersRules } from './strangers.ts';
export {
  codeKey,
  createTenants,
  givePolicyRevisions,
  giveTenantsNumbers,
  type NewTenant,
  type Tenant,
  type TenantRoles,
  type Tenants,
} from './tenants.ts';
