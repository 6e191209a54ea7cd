import type { Command } from 'commander';
import { rfc3339 } from '../../foundation/base/index.ts';
import { operations } from '../../use-cases/administration/index.ts';
import { commandOf, perform } from './operations.ts';
import { columns, print, withCore } from './terminal.ts';

const { token: of } = operations;

interface NamedToken {
  tenant: string;
  name: string;
}

async function create({ tenant, name }: NamedToken, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const created = await perform(core, of.create, { tenant }, { name });
    print(command, created, [
      `API token ${created.name}, shown once: ${created.token}`,
      'Programs send it in the header LV-Access.',
    ]);
  });
}

async function list({ tenant }: { tenant: string }, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const listed = await perform(core, of.list, { tenant }, {});
    const tokens = listed.tokens.map((token) => ({ ...token, createdAt: rfc3339(token.createdAt) }));
    const rows = tokens.map(({ name, createdAt, days: [last] }) => [
      name,
      createdAt,
      last?.day ?? '-',
      ...[last?.logins, last?.failures, last?.validations].map((count) => String(count ?? 0)),
    ]);
    const head = ['NAME', 'MADE', 'LAST USED', 'LOGINS', 'FAILURES', 'VALIDATIONS'];
    print(command, { tokens }, columns([head, ...rows]));
  });
}

async function revoke(
  { tenant, name, reason }: NamedToken & { reason: string },
  command: Command,
): Promise<void> {
  await withCore(command, async (core) => {
    const { revoked, sessions } = await perform(core, of.revoke, { tenant }, { name, reason });
    print(command, { revoked, sessions }, [
      `API token ${revoked} is revoked, and ${sessions} of its sessions ended.`,
    ]);
  });
}

export function addTokenCommands(program: Command): void {
  const token = program
    .command('token')
    .description('API tokens, with which the programs of a tenant sign in');
  commandOf(token, of.create).requiredOption('--name <name>', 'what it is for').action(create);
  commandOf(token, of.list).action(list);
  commandOf(token, of.revoke).requiredOption('--name <name>', 'of the token').action(revoke);
}
