/**
 * What a terminal acts on or does not show: controls (C0, C1, DEL), format characters (bidirectional, zero-width, tags), line
 * separators, halves of pairs, and what is invisible by default. Variation selectors only choose a picture, and stay.
 */
const HIDDEN = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{DI}]--[\u{FE00}-\u{FE0F}\u{E0100}-\u{E01EF}]]/gv;

function escaped(text: string): string {
  return Array.from(text)
    .flatMap((character) => character.split(''))
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

/** One line with each hidden character as \uXXXX. JSON stays equal when it is parsed, as the escape is its own. */
export function visible(line: string): string {
  return line.replace(HIDDEN, escaped);
}

/** Text of our own making in several lines: only its line ends act. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}

const MARK = /\p{Mn}|\p{Me}/v;
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303E\uFF01-\uFF60\uFFE0-\uFFE6]/v;

/** How many columns of a terminal a visible text takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) if (!MARK.test(character)) width += WIDE.test(character) ? 2 : 1;
  return width;
}
