import { closeSync, openSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { z } from 'zod';
import type { AuditType } from '../../capabilities/audit/index.ts';
import { readInstant, rfc3339 } from '../../foundation/base/index.ts';
import { eachPage } from '../../foundation/stores/index.ts';
import { operations } from '../../use-cases/administration/index.ts';
import { commandOf, perform } from './operations.ts';
import { columns, print, printLines, Refused, withCore } from './terminal.ts';

const { audit: of } = operations;

type ExportedPage = z.output<typeof of.exportEntries.output>;
type Entry = z.output<typeof of.list.output>['entries'][number];

interface Filter {
  tenant?: string;
  type?: string;
  account?: string;
  actor?: string;
  application?: string;
  outcome?: string;
  from?: string;
  until?: string;
}

/** @throws Refused for what is no time */
function instantOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const instant = readInstant(text);
  if (instant === undefined) throw new Refused(`${option} is a time such as 2026-12-31T23:59:59Z`);
  return instant;
}

/** Where, and what is asked for. What is no type or outcome is refused by the operation, by name. */
function askedOf({ tenant, type, account, actor, application, outcome, from, until }: Filter) {
  const input = {
    type: type as AuditType | undefined,
    account,
    actor,
    application,
    outcome: outcome as Entry['outcome'] | undefined,
    from: instantOf('--from', from),
    until: instantOf('--until', until),
  };
  return { at: tenant === undefined ? {} : { tenant }, input };
}

const MOST_A_PAGE = 500;

async function list({ limit, ...filter }: Filter & { limit: string }, command: Command): Promise<void> {
  const most = Number(limit);
  if (!Number.isInteger(most) || most < 1) throw new Refused('--limit is a whole number from 1 on');
  const { at, input } = askedOf(filter);
  await withCore(command, async (core) => {
    const found: Entry[] = [];
    let after: string | undefined;
    do {
      const asked = { ...input, after, limit: Math.min(MOST_A_PAGE, most - found.length) };
      const page = await perform(core, of.list, at, asked);
      found.push(...page.entries);
      after = page.next;
    } while (after !== undefined && found.length < most);
    const entries = found.map((entry) => ({ ...entry, at: rfc3339(entry.at) }));
    const rows = entries.map((entry) => [
      entry.at,
      entry.type,
      entry.outcome,
      entry.reason,
      entry.actor,
      entry.accountId,
      entry.address,
    ]);
    const head = ['AT', 'TYPE', 'OUTCOME', 'REASON', 'BY', 'ACCOUNT', 'ADDRESS'];
    print(command, { entries }, columns([head, ...rows]));
  });
}

/** @throws Refused where the file is there already, or cannot be made */
function reserve(file: string): number {
  try {
    return openSync(file, 'wx', 0o600);
  } catch (error) {
    throw new Refused(`${file} cannot be made: ${(error as Error).message}`);
  }
}

async function exportTo(
  { format, out, ...filter }: Filter & { format: string; out?: string },
  command: Command,
): Promise<void> {
  const { at, input } = askedOf(filter);
  await withCore(command, async (core) => {
    let file: number | undefined;
    let count = 0;
    try {
      const pages = eachPage<ExportedPage>(async (from) => {
        const asked = { ...input, ...from, format: format as 'csv' | 'jsonl' };
        const page = await perform(core, of.exportEntries, at, asked);
        return { items: [page], next: page.next };
      });
      for await (const [page] of pages) {
        if (!page) continue;
        count += page.entries;
        if (out === undefined) {
          printLines(command, page.content);
          continue;
        }
        // Only now: what is refused leaves no file.
        file ??= reserve(out);
        writeFileSync(file, page.content);
      }
    } finally {
      if (file !== undefined) closeSync(file);
    }
    if (out !== undefined) print(command, { entries: count, file: out }, [`${count} entries are in ${out}.`]);
  });
}

/** The options that say which entries are meant. */
function filtered(command: Command): Command {
  return command
    .option('--tenant <client-code>', 'only one tenant; otherwise the whole installation')
    .option('--type <type>', 'only one type of event, such as account.locked')
    .option('--account <id>', 'only what was done to one account')
    .option('--actor <id>', 'only what one account or application did, command-line or system')
    .option('--application <id>', 'only through one application')
    .option('--outcome <outcome>', 'success, failure or refused')
    .option('--from <time>', 'the first second, such as 2026-12-01T00:00:00Z')
    .option('--until <time>', 'the second after the last');
}

export function addAuditCommands(program: Command): void {
  const audit = program
    .command('audit')
    .description('what happened: who did what to whom, and with what outcome');
  filtered(commandOf(audit, of.list)).option('--limit <count>', 'how many of the newest', '100').action(list);
  filtered(commandOf(audit, of.exportEntries))
    .option('--format <format>', 'csv or jsonl', 'jsonl')
    .option('--out <file>', 'a new file that only its owner can read; otherwise the standard output')
    .action(exportTo);
}
