import type { Command } from 'commander';
import { operations } from '../../use-cases/administration/index.ts';
import { commandOf, perform } from './operations.ts';
import { columns, print, withCore } from './terminal.ts';

const { statistics: of } = operations;

interface Count {
  count: number;
  isCapped: boolean;
}

const counted = ({ count, isCapped }: Count) => (isCapped ? `${count} or more` : String(count));

const total = (causes: Readonly<Record<string, number>>) =>
  String(Object.values(causes).reduce((sum, count) => sum + count, 0));

async function show(
  { tenant, days, expiresWithin }: { tenant: string; days: string; expiresWithin: string },
  command: Command,
): Promise<void> {
  await withCore(command, async (core) => {
    const input = { days: Number(days), expiresWithin: Number(expiresWithin) };
    const shown = await perform(core, of.show, { tenant }, input);
    const rows = shown.days.map((one) => [
      one.day,
      String(one.signIns),
      String(one.programSignIns),
      total(one.failures.password),
      total(one.failures.secondFactor),
      total(one.failures.program),
      String(one.locks),
    ]);
    const head = ['DAY', 'SIGN-INS', 'BY PROGRAMS', 'PASSWORD', 'SECOND FACTOR', 'PROGRAM', 'LOCKS'];
    const { secondFactor, locked, expiringPasswords } = shown;
    print(command, shown, [
      ...columns([head, ...rows]),
      `Second factor: ${counted(secondFactor.active)} active, ${counted(secondFactor.pending)} to be set up, ${counted(secondFactor.none)} without.`,
      `Locked now: ${counted(locked)}. Passwords that expire within ${expiresWithin} days: ${counted(expiringPasswords)}.`,
    ]);
  });
}

export function addStatisticsCommands(program: Command): void {
  const statistics = program.command('statistics').description('how much happens in a tenant');
  commandOf(statistics, of.show)
    .option('--days <days>', 'today and the days before it, in UTC', '30')
    .option('--expires-within <days>', 'whose passwords expire in so many days', '14')
    .action(show);
}
