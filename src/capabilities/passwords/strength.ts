import type { Policy } from '../tenants/index.ts';

/** One broken rule with the value that applies (PWD-8). */
export type StrengthProblem =
  | { rule: 'too-short'; minimum: number }
  | { rule: 'too-long'; maximum: number }
  | { rule: 'no-digit' | 'no-letter' | 'no-special' | 'control-character' | 'blocked' | 'personal' }
  | { rule: 'reused'; historyCount: number };

/** What a new password is held against; `hasFactor`: the account has, or must set up before its first session, a second factor. */
export type PasswordRules = Pick<Policy['password'], 'strength' | 'minLength'> & { hasFactor: boolean };

/** For everybody, refused before any hashing (PWD-3, S2). */
export const MAX_PASSWORD_LENGTH = 1_024;

const DIGIT = /[0-9]/;
const LETTER = /\p{L}/u;
/** Exactly 33: the space and the 32 ASCII punctuation marks (PWD-2). */
const SPECIAL = /[ -/:-@[-`{-~]/;
const REFUSED = /[\p{Cc}\p{Cs}]/u;

/** NFC and nothing else: no trimming, no case folding, no truncation (PWD-3, D19). */
export function canonicalPassword(password: string): string {
  return password.normalize('NFC');
}

/** The fewest characters that a password may have. */
export function minimumLength({ strength, minLength, hasFactor }: PasswordRules): number {
  if (strength === 'very-strong') return Math.max(12, minLength);
  if (strength === 'length') return Math.max(hasFactor ? 8 : 15, minLength);
  return Math.max(8, minLength);
}

/** @returns every broken rule, in the order in which they are shown; none for an acceptable password */
export function strengthProblems(password: string, rules: PasswordRules): StrengthProblem[] {
  const text = canonicalPassword(password);
  const length = [...text].length;
  const minimum = minimumLength(rules);
  const composed = rules.strength !== 'length';
  const needsSpecial = rules.strength === 'strong' || rules.strength === 'very-strong';
  const problems: StrengthProblem[] = [];
  if (length < minimum) problems.push({ rule: 'too-short', minimum });
  if (length > MAX_PASSWORD_LENGTH) problems.push({ rule: 'too-long', maximum: MAX_PASSWORD_LENGTH });
  if (composed && !DIGIT.test(text)) problems.push({ rule: 'no-digit' });
  if (composed && !LETTER.test(text)) problems.push({ rule: 'no-letter' });
  if (needsSpecial && !SPECIAL.test(text)) problems.push({ rule: 'no-special' });
  if (REFUSED.test(text)) problems.push({ rule: 'control-character' });
  return problems;
}
