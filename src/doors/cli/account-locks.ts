import type { Command } from 'commander';
import { rfc3339 } from '../../foundation/base/index.ts';
import { attemptInWords, operations, stateInWords } from '../../use-cases/administration/index.ts';
import {
  accountAt,
  BACKGROUND,
  commandOf,
  type Named,
  perform,
  populationOf,
  startInBackground,
} from './operations.ts';
import { collect, columns, print, Refused, withCore } from './terminal.ts';

const { account: of } = operations;

interface UnlockOptions {
  tenant: string;
  population?: string;
  userName: string[];
  allLocked?: boolean;
  background?: boolean;
  reason: string;
}

async function unlock(options: UnlockOptions, command: Command): Promise<void> {
  const { tenant, reason } = options;
  if (options.allLocked === options.userName.length > 0)
    throw new Refused('name accounts with --user-name, or say --all-locked');
  const population = options.population === undefined ? undefined : populationOf(options.population);
  if (options.background && !options.allLocked) throw new Refused('--background goes with --all-locked');
  await withCore(command, async (core) => {
    if (options.allLocked) {
      const input = { population, reason };
      if (options.background) return startInBackground(command, core, of.unlockAll, { tenant }, input);
      const { unlocked } = await perform(core, of.unlockAll, { tenant }, input);
      const said = unlocked.length === 0 ? 'No account was locked.' : `Unlocked: ${unlocked.join(', ')}`;
      return print(command, { unlocked }, [said]);
    }
    if (!population) throw new Refused('the population is user or agent');
    const places = options.userName.map((userName) => ({ tenant, population, userName }));
    // Every name is looked up before the first is unlocked: a mistake in the last one changes nothing.
    for (const at of places) await perform(core, of.show, at, {});
    const unlocked: string[] = [];
    const lines: string[] = [];
    for (const at of places) {
      const { wasLocked } = await perform(core, of.unlock, at, { reason });
      if (wasLocked) unlocked.push(at.userName);
      lines.push(
        wasLocked
          ? `${at.userName} is unlocked.`
          : `${at.userName} was not locked; the counters are cleared.`,
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
    const explanation = await perform(core, of.why, accountAt(options), { last });
    const states = explanation.now.map((reason) => ({ reason, ...stateInWords(core.say, reason) }));
    const attempts = explanation.attempts.map((one) => ({ ...one, ...attemptInWords(core.say, one) }));
    const now =
      states.length === 0
        ? ['Nothing stands in the way of a sign-in now.']
        : states.map(({ says, clears }) => `Now: ${says}. What clears it: ${clears}.`);
    const rows = attempts.map((a) => [
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
    print(command, { now: states, attempts }, [...now, '', ...columns([head, ...rows])]);
  });
}

export function addLockCommands(account: Command): void {
  account
    .command('unlock')
    .description(
      'Clears locks, and the counts of wrong passwords and codes: of one account, of several, or of every locked one.',
    )
    .requiredOption('--tenant <client-code>', 'the client code of the tenant')
    .option('--population <population>', 'user or agent')
    .option('--user-name <name>', 'may be given several times', collect, [])
    .option('--all-locked', 'every locked account of the tenant, or of the population')
    .option('--reason <reason>', 'for the record', '')
    .option(...BACKGROUND)
    .action(unlock);
  commandOf(account, of.why).option('--last <n>', 'how many attempts', String(SHOWN)).action(why);
}
