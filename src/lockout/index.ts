// lockout: how many attempts an account has left, and whether it is locked. One counter per kind of secret, one lock.
// Not here: verifying (passwords, second-factor), what the person is told (sign-in), the record of it (audit).
export { createLockout, type Lockout, type Subject, type Turn } from './lockout.ts';
export { type AttemptKind, counterKey, isFull, limitFor, SHADOW_SECONDS } from './policy.ts';
