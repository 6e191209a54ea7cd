import { type Refused, refuse, typedName } from '../../foundation/base/index.ts';

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
export function nameProblem(name: string): Refused | undefined {
  if (foldName(name) === '') return refuse('user_name_empty');
  if ([...name].length > 128) return refuse('user_name_too_long');
  if (FORBIDDEN.test(name)) return refuse('user_name_untypable');
  return undefined;
}

/** One address of a mailbox, as mail servers take it; nothing that could add a header (RFC 5321, section 4.1.2). */
const EMAIL = /^[^\s\p{Cc}<>(),;:"\\@]{1,64}@[^\s\p{Cc}<>(),;:"\\@]+\.[^\s\p{Cc}<>(),;:"\\@.]+$/u;

/** @returns what is wrong with a new e-mail address, or undefined */
export function emailProblem(email: string): Refused | undefined {
  return email.length <= 254 && EMAIL.test(email) ? undefined : refuse('email_invalid', { email });
}
