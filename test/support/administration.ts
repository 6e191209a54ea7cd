import type { z } from 'zod';
import { type Account, defaultRoles } from '../../src/capabilities/accounts/index.ts';
import { loadMember } from '../../src/capabilities/credential-events/index.ts';
import { newLink } from '../../src/capabilities/passwords/index.ts';
import type { Tenant } from '../../src/capabilities/tenants/index.ts';
import type { Core } from '../../src/core/index.ts';
import type { Refusal } from '../../src/foundation/base/index.ts';
import {
  type Actor,
  actorOf,
  type Operation,
  operatorAs,
  type Performed,
  type Places,
  type TargetKind,
} from '../../src/use-cases/administration/index.ts';

/** A shell on the machine of the installation. */
export const OPERATOR: Actor = operatorAs('command-line');

/** What a story has in hand and names as the target. */
interface Targets {
  installation: null;
  /** null: no tenant is named. */
  area: Pick<Tenant, 'id'> | null;
  tenant: Pick<Tenant, 'id'>;
  account: Pick<Account, 'id' | 'tenantId'>;
  application: { id: string };
  operation: { id: string };
}

interface Started {
  core: Core;
}

function placeOf(on: TargetKind, target: Partial<Targets['account']> | null): Places[TargetKind] {
  const { id = '', tenantId = '' } = target ?? {};
  if (on === 'account') return { tenant: tenantId, account: id };
  if (on === 'application') return { application: id };
  if (on === 'operation') return { operation: id };
  return on === 'tenant' || (on === 'area' && target) ? { tenant: id } : {};
}

/** The account as it stands now, as one who signed in with it. @param signedInAt epoch seconds; now unless given */
export async function actorFor({ core }: Started, account: Account, signedInAt?: number): Promise<Actor> {
  const member = await loadMember(core, account.id);
  if (!member) throw new Error('the account is gone');
  return actorOf(member, signedInAt ?? core.clock.now());
}

/** Performs an operation on a target that the story has in hand. */
export async function attempt<On extends TargetKind, I extends z.ZodType, O extends z.ZodType>(
  { core }: Started,
  operation: Operation<On, I, O>,
  target: Targets[On],
  input: z.input<I>,
  actor: Actor = OPERATOR,
): Promise<Performed<z.output<O>>> {
  const at = placeOf(operation.on, target as Partial<Targets['account']> | null) as Places[On];
  return core.perform(operation, { at, input, actor });
}

/**
 * The output of an operation that is to succeed.
 * @throws Error with the code where it is refused
 */
export async function administer<On extends TargetKind, I extends z.ZodType, O extends z.ZodType>(
  server: Started,
  operation: Operation<On, I, O>,
  target: Targets[On],
  input: z.input<I>,
  actor: Actor = OPERATOR,
): Promise<z.output<O>> {
  const performed = await attempt(server, operation, target, input, actor);
  if ('refused' in performed) throw new Error(JSON.stringify(performed.refused));
  return performed.output;
}

/**
 * The refusal of an operation that is to be refused.
 * @throws Error where it is done
 */
export async function refusalOf<On extends TargetKind, I extends z.ZodType, O extends z.ZodType>(
  server: Started,
  operation: Operation<On, I, O>,
  target: Targets[On],
  input: z.input<I>,
  actor: Actor = OPERATOR,
): Promise<Refusal> {
  const performed = await attempt(server, operation, target, input, actor);
  if (!('refused' in performed)) throw new Error(`${operation.name} was not refused`);
  return performed.refused;
}

/** One who administers a tenant, with all that its SysAdmins hold. */
export function administratorOf({ id: tenantId }: Pick<Tenant, 'id'>): Actor {
  const by = 'an-administrator';
  const home = { tenantId, accountId: by, team: null };
  return { by, grants: defaultRoles.SysAdmin, home, isOperator: false, signedInAt: null };
}

/** The token of a link under which the person sets a password. */
export async function passwordLink({ core }: Started, { id }: Pick<Account, 'id'>): Promise<string> {
  const { token, link } = newLink(id, 'set-password', core.clock.now());
  await core.accounts.update(id, (current) => ({ ...current, link }));
  return token;
}
