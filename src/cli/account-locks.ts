import type { Command } from 'commander';
import { rfc3339 } from '../base/index.ts';
import { find, type Named, named, OPERATOR, populationOf } from './account-support.ts';
import { collect, columns, print, Refused, tenantOf, withCore } from './terminal.ts';

interface UnlockOptions {
  tenant: string;
  population?: string;
  userName: string[];
  allLocked?: boolean;
  reason: string;
}

async function unlock(options: UnlockOptions, command: Command): Promise<void> {
  if (options.allLocked === options.userName.length > 0)
    throw new Refused('name accounts with --user-name, or say --all-locked');
  await withCore(command, async (core) => {
    const tenant = await tenantOf(core, options.tenant);
    const population = options.population === undefined ? undefined : populationOf(options.population);
    if (options.allLocked) {
      const unlocked = await core.administration.unlockAll(tenant.id, population, OPERATOR, options.reason);
      const said = unlocked.length === 0 ? 'Nobody was locked.' : `Unlocked: ${unlocked.join(', ')}`;
      return print(command, { unlocked }, [said]);
    }
    if (!population) throw new Refused('the population is user or agent');
    const named = [];
    // Every name is looked up before the first is unlocked: a mistake in the last one changes nothing.
    for (const userName of options.userName)
      named.push((await find(core, { tenant: options.tenant, population, userName })).account);
    const unlocked: string[] = [];
    const lines: string[] = [];
    for (const account of named) {
      const wasLocked = await core.administration.unlock(account, OPERATOR, options.reason);
      if (wasLocked) unlocked.push(account.userName);
      lines.push(
        wasLocked
          ? `${account.userName} is unlocked.`
          : `${account.userName} was not locked; the counters are cleared.`,
      );
    }
    print(command, { unlocked }, lines);
  });
}

const SHOWN = 20;

async function why(options: Named & { last: string }, command: Command): Promise<void> {
  const last = Number(options.last);
  if (!Number.isInteger(last) || last < 1 || last > 500) throw new Refused('--last takes 1 to 500');
  await withCore(command, async (core) => {
    const { tenant, account } = await find(core, options);
    const explanation = await core.administration.why(tenant, account, last);
    const now =
      explanation.now.length === 0
        ? ['Nothing stands in the way of a sign-in now.']
        : explanation.now.map(({ says, clears }) => `Now: ${says}. What clears it: ${clears}.`);
    const rows = explanation.attempts.map((a) => [
      rfc3339(a.at),
      a.factor || '-',
      a.rule === '' ? 'right' : a.says,
      a.failures === null ? '' : `${a.failures} of ${a.limit}`,
      a.address,
      a.through || '-',
      a.browser.slice(0, 40),
      a.clears,
    ]);
    const head = ['WHEN', 'WHAT', 'WHY', 'COUNT', 'ADDRESS', 'THROUGH', 'BROWSER', 'WHAT CLEARS IT'];
    print(command, explanation, [...now, '', ...columns([head, ...rows])]);
  });
}

export function addLockCommands(account: Command): void {
  account
    .command('unlock')
    .description('clear the lock and both counts of one account, of several, or of every locked one')
    .requiredOption('--tenant <client-code>')
    .option('--population <population>', 'user or agent')
    .option('--user-name <name>', 'may be given several times', collect, [])
    .option('--all-locked', 'every locked account of the tenant, or of the population')
    .option('--reason <reason>', 'for the record', '')
    .action(unlock);
  named(account.command('why'))
    .description('why this person is or was refused: the last attempts, what each met, and what clears it')
    .option('--last <n>', 'how many attempts', String(SHOWN))
    .action(why);
}
