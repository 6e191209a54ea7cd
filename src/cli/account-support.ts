import type { Command } from 'commander';
import { type Account, type Permission, type Population, permissions } from '../accounts/index.ts';
import type { Actor } from '../administration/index.ts';
import type { Core } from '../core.ts';
import { methodsOf, recoveryCodesLeft } from '../second-factor/index.ts';
import type { Tenant } from '../tenants/index.ts';
import { Refused, tenantOf } from './terminal.ts';

export interface Named {
  tenant: string;
  population: string;
  userName: string;
}

/** Who the audit says it was. */
export const ACTOR = 'command-line';

/** Whoever has a shell here runs the installation. */
export const OPERATOR: Actor = { by: ACTOR, isOperator: true };

export function populationOf(text: string): Population {
  if (text !== 'user' && text !== 'agent') throw new Refused('the population is user or agent');
  return text;
}

export function permissionOf(text: string): Permission {
  const found = permissions.find((permission) => permission === text);
  if (!found) throw new Refused(`the permission is one of ${permissions.join(', ')}`);
  return found;
}

export async function find(core: Core, options: Named): Promise<{ tenant: Tenant; account: Account }> {
  const tenant = await tenantOf(core, options.tenant);
  const population = populationOf(options.population);
  const found =
    (await core.accounts.byName(tenant.id, population, options.userName))?.doc ??
    (await core.accounts.identified(tenant.id, population, options.userName, 'email'));
  if (!found)
    throw new Refused(`there is no ${options.population} ${options.userName} in ${tenant.clientCode}`);
  return { tenant, account: found };
}

/** Every account of a tenant, or of one of its populations. */
export async function everyAccount(
  core: Core,
  tenant: Tenant,
  population: Population | undefined,
  lockedOnly: boolean,
): Promise<Account[]> {
  const items: Account[] = [];
  let after: string | undefined;
  do {
    const page = await core.accounts.list({
      tenantId: tenant.id,
      limit: 500,
      ...(population ? { population } : {}),
      ...(lockedOnly ? { lockedOnly } : {}),
      ...(after ? { after } : {}),
    });
    items.push(...page.items);
    after = page.next;
  } while (after);
  return items;
}

/** An account without its secrets. */
export function shown(account: Account) {
  const { id, number, population, userName, name, email, role, status, epoch, secondFactor, createdAt } =
    account;
  const { lock, strangersLock } = account;
  const password = account.password && {
    setAt: account.password.setAt,
    isTemporary: account.password.temporary !== null,
    isCompromised: account.password.compromisedAt !== undefined,
  };
  return {
    id,
    number,
    population,
    userName,
    email,
    role,
    permissions: account.permissions ?? [],
    status,
    name,
    lock,
    strangersLock,
    epoch,
    password,
    secondFactor: secondFactor.status,
    methods: methodsOf(secondFactor),
    recoveryCodesLeft: recoveryCodesLeft(secondFactor),
    createdAt,
  };
}

/** The options that name an account. */
export function named(command: Command): Command {
  return command
    .requiredOption('--tenant <client-code>')
    .requiredOption('--population <population>', 'user or agent')
    .requiredOption('--user-name <name>');
}
