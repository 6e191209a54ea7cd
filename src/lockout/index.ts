// lockout: how many attempts an account has left, and whether it is locked. One counter per kind of secret, one lock.
// Not here: verifying (passwords, second-factor), what the person is told (sign-in), the record of it (audit).
export { createLockout, type Lockout, type Subject } from './lockout.ts';
export { limitFor } from './policy.ts';
