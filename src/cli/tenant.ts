import type { Command } from 'commander';
import { loadPreset, policyPaths, presetNames, type Tenant, valueAt } from '../tenants/index.ts';
import { ACTOR } from './account-support.ts';
import { columns, print, Refused, tenantOf, withCore } from './terminal.ts';

const PROBLEMS = {
  'client-code': 'a client code takes 2 to 32 of A-Z, 0-9 and -',
  taken: 'the client code is taken',
} as const;

function shown({ id, clientCode, name, preset, createdAt }: Tenant) {
  return { id, clientCode, name, preset, createdAt };
}

async function everyTenant(
  list: (after?: string) => Promise<{ items: Tenant[]; next?: string }>,
): Promise<Tenant[]> {
  const all: Tenant[] = [];
  let after: string | undefined;
  do {
    const page = await list(after);
    all.push(...page.items);
    after = page.next;
  } while (after);
  return all;
}

export function addTenantCommands(program: Command): void {
  const tenant = program.command('tenant').description('customer sites');

  tenant
    .command('create')
    .requiredOption('--client-code <code>', 'what people type to name their site')
    .option('--name <name>', 'shown on pages; the client code unless given')
    .option('--preset <preset>', `the policy to start from: ${presetNames().join(', ')}`, 'modern')
    .action(async (options: { clientCode: string; name?: string; preset: string }, command: Command) => {
      const policy = loadPreset(options.preset);
      if (!policy)
        throw new Refused(`there is no preset ${options.preset}; there are ${presetNames().join(', ')}`);
      await withCore(command, async ({ tenants, audit }) => {
        const created = await tenants.create({
          clientCode: options.clientCode,
          name: options.name ?? options.clientCode,
          policy,
          preset: options.preset,
          by: ACTOR,
        });
        if (typeof created === 'string') throw new Refused(PROBLEMS[created]);
        await audit.write({
          type: 'tenant.created',
          outcome: 'success',
          actor: ACTOR,
          tenantId: created.id,
        });
        print(command, shown(created), [
          `Tenant ${created.clientCode} starts from the preset ${options.preset}.`,
        ]);
      });
    });

  tenant.command('list').action(async (_options: object, command: Command) => {
    await withCore(command, async ({ tenants }) => {
      const all = await everyTenant(tenants.list);
      print(
        command,
        { tenants: all.map(shown) },
        columns([['CLIENT CODE', 'NAME'], ...all.map((t) => [t.clientCode, t.name])]),
      );
    });
  });

  tenant
    .command('show')
    .requiredOption('--client-code <code>')
    .action(async (options: { clientCode: string }, command: Command) => {
      await withCore(command, async (core) => {
        const found = await tenantOf(core, options.clientCode);
        const rows = policyPaths.map((path) => [path, JSON.stringify(valueAt(found.policy, path) ?? 'off')]);
        print(command, { ...shown(found), policy: found.policy }, [
          `${found.clientCode}  ${found.name}`,
          ...columns(rows),
        ]);
      });
    });
}
