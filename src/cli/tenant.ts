import type { Command } from 'commander';
import type { Core } from '../core.ts';
import { loadPreset, policyPaths, presetNames, type Tenant, valueAt } from '../tenants/index.ts';
import { ACTOR, OPERATOR } from './account-support.ts';
import { columns, print, Refused, tenantOf, withCore } from './terminal.ts';

const PROBLEMS = {
  'client-code': 'a client code takes 2 to 32 of A-Z, 0-9 and -',
  taken: 'the client code is taken',
} as const;

function shown({ id, number, clientCode, name, preset, createdAt }: Tenant) {
  return { id, number, clientCode, name, preset, createdAt };
}

interface CreateOptions {
  clientCode: string;
  name?: string;
  preset: string;
  apiToken?: string;
}

/** The first token is offered when the tenant is made (API-1). @returns its secret */
async function firstToken(core: Core, tenant: Tenant, name: string | undefined): Promise<string | undefined> {
  if (name === undefined) return undefined;
  const made = await core.administration.createToken(tenant, name, OPERATOR);
  if ('refused' in made) throw new Refused(`the tenant is made, but no token: ${made.refused}`);
  return made.secret;
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
    .option('--api-token <name>', 'makes its first API token too, shown once')
    .action(async (options: CreateOptions, command: Command) => {
      const policy = loadPreset(options.preset);
      if (!policy)
        throw new Refused(`there is no preset ${options.preset}; there are ${presetNames().join(', ')}`);
      await withCore(command, async (core) => {
        const { tenants, audit } = core;
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
        const token = await firstToken(core, created, options.apiToken);
        print(command, { ...shown(created), ...(token ? { token } : {}) }, [
          `Tenant ${created.clientCode} starts from the preset ${options.preset}.`,
          ...(token
            ? [`API token ${options.apiToken}, shown once: ${token}`]
            : [`For its programs: token create --tenant ${created.clientCode} --name <name>`]),
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
