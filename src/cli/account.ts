import type { Command } from 'commander';
import { type Account, permissions } from '../accounts/index.ts';
import { addFactorCommands } from './account-factors.ts';
import { addLockCommands } from './account-locks.ts';
import { addCreate, addSetPassword } from './account-passwords.ts';
import { addSessions } from './account-sessions.ts';
import { addSlip } from './account-slips.ts';
import {
  everyAccount,
  find,
  type Named,
  named,
  OPERATOR,
  permissionOf,
  populationOf,
  shown,
} from './account-support.ts';
import { columns, print, tenantOf, withCore } from './terminal.ts';

function addStatus(account: Command): void {
  for (const [name, status] of [
    ['disable', 'disabled'],
    ['enable', 'enabled'],
  ] as const) {
    named(account.command(name))
      .option('--reason <reason>', 'for the record', '')
      .action(async (options: Named & { reason: string }, command: Command) => {
        await withCore(command, async (core) => {
          const { account: found } = await find(core, options);
          await core.administration.setStatus(found, status, OPERATOR, options.reason);
          print(command, { status }, [`${found.userName} is ${status}.`]);
        });
      });
  }
}

function addPermit(account: Command): void {
  named(account.command('permit'))
    .description('gives the account a permission for itself, beside those of its role')
    .requiredOption('--permission <permission>', permissions.join(', '))
    .option('--withdraw', 'takes it back')
    .option('--reason <reason>', 'for the record', '')
    .action(
      async (
        options: Named & { permission: string; withdraw?: boolean; reason: string },
        command: Command,
      ) => {
        const permission = permissionOf(options.permission);
        const isGiven = !options.withdraw;
        await withCore(command, async (core) => {
          const { account: found } = await find(core, options);
          await core.administration.permit(found, permission, isGiven, OPERATOR, options.reason);
          print(command, { permission, given: isGiven }, [
            `${found.userName} ${isGiven ? 'has' : 'no longer has'} the permission ${permission} for itself.`,
          ]);
        });
      },
    );
}

function addDelete(account: Command): void {
  named(account.command('delete'))
    .description('ends everything of the account and forgets it; its name may be used again')
    .option('--reason <reason>', 'for the record', '')
    .action(async (options: Named & { reason: string }, command: Command) => {
      await withCore(command, async (core) => {
        const { account: found } = await find(core, options);
        await core.administration.deleteAccount(found, OPERATOR, options.reason);
        print(command, { deleted: found.id }, [`${found.userName} is deleted.`]);
      });
    });
}

/** As the lists have it (MFA-8). */
function factorOf({ lock, strangersLock, secondFactor }: Account): string {
  const cause = (lock ?? strangersLock)?.cause;
  return cause === 'second-factor' ? 'locked by codes' : secondFactor.status;
}

interface ListOptions {
  tenant: string;
  population?: string;
  locked?: boolean;
}

async function list(options: ListOptions, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const tenant = await tenantOf(core, options.tenant);
    const population = options.population === undefined ? undefined : populationOf(options.population);
    const items = await everyAccount(core, tenant, population, options.locked ?? false);
    const rows = items.map((a) => [
      String(a.number),
      a.population,
      a.userName,
      a.role,
      a.lockState === 'locked' ? 'locked' : a.status,
      factorOf(a),
    ]);
    print(
      command,
      { accounts: items.map(shown) },
      columns([['NUMBER', 'POPULATION', 'USER NAME', 'ROLE', 'STATUS', 'SECOND FACTOR'], ...rows]),
    );
  });
}

function addReading(account: Command): void {
  account
    .command('list')
    .requiredOption('--tenant <client-code>')
    .option('--population <population>', 'user or agent')
    .option('--locked', 'only accounts that are locked')
    .action(list);

  named(account.command('show')).action(async (options: Named, command: Command) => {
    await withCore(command, async (core) => {
      const { account: found } = await find(core, options);
      const rows = Object.entries(shown(found)).map(([name, value]) => [
        name,
        typeof value === 'object' ? JSON.stringify(value) : String(value),
      ]);
      print(command, shown(found), columns(rows));
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
  addDelete(account);
  addReading(account);
}
