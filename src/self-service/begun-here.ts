import { fingerprint, newSecret, sameSecret } from '../base/index.ts';
import type { Person, PersonParts } from './person.ts';

type Parts = Pick<PersonParts, 'cookies'>;

/**
 * The mark of this browser, under which it keeps what it begins: set-ups, and codes that are to be read. It is set with the page
 * that asks for the password, as of two posts at once the browser may see only the answer to the second.
 */
export function markHere({ cookies }: Parts, { ctx }: Person): string {
  const value = cookies.begun.read(ctx) ?? newSecret();
  cookies.begun.set(ctx, value);
  return fingerprint(value);
}

/** Whether this very browser began it: a copied session cookie comes without the mark. */
export function isBegunHere({ cookies }: Parts, { ctx }: Person, mark: string | undefined): boolean {
  const value = cookies.begun.read(ctx);
  return value !== undefined && mark !== undefined && sameSecret(mark, fingerprint(value));
}
