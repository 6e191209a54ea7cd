import type { Command } from 'commander';
import { rfc3339 } from '../base/index.ts';
import { OPERATOR } from './account-support.ts';
import { columns, print, Refused, tenantOf, withCore } from './terminal.ts';

interface NamedToken {
  tenant: string;
  name: string;
}

const DAYS = 31;

async function create({ tenant: code, name }: NamedToken, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const created = await core.administration.createToken(await tenantOf(core, code), name, OPERATOR);
    if ('refused' in created) throw new Refused(created.refused);
    const { token, secret } = created;
    print(command, { name: token.name, token: secret }, [
      `API token ${token.name}, shown once: ${secret}`,
      'Programs send it in the header LV-Access.',
    ]);
  });
}

async function list({ tenant: code }: { tenant: string }, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const tokens = await core.apiTokens.list((await tenantOf(core, code)).id);
    const items = await Promise.all(
      tokens.map(async ({ tokenId, name, createdBy, createdAt }) => ({
        name,
        createdBy,
        createdAt: rfc3339(createdAt),
        days: (await core.usage.days(tokenId, DAYS)).map(({ day, logins, failures, validations }) => ({
          day,
          logins,
          failures,
          validations,
        })),
      })),
    );
    const rows = items.map(({ name, createdAt, days: [last] }) => [
      name,
      createdAt,
      last?.day ?? '-',
      ...[last?.logins, last?.failures, last?.validations].map((count) => String(count ?? 0)),
    ]);
    const head = ['NAME', 'MADE', 'LAST USED', 'LOGINS', 'FAILURES', 'VALIDATIONS'];
    print(command, { tokens: items }, columns([head, ...rows]));
  });
}

async function revoke(
  { tenant: code, name, reason }: NamedToken & { reason: string },
  command: Command,
): Promise<void> {
  await withCore(command, async (core) => {
    const ended = await core.administration.revokeToken(await tenantOf(core, code), name, OPERATOR, reason);
    if (ended === undefined) throw new Refused(`there is no token ${name}`);
    print(command, { revoked: name, sessions: ended }, [
      `API token ${name} is revoked, and ${ended} of its sessions ended.`,
    ]);
  });
}

export function addTokenCommands(program: Command): void {
  const token = program
    .command('token')
    .description('API tokens, with which the programs of a tenant sign in');
  token
    .command('create')
    .description('makes one of at most five; it is shown once')
    .requiredOption('--tenant <client-code>')
    .requiredOption('--name <name>', 'what it is for')
    .action(create);
  token
    .command('list')
    .description('what there is, and how it was used')
    .requiredOption('--tenant <client-code>')
    .action(list);
  token
    .command('revoke')
    .description('refused at once, with every session that was begun with it')
    .requiredOption('--tenant <client-code>')
    .requiredOption('--name <name>')
    .option('--reason <reason>', 'for the record', '')
    .action(revoke);
}
