import type { Tenants } from '../tenants/index.ts';
import type { Application } from './applications.ts';

/** What the ids of our own applications begin with; no other application's id may. */
export const BUILT_IN = 'sallyport-account';
/** Where they come back to, below the issuer. */
export const SIGNED_IN_PATH = '/account/signed-in';

const ID = /^sallyport-account(?:\.(?:(user)|agent\.([A-Z0-9-]{2,32})))?$/;

/** The id of the account pages: for anyone, by a tenant's user link, or by its agent link, which holds the folded client code (TEN-2). */
export function builtInId(link?: 'user' | { agent: string }): string {
  if (link === undefined) return BUILT_IN;
  return link === 'user' ? `${BUILT_IN}.user` : `${BUILT_IN}.agent.${link.agent}`;
}

/** The client code that an id of ours carries, whether anybody has it or not. */
export function builtInCode(id: string): string | undefined {
  return ID.exec(id)?.[2];
}

/**
 * The built-in first-party application behind a person's own pages (ADM-3). It is kept nowhere: its id says all. A client code
 * that no one has makes the same page as one that someone has (TEN-1).
 */
export async function builtInApplication(
  id: string,
  { tenants, issuer }: { tenants: Pick<Tenants, 'byClientCode'>; issuer: string },
): Promise<Application | undefined> {
  const found = ID.exec(id);
  if (!found) return undefined;
  const [, user, code] = found;
  const tenant = code === undefined ? undefined : await tenants.byClientCode(code);
  const tenantId = code === undefined ? null : (tenant?.id ?? `nobody:${code}`);
  return {
    id,
    kind: 'spa',
    name: 'your account',
    redirectUris: [`${issuer}${SIGNED_IN_PATH}`],
    postLogoutRedirectUris: [],
    secretHashes: [],
    population: code !== undefined ? 'agent' : user === undefined ? 'any' : 'user',
    tenantId,
    tenantKey: tenantId ?? '',
    isFirstParty: true,
    audience: null,
    scopes: [],
    createdAt: 0,
  };
}
