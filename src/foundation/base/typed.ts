/**
 * White space, and what a keyboard or a copy leaves unseen: format characters (zero-width space, byte order mark, marks of
 * direction), and the letters that are drawn as nothing (fillers of Hangul, the empty Braille pattern).
 */
const UNSEEN = '\\p{White_Space}\\p{Cf}\\u115f\\u1160\\u3164\\uffa0\\u2800';
const SEEN = new RegExp(`[^${UNSEEN}]`, 'u');

/** Minus signs beside the dashes (Pd), with the long vowel of Japanese keyboards, and the dots of keyboards and scripts. */
const MINUSES = '\\p{Pd}\\u2212\\u02d7\\u2043\\u2796\\u30fc';
const DOTS = '.\\u00b7\\u0387\\u06d4\\u16eb\\u2022\\u2027\\u2219\\u22c5\\u25e6\\u2e31\\u2e33\\u3002\\u30fb';
const BETWEEN = new RegExp(`[${UNSEEN}${MINUSES}${DOTS}]`, 'gu');

/** A name, an e-mail address or a client code without what is around it and not part of it. Passwords are read exactly. */
export function typedName(text: string): string {
  // From both ends by hand: an expression bound to the end would be tried at every place of a long text.
  const letters = [...text];
  const first = letters.findIndex((letter) => SEEN.test(letter));
  const last = letters.findLastIndex((letter) => SEEN.test(letter));
  return letters.slice(Math.max(first, 0), last + 1).join('');
}

/** The value of a decimal digit: every run of them in Unicode begins with a zero and holds whole tens. */
function digitValue(digit: string): string {
  const place = digit.codePointAt(0) ?? 0;
  let before = 0;
  while (/\p{Nd}/u.test(String.fromCodePoint(place - before - 1))) before += 1;
  return String(before % 10);
}

/** A code in plain characters: digits of every script as 0 to 9, full-width letters as plain ones, nothing between them. */
export function typedCode(text: string): string {
  return text
    .normalize('NFKC')
    .replace(BETWEEN, '')
    .replace(/\p{Nd}/gu, digitValue);
}
