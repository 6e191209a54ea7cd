import type { Command } from 'commander';
import { grantable, type Permission, type Role, roles } from '../../capabilities/accounts/index.ts';
import { operations } from '../../use-cases/administration/index.ts';
import { addFactorCommands } from './account-factors.ts';
import { addLockCommands } from './account-locks.ts';
import { addCreate, addSetPassword } from './account-passwords.ts';
import { addSessions } from './account-sessions.ts';
import { addSlip } from './account-slips.ts';
import { accountAt, commandOf, everyPage, type Named, perform, populationOf } from './operations.ts';
import { columns, print, Refused, withCore } from './terminal.ts';

const { account: of } = operations;

type WithReason = Named & { reason: string };

function addStatus(account: Command): void {
  for (const operation of [of.disable, of.enable])
    commandOf(account, operation).action(async (options: WithReason, command: Command) => {
      await withCore(command, async (core) => {
        const { reason, userName } = options;
        const { status } = await perform(core, operation, accountAt(options), { reason });
        print(command, { status }, [`${userName} is ${status}.`]);
      });
    });
}

function addPermit(account: Command): void {
  commandOf(account, of.permit)
    .requiredOption('--permission <permission>', grantable.join(', '))
    .option('--withdraw', 'take it back')
    .action(async (options: WithReason & { permission: string; withdraw?: boolean }, command: Command) => {
      await withCore(command, async (core) => {
        const { reason, userName } = options;
        const input = { permission: options.permission as Permission, given: !options.withdraw, reason };
        const { permission, given } = await perform(core, of.permit, accountAt(options), input);
        print(command, { permission, given }, [
          `${userName} ${given ? 'has' : 'no longer has'} the permission ${permission} beside those of the role.`,
        ]);
      });
    });
}

function addRoleAndTeam(account: Command): void {
  commandOf(account, of.setRole)
    .requiredOption('--role <role>', roles.join(', '))
    .action(async (options: WithReason & { role: string }, command: Command) => {
      await withCore(command, async (core) => {
        const { reason } = options;
        const input = { role: options.role as Role, reason };
        const { userName, role } = await perform(core, of.setRole, accountAt(options), input);
        print(command, { role }, [`${userName} has the role ${role}.`]);
      });
    });
  commandOf(account, of.setTeam)
    .option('--team <name>', 'the team')
    .option('--none', 'take the account out of its team')
    .action(async (options: WithReason & { team?: string; none?: boolean }, command: Command) => {
      if ((options.team === undefined) !== (options.none ?? false))
        throw new Refused('name a team with --team, or say --none');
      await withCore(command, async (core) => {
        const input = { team: options.team ?? null, reason: options.reason };
        const { userName, team } = await perform(core, of.setTeam, accountAt(options), input);
        print(command, { team }, [`${userName} is ${team === null ? 'in no team' : `in the team ${team}`}.`]);
      });
    });
}

function addDelete(account: Command): void {
  commandOf(account, of.remove).action(async (options: WithReason, command: Command) => {
    await withCore(command, async (core) => {
      const { deleted } = await perform(core, of.remove, accountAt(options), { reason: options.reason });
      print(command, { deleted }, [`${options.userName} is deleted.`]);
    });
  });
}

interface ListOptions {
  tenant: string;
  population?: string;
  locked?: boolean;
  disabled?: boolean;
  pending?: boolean;
  team?: string;
  role?: string;
  beginsWith?: string;
  expiresWithin?: string;
}

async function list(options: ListOptions, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const { tenant, team, beginsWith: userName, expiresWithin } = options;
    const input = {
      population: options.population === undefined ? undefined : populationOf(options.population),
      team,
      userName,
      // What is no role is refused by the operation, by name.
      role: options.role as 'Agent' | undefined,
      ...(options.locked ? { isLocked: true as const } : {}),
      ...(options.disabled ? { status: 'disabled' as const } : {}),
      ...(options.pending ? { factor: 'pending' as const } : {}),
      ...(expiresWithin === undefined ? {} : { expiresWithin: Number(expiresWithin) }),
    };
    const accounts = await everyPage(async (from) => {
      const page = await perform(core, of.list, { tenant }, { ...input, ...from });
      return { items: page.accounts, next: page.next };
    });
    const rows = accounts.map((a) => {
      // As the lists have it (MFA-8).
      const isByCodes = (a.lock ?? a.strangersLock)?.cause === 'second-factor';
      const status = a.lockState === 'locked' ? 'locked' : a.status;
      const factor = isByCodes ? 'locked by codes' : a.secondFactor;
      return [String(a.number), a.population, a.userName, a.role, status, factor];
    });
    const head = ['NUMBER', 'POPULATION', 'USER NAME', 'ROLE', 'STATUS', 'SECOND FACTOR'];
    print(command, { accounts }, columns([head, ...rows]));
  });
}

function addReading(account: Command): void {
  commandOf(account, of.list)
    .option('--population <population>', 'user or agent')
    .option('--locked', 'only accounts that are locked')
    .option('--disabled', 'only accounts that are disabled')
    .option('--pending', 'only accounts whose second factor is yet to be set up')
    .option('--team <team>', 'only accounts of a team')
    .option('--role <role>', 'only accounts with a role')
    .option('--begins-with <text>', 'what the user name begins with')
    .option('--expires-within <days>', 'only accounts whose password expires in so many days')
    .action(list);
  commandOf(account, of.show).action(async (options: Named, command: Command) => {
    await withCore(command, async (core) => {
      const found = await perform(core, of.show, accountAt(options), {});
      const rows = Object.entries(found).map(([name, value]) => [
        name,
        typeof value === 'object' ? JSON.stringify(value) : String(value),
      ]);
      print(command, found, columns(rows));
    });
  });
}

export function addAccountCommands(program: Command): void {
  const account = program.command('account').description('people');
  addCreate(account);
  addSetPassword(account);
  addLockCommands(account);
  addFactorCommands(account);
  addSlip(account);
  addSessions(account);
  addStatus(account);
  addPermit(account);
  addRoleAndTeam(account);
  addDelete(account);
  addReading(account);
}
