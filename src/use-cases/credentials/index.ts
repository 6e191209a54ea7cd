// credentials: a person's own proof or change of a credential through every door: what is asked and counted, what ends, who is told.
// Not here: setting one for another person (administration), pages (sign-in, self-service, recovery), the rules.
export type { BindingClaimant, Proofs } from './binding-rules.ts';
export type { Claimant } from './claimant.ts';
export { createFactorProofs, type FactorProofs, type ProvedFactor } from './factor-proofs.ts';
export { type Binding, type Bound, createOwnFactors, type OwnFactors } from './own-factors.ts';
export { createOwnPassword, type OwnPassword, type Refusal } from './own-password.ts';
export { createPasswordProofs, type Named, type PasswordProofs } from './password-proofs.ts';
export { type FactorRefusal, type TypedFactor, typedFactor } from './typed-factor.ts';
