import {
  type Account,
  type Grant,
  grantsOf,
  grantsOfRole,
  OPERATOR_CODE,
  type Permission,
  permissionNames,
} from '../../capabilities/accounts/index.ts';
import type { Application } from '../../capabilities/applications/index.ts';
import type { Member } from '../../capabilities/credential-events/index.ts';
import type { Tenant } from '../../capabilities/tenants/index.ts';

/** Who acts, and what they hold. Doors make one from a sign-in, a token or a shell; nothing else grants anything. */
export interface Actor {
  /** An account id, `application:` with its id, or `command-line`: who the audit says it was. */
  by: string;
  grants: readonly Grant[];
  /** The actor's own place; null for an operator's shell, which is in no tenant. */
  home: { tenantId: string; accountId: string; team: string | null } | null;
  /** The operator of the installation, who may act against a policy. */
  isOperator: boolean;
  /** Epoch seconds of the newest sign-in with all factors; null where there is none to be fresh: a shell, a machine. */
  signedInAt: number | null;
  address?: string;
  browser?: string;
}

/** The actor of a shell on the machine of the installation: it holds everything. */
export function operatorAs(by: string): Actor {
  const grants = permissionNames.map((permission): Grant => ({ permission, reach: 'installation' }));
  return { by, grants, home: null, isOperator: true, signedInAt: null };
}

/** A person who signed in. @param signedInAt epoch seconds */
export function actorOf({ account, tenant }: Member, signedInAt: number): Actor {
  const grants = grantsOf(account, tenant);
  return {
    by: account.id,
    grants,
    home: { tenantId: tenant.id, accountId: account.id, team: account.team ?? null },
    isOperator: tenant.clientCode === OPERATOR_CODE && account.role === 'SysAdmin',
    signedInAt,
  };
}

const MACHINE = 'application:';

/** The id of the application that acts; undefined: a person, or a shell. */
export function machineId({ by }: Pick<Actor, 'by'>): string | undefined {
  return by.startsWith(MACHINE) ? by.slice(MACHINE.length) : undefined;
}

/** A machine, which does what its role may do in the tenant that it is fixed to. */
export function machineOf({ id, role = null }: Application, tenant: Tenant): Actor {
  return {
    // No account has such an id: what the audit says, and what is a person's own, cannot be taken by the name of an application.
    by: MACHINE + id,
    grants: role === null ? [] : grantsOfRole(role, tenant),
    home: { tenantId: tenant.id, accountId: '', team: null },
    isOperator: tenant.clientCode === OPERATOR_CODE && role === 'SysAdmin',
    signedInAt: null,
  };
}

/** What is acted on, as far as reach is concerned. */
export interface Reached {
  tenantId: string | null;
  accountId?: string;
  team?: string | null;
}

/** An account as a target. */
export function reachedBy({ id, tenantId, team }: Account): Reached {
  return { tenantId, accountId: id, team: team ?? null };
}

/** Whether a grant of this actor covers the target. */
function covers(actor: Actor, { reach }: Grant, target: Reached): boolean {
  const { home } = actor;
  if (reach === 'installation') return true;
  if (!home || target.tenantId === null || target.tenantId !== home.tenantId) return false;
  if (reach === 'tenant') return true;
  if (reach === 'team') return home.team !== null && target.team === home.team;
  return target.accountId === home.accountId;
}

/** Whether the actor holds the permission there. */
export function mayAct(actor: Actor, permission: Permission, target: Reached): boolean {
  return actor.grants.some((grant) => grant.permission === permission && covers(actor, grant, target));
}

/** Which accounts of a tenant an actor reaches with a permission: those of one team, or all. */
export interface Extent {
  team?: string;
}

/** @returns undefined where the actor reaches none beside themselves */
export function extentOf(actor: Actor, permission: Permission, tenantId: string): Extent | undefined {
  if (mayAct(actor, permission, { tenantId })) return {};
  const team = actor.home?.team ?? null;
  return team !== null && mayAct(actor, permission, { tenantId, team }) ? { team } : undefined;
}

/** Whether the actor can know of the target at all: what is out of reach is answered like what does not exist (TEN-1, S82). */
export function sees(actor: Actor, target: Reached): boolean {
  return actor.grants.some((grant) => covers(actor, grant, target));
}

/**
 * Whether the actor has the permission, at least so far.
 * @param team the team of the account that is to hold what is wanted; undefined: every team of the tenant
 */
function holds({ grants, home }: Actor, wanted: Grant, team: string | null | undefined): boolean {
  return grants.some(({ permission, reach }) => {
    if (permission !== wanted.permission) return false;
    if (reach === 'installation') return true;
    if (reach === 'tenant') return wanted.reach !== 'installation';
    if (reach === 'self') return wanted.reach === 'self';
    // For one team: it is held over those of that team only, and what is given to an account of none begins with a move.
    const isOfTeam = team !== undefined && team !== null && team === home?.team;
    return isOfTeam
      ? wanted.reach === 'self' || wanted.reach === 'team'
      : wanted.reach === 'team' && team === null;
  });
}

/**
 * The grants that the actor does not hold, and so cannot give (ACC-6).
 * @param team of the account that is to hold them; undefined: of any account of the tenant
 */
export function notHeld(actor: Actor, wanted: readonly Grant[], team?: string | null): Permission[] {
  return wanted.filter((grant) => !holds(actor, grant, team)).map(({ permission }) => permission);
}

/** Whether the account holds something that the actor does not: then the actor does not act on it (ACC-6). */
export function outranks({ account, tenant }: Pick<Member, 'account' | 'tenant'>, actor: Actor): boolean {
  // What a person holds for themselves only gives no power over others.
  const power = grantsOf(account, tenant).filter(({ reach }) => reach !== 'self');
  return notHeld(actor, power, account.team ?? null).length > 0;
}

/** Whether a machine holds something that the actor does not: its secret would give it to them (ACC-6). */
export function machineOutranks(
  { role = null }: Application,
  tenant: Tenant | undefined,
  actor: Actor,
): boolean {
  return role !== null && tenant !== undefined && notHeld(actor, grantsOfRole(role, tenant)).length > 0;
}

/**
 * What a move into a team would give that the actor does not hold already: to the account over that team, or to the actor over
 * the account. Without this, who may move accounts would reach every team by moving themselves (ACC-6, ACC-7).
 */
export function gainedByMove(actor: Actor, { tenant, account }: Member, team: string): Permission[] {
  const here = reachedBy(account);
  const ofTeam = (grants: readonly Grant[]) => grants.filter(({ reach }) => reach === 'team');
  const given = ofTeam(grantsOf(account, tenant)).filter(
    ({ permission }) => !mayAct(actor, permission, { tenantId: tenant.id, team }),
  );
  const isOwn = actor.home?.tenantId === tenant.id && actor.home.team === team;
  const taken = isOwn
    ? ofTeam(actor.grants).filter(({ permission }) => !mayAct(actor, permission, here))
    : [];
  return [...given, ...taken].map(({ permission }) => permission);
}

/** How old a sign-in may be for a sensitive operation (ADM-5). */
export const FRESH_SECONDS = 15 * 60;

/** Whether the sign-in of the actor is new enough for what is sensitive. Pure. */
export function isFresh({ signedInAt }: Actor, now: number): boolean {
  return signedInAt === null || now - signedInAt < FRESH_SECONDS;
}
