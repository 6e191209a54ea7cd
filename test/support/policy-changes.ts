import type { Tenant } from '../../src/capabilities/tenants/index.ts';
import { type Actor, operations } from '../../src/use-cases/administration/index.ts';
import { attempt, OPERATOR } from './administration.ts';
import type { StartedApp } from './app.ts';

export const changeIs = (state: 'changed' | 'unchanged' | 'scheduled') => ({ output: { state } });
export const isRefused = (code: string, values: object = {}) => ({ refused: { code, values } });

/** What administrators do with the policies of a server. */
export function policiesOn(server: StartedApp) {
  /** Sets values as the operator, unless told otherwise, who looked at the revision of `tenant`. */
  const change = (
    tenant: Tenant,
    values: Record<string, unknown>,
    more: { actor?: Actor; expectedRevision?: number; rollout?: object } = {},
  ) =>
    attempt(
      server,
      operations.policy.set,
      tenant,
      { values, reason: 'a test', revision: more.expectedRevision ?? tenant.revision.n, ...more.rollout },
      more.actor ?? OPERATOR,
    );

  /** The tenant as it is stored now. */
  const reread = async ({ id }: Tenant): Promise<Tenant> => {
    const found = await server.core.tenants.byId(id);
    if (!found) throw new Error('the tenant is gone');
    return found;
  };

  return { change, reread };
}
