import type { Application } from './applications.ts';
import { webOrigin } from './redirect-uris.ts';

/** The scope of tokens for the admin API: everything that the person may do themselves, never more (ADM-1). */
export const ADMIN_SCOPE = 'admin';

/** Whether tokens for the admin API are made for an application: a machine with a role, or a tool that may ask people for it. */
export function mayAdminister({ kind, role = null, scopes }: Application): boolean {
  return kind === 'machine' ? role !== null : scopes.includes(ADMIN_SCOPE);
}

/** The origins of the pages that may call the admin API. */
export function adminOrigins(application: Application): string[] {
  if (!mayAdminister(application)) return [];
  return application.redirectUris.flatMap((uri) => webOrigin(uri) ?? []);
}
