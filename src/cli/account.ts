import type { Command } from 'commander';
import type { Account } from '../accounts/index.ts';
import { addLockCommands } from './account-locks.ts';
import { addCreate, addSetPassword } from './account-passwords.ts';
import { find, type Named, named, OPERATOR, populationOf, shown } from './account-support.ts';
import { columns, print, Refused, tenantOf, withCore } from './terminal.ts';

function addEnrol(account: Command): void {
  named(account.command('enrol')).action(async (options: Named, command: Command) => {
    await withCore(command, async (core) => {
      const { account: found } = await find(core, options);
      const status = await core.administration.enrol(found, OPERATOR);
      if (status === 'active') throw new Refused(`${found.userName} has an active second factor already`);
      print(command, { secondFactor: status }, [
        `${found.userName} sets up a second factor at the next sign-in.`,
      ]);
    });
  });
}

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

interface ListOptions {
  tenant: string;
  population?: string;
  locked?: boolean;
}

async function list(options: ListOptions, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const tenant = await tenantOf(core, options.tenant);
    const items: Account[] = [];
    let after: string | undefined;
    do {
      const page = await core.accounts.list({
        tenantId: tenant.id,
        limit: 500,
        ...(options.population ? { population: populationOf(options.population) } : {}),
        ...(options.locked ? { lockedOnly: true } : {}),
        ...(after ? { after } : {}),
      });
      items.push(...page.items);
      after = page.next;
    } while (after);
    const rows = items.map((a) => [
      String(a.number),
      a.population,
      a.userName,
      a.role,
      a.lockState === 'locked' ? 'locked' : a.status,
      a.secondFactor.status,
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
  addEnrol(account);
  addStatus(account);
  addReading(account);
}
