import type { Command } from 'commander';
import type { Account } from '../accounts/index.ts';
import { addCreate, addSetPassword } from './account-passwords.ts';
import { ACTOR, find, type Named, named, populationOf, shown } from './account-support.ts';
import { columns, print, Refused, tenantOf, withCore } from './terminal.ts';

function addUnlockAndEnrol(account: Command): void {
  named(account.command('unlock')).action(async (options: Named, command: Command) => {
    await withCore(command, async (core) => {
      const { tenant, account: found } = await find(core, options);
      const wasLocked = await core.lockout.unlock(found.id);
      await core.audit.write({
        type: 'account.unlocked',
        outcome: 'success',
        actor: ACTOR,
        tenantId: tenant.id,
        accountId: found.id,
      });
      print(command, { unlocked: wasLocked }, [
        wasLocked
          ? `${found.userName} is unlocked.`
          : `${found.userName} was not locked; the counters are cleared.`,
      ]);
    });
  });

  named(account.command('enrol')).action(async (options: Named, command: Command) => {
    await withCore(command, async (core) => {
      const { tenant, account: found } = await find(core, options);
      const stored = await core.accounts.update(found.id, (current) =>
        current.secondFactor.status === 'none'
          ? { ...current, secondFactor: { status: 'pending', authenticators: [] } }
          : undefined,
      );
      const status = stored?.secondFactor.status;
      if (status === 'active') throw new Refused(`${found.userName} has an active second factor already`);
      await core.audit.write({
        type: 'account.enrolled',
        outcome: 'success',
        actor: ACTOR,
        tenantId: tenant.id,
        accountId: found.id,
      });
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
    named(account.command(name)).action(async (options: Named, command: Command) => {
      await withCore(command, async (core) => {
        const { tenant, account: found } = await find(core, options);
        const change = (current: Account) => (current.status === status ? undefined : { ...current, status });
        if (status === 'disabled') {
          await core.sessions.credentialEvent({
            accountId: found.id,
            kind: 'disabled',
            change,
            context: { actor: ACTOR },
          });
        } else {
          await core.accounts.update(found.id, change);
        }
        await core.audit.write({
          type: 'account.status',
          outcome: 'success',
          actor: ACTOR,
          tenantId: tenant.id,
          accountId: found.id,
          reason: status,
        });
        print(command, { status }, [`${found.userName} is ${status}.`]);
      });
    });
  }
}

function addReading(account: Command): void {
  account
    .command('list')
    .requiredOption('--tenant <client-code>')
    .option('--population <population>', 'user or agent')
    .action(async (options: { tenant: string; population?: string }, command: Command) => {
      await withCore(command, async (core) => {
        const tenant = await tenantOf(core, options.tenant);
        const items: Account[] = [];
        let after: string | undefined;
        do {
          const page = await core.accounts.list({
            tenantId: tenant.id,
            limit: 500,
            ...(options.population ? { population: populationOf(options.population) } : {}),
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
          a.lock ? 'locked' : a.status,
          a.secondFactor.status,
        ]);
        print(
          command,
          { accounts: items.map(shown) },
          columns([['NUMBER', 'POPULATION', 'USER NAME', 'ROLE', 'STATUS', 'SECOND FACTOR'], ...rows]),
        );
      });
    });

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
  addUnlockAndEnrol(account);
  addStatus(account);
  addReading(account);
}
