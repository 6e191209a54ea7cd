import type { ApplicationKind } from './applications.ts';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
/** A private-use scheme has a dot, as it is a domain name read backwards (RFC 8252, section 7.1). */
const PRIVATE_SCHEME = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/;

/**
 * What is wrong with an address to be registered. Later requests are matched with it as exact text (S65).
 * @returns a sentence, or undefined
 */
export function redirectUriProblem(uri: string, kind: ApplicationKind): string | undefined {
  if (!URL.canParse(uri)) return `${uri} is not an absolute URI`;
  const { protocol, hostname, hash, username, password } = new URL(uri);
  if (hash !== '' || uri.includes('#')) return `${uri} must not have a fragment`;
  if (uri.includes('*')) return `${uri} must be exact: there are no wildcards`;
  if (username !== '' || password !== '') return `${uri} must not name a user`;
  if (protocol === 'https:') return undefined;
  if (protocol === 'http:')
    return LOOPBACK.has(hostname) ? undefined : `${uri} must be https: http is for loopback only`;
  if (kind === 'native' && PRIVATE_SCHEME.test(protocol)) return undefined;
  return `${uri} has a scheme that is not accepted`;
}

/**
 * What is wrong with an address that is to hear of logouts (Back-Channel Logout 1.0, section 2.2). Which hosts are asked is
 * decided when they are: names move.
 * @returns a sentence, or undefined
 */
export function logoutUriProblem(uri: string): string | undefined {
  if (!URL.canParse(uri)) return `${uri} is not an absolute URI`;
  const { protocol, username, password } = new URL(uri);
  if (uri.includes('#')) return `${uri} must not have a fragment`;
  if (username !== '' || password !== '') return `${uri} must not name a user`;
  return protocol === 'https:' || protocol === 'http:' ? undefined : `${uri} must be https`;
}
