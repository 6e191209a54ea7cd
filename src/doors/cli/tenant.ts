import type { Command } from 'commander';
import { policyPaths, presetNames, valueAt } from '../../capabilities/tenants/index.ts';
import { operations } from '../../use-cases/administration/index.ts';
import { commandOf, everyPage, perform } from './operations.ts';
import { columns, print, withCore } from './terminal.ts';

const { tenant: of, token: tokens } = operations;

interface CreateOptions {
  clientCode: string;
  name?: string;
  preset: string;
  apiToken?: string;
}

async function create(options: CreateOptions, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const { clientCode, name, preset, apiToken } = options;
    const created = await perform(core, of.create, {}, { clientCode, name, preset });
    // The first token is offered when the tenant is made (API-1).
    const token =
      apiToken === undefined
        ? undefined
        : (await perform(core, tokens.create, { tenant: created.id }, { name: apiToken })).token;
    print(command, { ...created, ...(token ? { token } : {}) }, [
      `Tenant ${created.clientCode} starts from the preset ${preset}.`,
      token
        ? `API token ${apiToken}, shown once: ${token}`
        : `For its programs: token create --tenant ${created.clientCode} --name <name>`,
    ]);
  });
}

async function list(_options: object, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const tenants = await everyPage(async (from) => {
      const page = await perform(core, of.list, {}, from);
      return { items: page.tenants, next: page.next };
    });
    print(
      command,
      { tenants },
      columns([['CLIENT CODE', 'NAME'], ...tenants.map((t) => [t.clientCode, t.name])]),
    );
  });
}

async function show({ clientCode }: { clientCode: string }, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const found = await perform(core, of.show, { tenant: clientCode }, {});
    const rows = policyPaths.map((path) => [path, JSON.stringify(valueAt(found.policy, path) ?? 'off')]);
    print(command, found, [`${found.clientCode}  ${found.name}`, ...columns(rows)]);
  });
}

export function addTenantCommands(program: Command): void {
  const tenant = program.command('tenant').description('customer sites');
  commandOf(tenant, of.create)
    .requiredOption('--client-code <code>', 'what people type to name their site')
    .option('--name <name>', 'shown on pages; the client code unless given')
    .option('--preset <preset>', `the policy to start from: ${presetNames().join(', ')}`, 'modern')
    .option('--api-token <name>', 'makes its first API token too, shown once')
    .action(create);
  commandOf(tenant, of.list).action(list);
  tenant
    .command('show')
    .description(of.show.summary)
    .requiredOption('--client-code <code>', 'the client code of the tenant')
    .action(show);
}
