// administration: what administrators do to accounts and policies, each action with its record and with all that it ends.
// Not here: who may do it (the doors ask), the rules themselves (tenants, passwords, lockout), pages and commands.

export type { Administration } from './administration.ts';
export { createAdministration } from './administration.ts';
export type { ActivationSlip, FactorStatus } from './factors.ts';
export type { Actor, PasswordOutcome } from './passwords.ts';
export { type PolicyPreview, previewChange } from './preview.ts';
export type { Explanation } from './why.ts';
