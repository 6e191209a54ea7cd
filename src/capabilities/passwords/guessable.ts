import type { Policy } from '../tenants/index.ts';

/** Whose password it is: what must not be in it. */
export interface PersonalData {
  name?: string | null | undefined;
  userName: string;
  email?: string | null | undefined;
  clientCode: string;
}

const PART_LENGTH = 4;

/** Compared without case and width. */
function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

/** Without the digits and symbols that people put around a word. */
function core(text: string): string {
  return text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
}

let known: Promise<ReadonlySet<string>> | undefined;

/** Nearly fifty thousand common and breached passwords, loaded at the first password that is held against them. */
function commonPasswords(): Promise<ReadonlySet<string>> {
  known ??= import('@zxcvbn-ts/language-common').then(
    ({ dictionary }) => new Set(dictionary['passwords-common'].map((word) => folded(String(word)))),
  );
  return known;
}

/** Whether a password, whole or without what stands around its word, is a common one or one of the tenant's words (S5, PWD-13). */
export async function isBlocked(password: string, policy: Policy): Promise<boolean> {
  const { blockList, blockedWords } = policy.password;
  const whole = folded(password);
  const candidates = [whole, core(whole)].filter((text) => text !== '');
  const words = new Set(blockedWords.map(folded));
  if (candidates.some((text) => words.has(text))) return true;
  if (!blockList) return false;
  const common = await commonPasswords();
  return candidates.some((text) => common.has(text));
}

function wordsOf(texts: readonly (string | null | undefined)[]): string[] {
  return texts.flatMap((text) => folded(text ?? '').split(/[^\p{L}\p{N}]+/u));
}

/**
 * Every run of four characters of the words that are the person's own, and the longer labels of the mail domain as a whole:
 * that one is shared by the site, and its runs are in too many common words.
 */
function fragmentsOf({ name, userName, email, clientCode }: PersonalData): Set<string> {
  const [mailbox, domain] = (email ?? '').split('@');
  const fragments = new Set(wordsOf([domain]).filter((label) => label.length >= PART_LENGTH));
  for (const word of wordsOf([name, userName, mailbox, clientCode])) {
    const characters = [...word];
    for (let i = 0; i + PART_LENGTH <= characters.length; i++)
      fragments.add(characters.slice(i, i + PART_LENGTH).join(''));
  }
  return fragments;
}

/** Whether a password holds a part of 4 or more characters of name, user name, e-mail or client code (PWD-13). */
export function holdsPersonalData(password: string, person: PersonalData): boolean {
  const text = folded(password);
  for (const fragment of fragmentsOf(person)) if (text.includes(fragment)) return true;
  return false;
}
