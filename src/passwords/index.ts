// passwords: strength, history, hashing behind its gate, verifying.
// Not here: how many tries are left (lockout), which page comes next (sign-in), what a change ends (sessions).
export { createHasher, type Hasher } from './hasher.ts';
export { createPasswords, type Passwords } from './passwords.ts';
export {
  canonicalPassword,
  MAX_PASSWORD_LENGTH,
  type PasswordRules,
  type StrengthProblem,
  strengthProblems,
} from './strength.ts';
