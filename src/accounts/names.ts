import { typedName } from '../base/index.ts';

/** Control characters and lone surrogates have no place in a name. */
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Cn}]/u;

/**
 * The skeleton by which stored names are told apart: NFKC, case folded, white space run together. Names with one skeleton never
 * coexist and share one counter (ACC-2, S19; CVE-2026-47203).
 */
export function skeleton(name: string): string {
  return name.normalize('NFKC').trim().replace(/\s+/gu, ' ').toUpperCase().toLowerCase().normalize('NFKC');
}

/** What a typed name is looked up and counted by: its skeleton, without what is around it and not part of it. */
export function foldName(typed: string): string {
  return skeleton(typedName(typed));
}

/** @returns what is wrong with a new name, or undefined */
export function nameProblem(name: string): string | undefined {
  if (foldName(name) === '') return 'the user name is empty';
  if ([...name].length > 128) return 'the user name is longer than 128 characters';
  if (FORBIDDEN.test(name)) return 'the user name holds a character that cannot be typed';
  return undefined;
}

/** One address of a mailbox, as mail servers take it; nothing that could add a header (RFC 5321, section 4.1.2). */
const EMAIL = /^[^\s\p{Cc}<>(),;:"\\@]{1,64}@[^\s\p{Cc}<>(),;:"\\@]+\.[^\s\p{Cc}<>(),;:"\\@.]+$/u;

/** @returns what is wrong with a new e-mail address, or undefined */
export function emailProblem(email: string): string | undefined {
  return email.length <= 254 && EMAIL.test(email) ? undefined : 'the e-mail address is not one';
}
