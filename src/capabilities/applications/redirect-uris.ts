import { type Refused, refuse } from '../../foundation/base/index.ts';
import type { ApplicationKind } from './applications.ts';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
/** A private-use scheme has a dot, as it is a domain name read backwards (RFC 8252, section 7.1). */
const PRIVATE_SCHEME = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/;

/**
 * What is wrong with an address to be registered. Later requests are matched with it as exact text (S65).
 */
export function redirectUriProblem(uri: string, kind: ApplicationKind): Refused | undefined {
  if (!URL.canParse(uri)) return refuse('uri_not_absolute', { uri });
  const { protocol, hostname, hash, username, password } = new URL(uri);
  if (hash !== '' || uri.includes('#')) return refuse('uri_has_fragment', { uri });
  if (uri.includes('*')) return refuse('uri_has_wildcard', { uri });
  if (username !== '' || password !== '') return refuse('uri_names_user', { uri });
  if (protocol === 'https:') return undefined;
  if (protocol === 'http:') return LOOPBACK.has(hostname) ? undefined : refuse('uri_not_https', { uri });
  if (kind === 'native' && PRIVATE_SCHEME.test(protocol)) return undefined;
  return refuse('uri_scheme', { uri });
}

/**
 * What is wrong with an address that is to hear of logouts (Back-Channel Logout 1.0, section 2.2) or of events. Which hosts are asked is
 * decided when they are: names move.
 */
export function logoutUriProblem(uri: string): Refused | undefined {
  if (!URL.canParse(uri)) return refuse('uri_not_absolute', { uri });
  const { protocol, username, password } = new URL(uri);
  if (uri.includes('#')) return refuse('uri_has_fragment', { uri });
  if (username !== '' || password !== '') return refuse('uri_names_user', { uri });
  return protocol === 'https:' || protocol === 'http:' ? undefined : refuse('uri_not_https', { uri });
}

/** The origin of a web address; a private-use scheme has none: its origin reads `null`, as that of a sandboxed page does (X13). */
export function webOrigin(uri: string): string | undefined {
  const { protocol, origin } = new URL(uri);
  return protocol === 'https:' || protocol === 'http:' ? origin : undefined;
}
