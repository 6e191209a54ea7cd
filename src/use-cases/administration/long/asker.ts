import { loadMember } from '../../../capabilities/credential-events/index.ts';
import { type Actor, actorOf, machineId, machineOf, operatorAs } from '../authority.ts';
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
  const { tenants, applications, isUsable } = parts;
  const { by, home, isOperator, signedInAt, ...seen } = asker;
  const nothing: Actor = { ...asker, grants: [], isOperator: false };
  if (home === null) return isOperator ? operatorAs(by) : nothing;
  if (home.accountId === '') {
    const tenant = await tenants.byId(home.tenantId);
    const machine = await applications.byId(machineId(asker) ?? '');
    return tenant && machine?.tenantId === tenant.id ? { ...machineOf(machine, tenant), ...seen } : nothing;
  }
  const member = await loadMember(parts, home.accountId);
  if (member?.tenant.id !== home.tenantId || !isUsable(member)) return nothing;
  return { ...actorOf(member, signedInAt ?? 0), ...seen };
}
