import { SallyportError } from '../../foundation/base/index.ts';

/** A version of what an operation acts on, as an entity tag (RFC 9110, section 8.8.3). */
export function tagOf(version: number): string {
  return `"${version}"`;
}

const TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;

/**
 * The versions that an `If-Match` names; a weak tag matches none (RFC 9110, section 13.1.1).
 * @returns undefined where it names none: `*` is met by everything that is there
 * @throws SallyportError `bad_request` for what is no list of tags
 */
export function versionsOf(header: string | undefined): number[] | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  const tags = header.split(',').map((tag) => tag.trim());
  if (!tags.every((tag) => TAG.test(tag)))
    throw new SallyportError('bad_request', 'if-match', { said: 'If-Match is no list of entity tags.' });
  return tags.flatMap((tag) => /^"(\d{1,15})"$/.exec(tag)?.[1] ?? []).map(Number);
}
