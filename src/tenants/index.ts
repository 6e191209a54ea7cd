// tenants: customer sites and the policy of each, presets included.
// Not here: people (accounts), what a rule of the policy does (passwords, lockout, second-factor).
export { type Policy, parsePolicy, policySchema } from './policy.ts';
export { loadPreset, presetNames } from './presets.ts';
export { createTenants, type Tenant, type Tenants } from './tenants.ts';
