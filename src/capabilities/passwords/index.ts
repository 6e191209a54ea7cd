// passwords: strength, what is easily guessed, history, expiry, links under which one is set, hashing behind its gate, verifying.
// Not here: how many tries are left (lockout), which page comes next (sign-in), what a change ends (sessions).
export { daysToWarnOf, daysUntil, type PasswordState, passwordExpiresAt, passwordState } from './expiry.ts';
export type { PersonalData } from './guessable.ts';
export { createHasher, type Hasher } from './hasher.ts';
export { accountOfToken, isLiveLink, LINK_SECONDS, newLink, renewedLink } from './links.ts';
export { createPasswords, type NewPassword, type Passwords, type PasswordVerdict } from './passwords.ts';
export {
  canonicalPassword,
  MAX_PASSWORD_LENGTH,
  minimumLength,
  type PasswordRules,
  type StrengthProblem,
  strengthProblems,
} from './strength.ts';
