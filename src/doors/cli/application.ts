import type { Command } from 'commander';
import { deliveryStates } from '../../capabilities/delivery-queue/index.ts';
import { rfc3339 } from '../../foundation/base/index.ts';
import { operations } from '../../use-cases/administration/index.ts';
import { readSecrets } from './input.ts';
import { commandOf, everyPage, perform } from './operations.ts';
import { collect, columns, print, withCore } from './terminal.ts';

const { application: of } = operations;

interface CreateOptions {
  id: string;
  kind: string;
  name?: string;
  redirectUri: string[];
  postLogoutRedirectUri: string[];
  backchannelLogoutUri?: string;
  population: string;
  tenant?: string;
  firstParty?: boolean;
  audience?: string;
  scope: string[];
  role?: string;
  secretStdin?: boolean;
}

type Kind = 'web' | 'spa' | 'native' | 'machine';

async function create(options: CreateOptions, command: Command): Promise<void> {
  const [secret] = await readSecrets(command, options.secretStdin ? ['--secret-stdin'] : []);
  await withCore(command, async (core) => {
    const { id, name, backchannelLogoutUri, audience } = options;
    const input = {
      id,
      name,
      backchannelLogoutUri,
      audience,
      secret,
      // What is no kind or population is refused by the operation, by name.
      kind: options.kind as Kind,
      population: options.population as 'any',
      redirectUris: options.redirectUri,
      postLogoutRedirectUris: options.postLogoutRedirectUri,
      isFirstParty: options.firstParty ?? false,
      scopes: options.scope,
      role: options.role as 'SysAdmin' | undefined,
    };
    const created = await perform(core, of.create, { tenant: options.tenant }, input);
    print(command, created, [
      `Application ${id} is registered.`,
      ...(created.secret === undefined ? [] : [`Secret, shown once: ${created.secret}`]),
    ]);
  });
}

interface DeliveryOptions {
  id?: string;
  state: string;
}

async function deliveries(options: DeliveryOptions, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const wanted = { application: options.id, state: options.state as 'pending' };
    const told = await perform(core, of.logouts, {}, wanted);
    const rows = told.deliveries.map(
      ({ createdAt, applicationId, accountId, sid, attempts, triedAt, problem }) => ({
        since: rfc3339(createdAt),
        application: applicationId,
        account: accountId,
        sid,
        attempts,
        lastTried: triedAt === null ? '-' : rfc3339(triedAt),
        problem,
      }),
    );
    const head = ['SINCE', 'APPLICATION', 'ACCOUNT', 'SID', 'ATTEMPTS', 'LAST TRIED', 'PROBLEM'];
    const table = rows.map((row) => Object.values(row).map(String));
    print(command, { state: told.state, deliveries: rows }, columns([head, ...table]));
  });
}

async function list({ tenant }: { tenant?: string }, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const applications = await everyPage(async (from) => {
      const page = await perform(core, of.list, { tenant }, from);
      return { items: page.applications, next: page.next };
    });
    const rows = applications.map((a) => [a.id, a.kind, a.population, a.redirectUris.join(' ')]);
    print(command, { applications }, columns([['ID', 'KIND', 'POPULATION', 'REDIRECT URIS'], ...rows]));
  });
}

async function show({ id }: { id: string }, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const found = await perform(core, of.show, { application: id }, {});
    const rows = Object.entries(found).map(([name, value]) => [
      name,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]);
    print(command, found, columns(rows));
  });
}

async function rotateSecret({ id }: { id: string }, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const { secret } = await perform(core, of.rotateSecret, { application: id }, {});
    print(command, { secret }, [
      `Secret, shown once: ${secret}`,
      'The former one keeps working until the next rotation.',
    ]);
  });
}

export function addApplicationCommands(program: Command): void {
  const application = program.command('application').description('OpenID Connect clients');
  commandOf(application, of.create)
    .requiredOption('--id <id>', 'the client_id')
    .requiredOption('--kind <kind>', 'web, spa, native, machine')
    .option('--name <name>', 'shown to people')
    .option('--redirect-uri <uri>', 'matched exactly; may be given several times', collect, [])
    .option('--post-logout-redirect-uri <uri>', 'may be given several times', collect, [])
    .option('--backchannel-logout-uri <uri>', 'is told of the end of every session')
    .option('--population <population>', 'user, agent, any', 'user')
    .option('--tenant <client-code>', 'fixes the tenant; otherwise the page asks for the client code')
    .option('--first-party', 'people are not asked for consent')
    .option('--audience <uri>', 'machine: the resource that its tokens are for; they are JWTs')
    .option(
      '--scope <scope>',
      'may be given several times; `admin`: may ask people for the admin API',
      collect,
      [],
    )
    .option('--role <role>', 'machine: what it may do at the admin API, in its tenant')
    .option('--secret-stdin', 'read the secret from standard input; otherwise one is made and printed')
    .action(create);
  commandOf(application, of.logouts)
    .option('--id <id>', 'of one application')
    .option('--state <state>', deliveryStates.join(', '), 'pending')
    .action(deliveries);
  commandOf(application, of.list)
    .option('--tenant <client-code>', 'only those that are fixed to this tenant')
    .action(list);
  commandOf(application, of.show).action(show);
  commandOf(application, of.rotateSecret).action(rotateSecret);
}
