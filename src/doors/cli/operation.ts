import type { Command } from 'commander';
import type { z } from 'zod';
import { refusalSentence, rfc3339 } from '../../foundation/base/index.ts';
import { operations } from '../../use-cases/administration/index.ts';
import { commandOf, everyPage, perform } from './operations.ts';
import { columns, print, withCore } from './terminal.ts';

const { operation: of } = operations;

type Listed = z.output<typeof of.list.output>['operations'][number];

const instant = (at: number | null) => (at === null ? '' : rfc3339(at));

async function show({ id }: { id: string }, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const shown = await perform(core, of.show, { operation: id }, {});
    const { operation, state, progress, by, askedAt, begunAt, endedAt, expiresAt, output, refusal } = shown;
    const rows = [
      ['state', state],
      ['looked at', String(progress)],
      ['asked by', by],
      ['asked at', instant(askedAt)],
      ['begun at', instant(begunAt)],
      ['ended at', instant(endedAt)],
      ['kept until', instant(expiresAt)],
    ];
    const outcome = refusal ? refusalSentence(core.say, refusal as never) : JSON.stringify(output, null, 2);
    const hasOutcome = refusal !== null || state === 'done';
    print(command, shown, [operation, ...columns(rows), ...(hasOutcome ? outcome.split('\n') : [])]);
  });
}

async function list({ tenant }: { tenant?: string }, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const found = await everyPage<Listed>(async (from) => {
      const page =
        tenant === undefined
          ? await perform(core, of.listAll, {}, from)
          : await perform(core, of.list, { tenant }, from);
      return { items: page.operations, next: page.next };
    });
    const rows = found.map((one) => [
      one.id,
      instant(one.askedAt),
      one.operation,
      one.state,
      String(one.progress),
      one.by,
    ]);
    const head = ['ID', 'ASKED AT', 'OPERATION', 'STATE', 'LOOKED AT', 'ASKED BY'];
    print(command, { operations: found }, columns([head, ...rows]));
  });
}

async function cancel({ id }: { id: string }, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const { cancelled } = await perform(core, of.cancel, { operation: id }, {});
    print(command, { cancelled }, [
      cancelled ? 'It is cancelled; if it runs, it stops at its next step.' : 'It had ended already.',
    ]);
  });
}

export function addOperationCommands(program: Command): void {
  const operation = program
    .command('operation')
    .description('what was started with --background: how far it is, and what it came to');
  commandOf(operation, of.show).action(show);
  operation
    .command('list')
    .description('Lists the long operations of a tenant, or of the whole installation, the newest first.')
    .option('--tenant <client-code>', 'the client code of the tenant')
    .action(list);
  commandOf(operation, of.cancel).action(cancel);
}
