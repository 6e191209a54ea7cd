import type { AdapterPayload } from 'oidc-provider';
import { fingerprint, type Vault } from '../../foundation/base/index.ts';

/** Born in another generation of the store, these are refused: what was spent may have been forgotten (P6). */
export const bornInOneGeneration: ReadonlySet<string> = new Set([
  'Interaction',
  'AuthorizationCode',
  'ReplayDetection',
]);

/**
 * The name of a record in the store. Ids that a browser or application carries as a secret are hashed, so that a copy of
 * the store opens nothing (S52, S79); a grant's id is no secret and is looked up from other records.
 */
export function recordId(kind: string, id: string): string {
  return kind === 'Grant' ? id : fingerprint(id);
}

/** What is stored of a payload: without the id that is the secret, and with the session cookie of an interaction sealed. */
export function toStored(payload: AdapterPayload, vault: Vault): string {
  const { jti: _, ...rest } = payload;
  const cookie = rest.session?.cookie;
  if (rest.session && cookie)
    rest.session = { ...rest.session, cookie: vault.seal(cookie, 'interaction-cookie') };
  return JSON.stringify(rest);
}

export function fromStored(
  id: string,
  value: string,
  claimedAt: number | undefined,
  vault: Vault,
): AdapterPayload {
  const payload = JSON.parse(value) as AdapterPayload;
  const cookie = payload.session?.cookie;
  if (payload.session && cookie)
    payload.session = { ...payload.session, cookie: vault.open(cookie, 'interaction-cookie') };
  return { ...payload, jti: id, ...(claimedAt === undefined ? {} : { consumed: claimedAt }) };
}
