import { memberOf } from '../../capabilities/credential-events/index.ts';
import { type Refused, refuse } from '../../foundation/base/index.ts';
import type { Condition } from '../../foundation/stores/index.ts';
import {
  type Actor,
  type Extent,
  extentOf,
  FRESH_SECONDS,
  isFresh,
  machineOutranks,
  mayAct,
  outranks,
  type Reached,
  reachedBy,
  sees,
} from './authority.ts';
import type { AnyOperation, Places, TargetKind, Targets } from './operation.ts';
import type { AdministrationParts } from './parts.ts';

/** What of a loaded target the checks and the audit read. */
export interface Loaded {
  tenant?: Targets['account']['tenant'] | undefined;
  account?: Targets['account']['account'];
  epoch?: Targets['account']['epoch'];
  application?: Targets['application']['application'];
  started?: Targets['operation']['started'];
}

/** A place as any operation may be given it. */
export interface Place {
  tenant?: string;
  account?: string;
  population?: string;
  userName?: string;
  application?: string;
  operation?: string;
}

function notFound(what: string, name: string): Refused {
  return refuse('not_found', { what, name });
}

/**
 * The answer for actors who must not learn what exists: the same whether something is missing or out of reach, and
 * made only of what they typed (TEN-1).
 */
export function outOfReach(
  on: TargetKind,
  { account, userName, application, operation, tenant }: Place,
): Refused {
  return notFound(
    on === 'area' ? 'tenant' : on,
    account ?? userName ?? application ?? operation ?? tenant ?? '',
  );
}

export function reachedOf({ tenant, account, application, started }: Loaded): Reached {
  if (account) return reachedBy(account);
  return { tenantId: tenant?.id ?? application?.tenantId ?? (started?.tenantId || null) };
}

/** A person knows their own tenant, even if they may do nothing there. */
function isOwnTenant(on: TargetKind, { tenant }: Loaded, { home }: Actor): boolean {
  return (on === 'tenant' || on === 'area') && tenant !== undefined && tenant.id === home?.tenantId;
}

/** Where no tenant is named: the installation for who reaches it with the permission, and for others their own tenant. */
export function areaOf({ permission }: Pick<AnyOperation, 'permission'>, actor: Actor): Place {
  const reachesAll = permission !== 'per-record' && mayAct(actor, permission, { tenantId: null });
  return reachesAll || !actor.home ? {} : { tenant: actor.home.tenantId };
}

/** Which accounts of the tenant the actor reaches with the permission. */
export function extentIn(
  { permission }: Pick<AnyOperation, 'permission'>,
  { tenant }: Loaded,
  actor: Actor,
): Extent {
  return (tenant && permission !== 'per-record' && extentOf(actor, permission, tenant.id)) || {};
}

/** People see what they asked for, even if they hold nothing any more. */
function hasAsked({ started }: Loaded, { by }: Actor): boolean {
  return started !== undefined && started.by === by;
}

/** Whether the actor may know of the target. */
export function knows(on: TargetKind, target: Loaded, actor: Actor): boolean {
  return isOwnTenant(on, target, actor) || hasAsked(target, actor) || sees(actor, reachedOf(target));
}

/** Loads what the place names, without asking what the actor may know of it. */
export async function load(
  { accounts, tenants, applications, longOperations }: AdministrationParts,
  on: TargetKind,
  place: Place,
): Promise<Loaded | Refused> {
  const { tenant: code = '', account: accountId, population, userName = '' } = place;
  if (on === 'installation' || (on === 'area' && place.tenant === undefined)) return {};
  if (on === 'operation') {
    const { operation: id = '' } = place;
    const started = await longOperations.byId(id);
    return started ? { started } : notFound('operation', id);
  }
  if (on === 'application') {
    const { application: id = '' } = place;
    const application = await applications.byId(id);
    if (!application) return notFound('application', id);
    const tenant = application.tenantId === null ? undefined : await tenants.byId(application.tenantId);
    return { application, tenant };
  }
  const tenant = (await tenants.byClientCode(code)) ?? (await tenants.byId(code));
  if (!tenant || on === 'tenant' || on === 'area') return tenant ? { tenant } : notFound('tenant', code);
  const account =
    accountId === undefined
      ? await accounts.identified(tenant.id, population === 'agent' ? 'agent' : 'user', userName, 'either')
      : (await accounts.byId(accountId))?.doc;
  const name = accountId ?? userName;
  return account?.tenantId === tenant.id
    ? memberOf(account, tenant)
    : notFound(population ?? 'account', name);
}

/** The place of a loaded target by ids, which stay when names change. */
export function placeOf<On extends TargetKind>({
  tenant,
  account,
  application,
  started,
}: Loaded): Places[On] {
  const place: Place = {
    ...(tenant ? { tenant: tenant.id } : {}),
    ...(account ? { account: account.id } : {}),
    ...(application ? { application: application.id } : {}),
    ...(started ? { operation: started.id } : {}),
  };
  return place as Places[On];
}

/** The document that a target is, for its version. */
export function documentOf(
  on: TargetKind,
  { account, tenant, application }: Loaded,
): Pick<Condition, 'collection' | 'id'> | undefined {
  if (on === 'account' && account) return { collection: 'accounts', id: account.id };
  if (on === 'application' && application) return { collection: 'applications', id: application.id };
  return on === 'tenant' && tenant ? { collection: 'tenants', id: tenant.id } : undefined;
}

/** The permission that this actor lacks for this; undefined: none. */
function lacking(
  { permission, isNarrowed }: Pick<AnyOperation, 'permission' | 'isNarrowed'>,
  target: Loaded,
  actor: Actor,
): Refused | undefined {
  const { started, tenant } = target;
  const needed = permission === 'per-record' ? started?.permission : permission;
  if (needed === undefined || hasAsked(target, actor)) return undefined;
  const isReached =
    isNarrowed && tenant ? extentOf(actor, needed, tenant.id) : mayAct(actor, needed, reachedOf(target));
  if (isReached) return undefined;
  return refuse('forbidden', { permission: needed });
}

/** Why this actor does not do this there: permission, rank, freshness, in that order; undefined: they do. Pure. */
export function objection(
  declared: Pick<AnyOperation, 'permission' | 'effect' | 'isSensitive' | 'isNarrowed' | 'on'>,
  target: Loaded,
  actor: Actor,
  now: number,
): Refused | undefined {
  const { effect, isSensitive, on } = declared;
  const missing = lacking(declared, target, actor);
  if (missing) return missing;
  const { account, tenant, application } = target;
  const isOutranked =
    (on === 'account' && account && tenant && outranks({ account, tenant }, actor)) ||
    (on === 'application' && application && machineOutranks(application, tenant, actor));
  if (effect !== 'reads' && isOutranked) return refuse('outranked');
  if (isSensitive && !isFresh(actor, now)) return refuse('fresh_sign_in_required', { maxAge: FRESH_SECONDS });
  return undefined;
}
