import type { Command } from 'commander';
import type { AuditType } from '../../capabilities/audit/index.ts';
import { deliveryStates } from '../../capabilities/delivery-queue/index.ts';
import { rfc3339 } from '../../foundation/base/index.ts';
import { operations } from '../../use-cases/administration/index.ts';
import { commandOf, everyPage, perform } from './operations.ts';
import { collect, columns, print, Refused, withCore } from './terminal.ts';

const { webhook: of } = operations;

interface NamedWebhook {
  tenant: string;
  webhook: string;
}

const instantOf = (at: number | null) => (at === null ? '-' : rfc3339(at));

interface Shown {
  createdAt: number;
  changedAt: number;
  failingSince: number | null;
}

function withTimes<T extends Shown>(webhook: T) {
  const { createdAt, changedAt, failingSince } = webhook;
  return {
    ...webhook,
    createdAt: rfc3339(createdAt),
    changedAt: rfc3339(changedAt),
    failingSince: failingSince === null ? null : rfc3339(failingSince),
  };
}

async function create(
  { tenant, name, address, type }: { tenant: string; name: string; address: string; type: string[] },
  command: Command,
): Promise<void> {
  await withCore(command, async (core) => {
    // What is no type is refused by the operation, by name.
    const input = { name, address, types: type as AuditType[] };
    const created = await perform(core, of.create, { tenant }, input);
    print(command, withTimes(created), [
      `Webhook ${created.name} is told from now on.`,
      `Secret, shown once: ${created.secret}`,
    ]);
  });
}

async function list({ tenant }: { tenant: string }, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const { webhooks } = await perform(core, of.list, { tenant }, {});
    const rows = webhooks.map((one) => [
      one.name,
      one.id,
      one.enabled ? 'on' : 'off',
      instantOf(one.failingSince),
      one.types.join(' ') || 'all',
      one.address,
    ]);
    const head = ['NAME', 'ID', 'STATE', 'FAILS SINCE', 'EVENTS', 'ADDRESS'];
    print(command, { webhooks: webhooks.map(withTimes) }, columns([head, ...rows]));
  });
}

async function show({ tenant, webhook }: NamedWebhook, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const found = withTimes(await perform(core, of.show, { tenant }, { webhook }));
    const rows = Object.entries(found).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(' ') || 'all' : String(value ?? '-'),
    ]);
    print(command, found, columns(rows));
  });
}

interface SetOptions extends NamedWebhook {
  address?: string;
  type: string[];
  allTypes?: boolean;
  on?: boolean;
  off?: boolean;
  reason: string;
}

async function set(options: SetOptions, command: Command): Promise<void> {
  const { tenant, webhook, address, type, allTypes, on, off, reason } = options;
  if (on && off) throw new Refused('--on and --off exclude each other');
  if (allTypes && type.length > 0) throw new Refused('--all-types and --type exclude each other');
  await withCore(command, async (core) => {
    const isNamed = allTypes || type.length > 0;
    const changed = await perform(
      core,
      of.set,
      { tenant },
      {
        webhook,
        address,
        types: isNamed ? (type as AuditType[]) : undefined,
        enabled: on || off ? on === true : undefined,
        reason,
      },
    );
    print(command, withTimes(changed), [
      `Webhook ${changed.name} is ${changed.enabled ? 'on' : 'off'}: ${changed.address}`,
    ]);
  });
}

async function remove(
  { tenant, webhook, reason }: NamedWebhook & { reason: string },
  command: Command,
): Promise<void> {
  await withCore(command, async (core) => {
    const { deleted } = await perform(core, of.remove, { tenant }, { webhook, reason });
    print(command, { deleted }, [`Webhook ${deleted} is deleted.`]);
  });
}

async function rotateSecret({ tenant, webhook }: NamedWebhook, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const { secret } = await perform(core, of.rotateSecret, { tenant }, { webhook });
    print(command, { secret }, [
      `Secret, shown once: ${secret}`,
      'The former one signs beside it for a day.',
    ]);
  });
}

async function test({ tenant, webhook }: NamedWebhook, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const tested = await perform(core, of.test, { tenant }, { webhook });
    const said = tested.delivered ? 'The receiver took the event.' : `It failed: ${tested.problem}`;
    print(command, tested, [said]);
  });
}

async function deliveries(
  { tenant, webhook, state }: NamedWebhook & { state?: string },
  command: Command,
): Promise<void> {
  await withCore(command, async (core) => {
    const found = await everyPage(async (from) => {
      const query = { webhook, state: state as 'pending' | undefined, ...from };
      const page = await perform(core, of.deliveries, { tenant }, query);
      return { items: page.deliveries, next: page.next };
    });
    const rows = found.map((one) => ({
      ...one,
      createdAt: rfc3339(one.createdAt),
      triedAt: one.triedAt === null ? null : rfc3339(one.triedAt),
    }));
    const head = ['SINCE', 'EVENT', 'STATE', 'ATTEMPTS', 'LAST TRIED', 'ID', 'PROBLEM'];
    const table = rows.map((one) => [
      one.createdAt,
      one.type,
      one.state,
      String(one.attempts),
      one.triedAt ?? '-',
      one.id,
      one.problem,
    ]);
    print(command, { deliveries: rows }, columns([head, ...table]));
  });
}

async function retry(
  { tenant, webhook, delivery, reason }: NamedWebhook & { delivery?: string; reason: string },
  command: Command,
): Promise<void> {
  await withCore(command, async (core) => {
    const { queued } = await perform(core, of.retry, { tenant }, { webhook, delivery, reason });
    print(command, { queued }, [`${queued} events are queued again.`]);
  });
}

export function addWebhookCommands(program: Command): void {
  const webhook = program
    .command('webhook')
    .description('Addresses of a tenant that hear of the events of its audit');
  const ofOne = (operation: Parameters<typeof commandOf>[1]) =>
    commandOf(webhook, operation).requiredOption('--webhook <webhook>', 'its id or its name');
  commandOf(webhook, of.create)
    .requiredOption('--name <name>', 'unique in the tenant')
    .requiredOption('--address <url>', 'https')
    .option(
      '--type <type>',
      'an event of the audit; may be given several times, all unless given',
      collect,
      [],
    )
    .action(create);
  commandOf(webhook, of.list).action(list);
  ofOne(of.show).action(show);
  ofOne(of.set)
    .option('--address <url>', 'https')
    .option('--type <type>', 'an event of the audit; may be given several times', collect, [])
    .option('--all-types', 'every event')
    .option('--on', 'goes on where it stopped')
    .option('--off', 'is told nothing')
    .action(set);
  ofOne(of.remove).action(remove);
  ofOne(of.rotateSecret).action(rotateSecret);
  ofOne(of.test).action(test);
  ofOne(of.deliveries).option('--state <state>', deliveryStates.join(', ')).action(deliveries);
  ofOne(of.retry).option('--delivery <id>', 'one event; all that are given up unless given').action(retry);
}
