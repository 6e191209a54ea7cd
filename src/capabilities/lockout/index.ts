// lockout: how many attempts an account has left, whether it is locked or waits, and the budgets of networks and mails.
// Not here: verifying (passwords, second-factor), what the person is told (sign-in), the record of it (audit).
export { type Budgets, createBudgets } from './budgets.ts';
export { type GuessParts, guess, type TryReason } from './guess.ts';
export { createKnownBrowsers, type KnownBrowsers } from './known-browsers.ts';
export { createLockout, type Lockout, type Subject, withStrangersAdmitted } from './lockout.ts';
export type { BrowserClass, GuessKind } from './policy.ts';
