import { type Actor, actorOf, machineOf, operatorAs } from '../authority.ts';
import type { AdministrationParts } from '../parts.ts';

/** Who asked, as it is kept until the operation runs: what they may do is asked again then. */
export type Asker = Pick<Actor, 'by' | 'home' | 'isOperator' | 'signedInAt' | 'address' | 'browser'>;

export function askerOf({ by, home, isOperator, signedInAt, address, browser }: Actor): Asker {
  return {
    by,
    home,
    isOperator,
    signedInAt,
    ...(address ? { address } : {}),
    ...(browser ? { browser } : {}),
  };
}

/**
 * The actor with what they hold now: nothing, where the account is gone or could not use a session any more, or where the
 * application is gone.
 */
export async function actorNow(
  parts: Pick<AdministrationParts, 'accounts' | 'tenants' | 'applications' | 'isUsable'>,
  asker: Asker,
): Promise<Actor> {
  const { accounts, tenants, applications, isUsable } = parts;
  const { by, home, isOperator, signedInAt, ...seen } = asker;
  const nothing: Actor = { ...asker, grants: [], isOperator: false };
  if (home === null) return isOperator ? operatorAs(by) : nothing;
  const tenant = await tenants.byId(home.tenantId);
  if (home.accountId === '') {
    const machine = await applications.byId(by);
    return tenant && machine?.tenantId === tenant.id ? { ...machineOf(machine, tenant), ...seen } : nothing;
  }
  const account = (await accounts.byId(home.accountId))?.doc;
  if (!account || !tenant || account.tenantId !== tenant.id || !isUsable(account, tenant)) return nothing;
  return { ...actorOf(account, tenant, signedInAt ?? 0), ...seen };
}
