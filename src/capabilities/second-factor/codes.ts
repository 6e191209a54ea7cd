import { randomText, typedCode } from '../../foundation/base/index.ts';

/** RFC 4648, section 6: no 0, 1, 8 or 9 that could be read as a letter. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const GROUP = 4;
const DIGITS = 6;
/** 40 bits: for half an hour, behind a limit of tries. */
const LOGIN_CODE_LENGTH = 8;
/** 80 bits (S37). */
const RECOVERY_CODE_LENGTH = 16;
/** Longer than any code together with what someone put between its characters. */
const MAX_TYPED = 64;

/** What a person typed, told apart by its shape: six digits are of an app or a mail. */
export interface TypedCode {
  kind: 'digits' | 'login' | 'recovery';
  /** In plain characters, without what was between them, in capitals. */
  code: string;
}

/**
 * Reads what was typed into the one field for codes: what phones put between its characters falls away, digits of every script
 * and full-width letters read as plain ones, and 0, 1 and 8 as the letters that they are taken for.
 * @returns undefined when it has the shape of no code
 */
export function readTyped(typed: string): TypedCode | undefined {
  if (typed.length > MAX_TYPED) return undefined;
  const text = typedCode(typed);
  if (/^[0-9]{6}$/.test(text)) return { kind: 'digits', code: text };
  // Before capitals are made: those of some letters are others, as of ß and ı.
  if (!/^[A-Za-z0-9]+$/.test(text)) return undefined;
  const code = text.toUpperCase().replaceAll('0', 'O').replaceAll('1', 'I').replaceAll('8', 'B');
  if (!/^[A-Z2-7]+$/.test(code)) return undefined;
  if (code.length === LOGIN_CODE_LENGTH) return { kind: 'login', code };
  return code.length === RECOVERY_CODE_LENGTH ? { kind: 'recovery', code } : undefined;
}

/** `XXXX-XXXX…`, as people read and type it. */
export function grouped(code: string): string {
  return (code.match(new RegExp(`.{1,${GROUP}}`, 'g')) ?? []).join('-');
}

export function newRecoveryCode(): string {
  return randomText(ALPHABET, RECOVERY_CODE_LENGTH);
}

export function newLoginCode(): string {
  return randomText(ALPHABET, LOGIN_CODE_LENGTH);
}

export function newMailedCode(): string {
  return randomText('0123456789', DIGITS);
}

/** An address as the page may show it to anyone who knows the password: `a•••@site.example`. */
export function maskedAddress(email: string): string {
  const at = email.lastIndexOf('@');
  return `${[...email][0] ?? ''}•••${email.slice(at)}`;
}
