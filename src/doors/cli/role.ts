import type { Command } from 'commander';
import {
  type Grant,
  grantable,
  type Permission,
  type Role,
  reaches,
  roles,
} from '../../capabilities/accounts/index.ts';
import { operations } from '../../use-cases/administration/index.ts';
import { commandOf, perform } from './operations.ts';
import { columns, print, withCore } from './terminal.ts';

const { role: of } = operations;

const told = ({ permission, reach }: Grant) => `${permission}:${reach}`;

async function list({ tenant }: { tenant: string }, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const listed = await perform(core, of.list, { tenant }, {});
    const rows = listed.roles.flatMap(({ role, grants }) =>
      grants.length === 0 ? [[role, '-']] : grants.map((grant) => [role, told(grant)]),
    );
    print(command, listed, columns([['ROLE', 'PERMISSION'], ...rows]));
  });
}

async function set(
  permissions: string[],
  options: { tenant: string; role: string; reason: string },
  command: Command,
): Promise<void> {
  await withCore(command, async (core) => {
    const { tenant, reason } = options;
    const grants = permissions.map((text) => {
      const [permission, reach = 'tenant'] = text.split(':');
      // What is none of them is refused by the operation, by name.
      return { permission: permission as Permission, reach: reach as 'tenant' };
    });
    const changed = await perform(core, of.set, { tenant }, { role: options.role as Role, grants, reason });
    print(command, changed, [
      `The role ${changed.role} of ${tenant} holds: ${changed.grants.map(told).join(', ') || 'nothing'}`,
    ]);
  });
}

export function addRoleCommands(program: Command): void {
  const role = program.command('role').description('what the roles of a tenant may do');
  commandOf(role, of.list).action(list);
  commandOf(role, of.set)
    .argument(
      '[permissions...]',
      `${grantable.join(', ')}; with :${reaches.slice(0, 3).join(' or :')}, :tenant unless given`,
    )
    .requiredOption('--role <role>', roles.join(', '))
    .action(set);
}
