import type { Command } from 'commander';
import type { Population } from '../accounts/index.ts';
import { rfc3339 } from '../base/index.ts';
import type { Application, ApplicationKind } from '../oidc/core.ts';
import { deliveryStates } from '../sessions/index.ts';
import { ACTOR } from './account-support.ts';
import { readSecrets } from './input.ts';
import { collect, columns, print, Refused, tenantOf, withCore } from './terminal.ts';

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
  secretStdin?: boolean;
}

const KINDS = ['web', 'spa', 'native', 'machine'];
const POPULATIONS = ['user', 'agent', 'any'];

function shown({ secretHashes, ...application }: Application) {
  return { ...application, secrets: secretHashes.length };
}

function addCreate(application: Command): void {
  application
    .command('create')
    .requiredOption('--id <id>', 'the client_id')
    .requiredOption('--kind <kind>', KINDS.join(', '))
    .option('--name <name>', 'shown to people')
    .option('--redirect-uri <uri>', 'matched exactly; may be given several times', collect, [])
    .option('--post-logout-redirect-uri <uri>', 'may be given several times', collect, [])
    .option('--backchannel-logout-uri <uri>', 'hears of the end of every session')
    .option('--population <population>', POPULATIONS.join(', '), 'user')
    .option('--tenant <client-code>', 'fixes the tenant; otherwise the page asks for the client code')
    .option('--first-party', 'people are not asked for consent')
    .option('--audience <uri>', 'machine: the resource that its tokens are for; they are JWTs')
    .option('--scope <scope>', 'machine: may be given several times', collect, [])
    .option('--secret-stdin', 'read the secret from standard input; otherwise one is made and printed')
    .action(async (options: CreateOptions, command: Command) => {
      if (!KINDS.includes(options.kind)) throw new Refused(`the kind is one of ${KINDS.join(', ')}`);
      if (!POPULATIONS.includes(options.population))
        throw new Refused(`the population is one of ${POPULATIONS.join(', ')}`);
      const [secret] = await readSecrets(command, options.secretStdin ? ['--secret-stdin'] : []);
      await withCore(command, async (core) => {
        const tenant = options.tenant ? await tenantOf(core, options.tenant) : undefined;
        const created = await core.applications.create({
          id: options.id,
          kind: options.kind as ApplicationKind,
          name: options.name,
          redirectUris: options.redirectUri,
          postLogoutRedirectUris: options.postLogoutRedirectUri,
          backchannelLogoutUri: options.backchannelLogoutUri,
          population: options.population as Population | 'any',
          tenantId: tenant?.id ?? null,
          isFirstParty: options.firstParty ?? false,
          audience: options.audience ?? null,
          scopes: options.scope,
          secret,
        });
        if ('refused' in created) throw new Refused(created.refused);
        await core.audit.write({
          type: 'application.created',
          outcome: 'success',
          actor: ACTOR,
          applicationId: options.id,
          tenantId: tenant?.id ?? '',
        });
        const printed =
          created.secret !== undefined && secret === undefined ? { secret: created.secret } : {};
        print(command, { ...shown(created.application), ...printed }, [
          `Application ${options.id} is registered.`,
          ...('secret' in printed ? [`Secret, shown once: ${printed.secret}`] : []),
        ]);
      });
    });
}

interface DeliveryOptions {
  id?: string;
  state: string;
}

async function deliveries(options: DeliveryOptions, command: Command): Promise<void> {
  const state = deliveryStates.find((one) => one === options.state);
  if (!state) throw new Refused(`the state is one of ${deliveryStates.join(', ')}`);
  await withCore(command, async (core) => {
    const { id } = options;
    const { items } = await core.deliveries.list(id === undefined ? { state } : { state, applicationId: id });
    const rows = items.map(({ createdAt, applicationId, accountId, sid, attempts, triedAt, problem }) => ({
      since: rfc3339(createdAt),
      application: applicationId,
      account: accountId,
      sid,
      attempts,
      lastTried: triedAt === 0 ? '-' : rfc3339(triedAt),
      problem,
    }));
    const head = ['SINCE', 'APPLICATION', 'ACCOUNT', 'SID', 'ATTEMPTS', 'LAST TRIED', 'PROBLEM'];
    const table = rows.map((row) => Object.values(row).map(String));
    print(command, { state, deliveries: rows }, columns([head, ...table]));
  });
}

function addDeliveries(application: Command): void {
  application
    .command('logouts')
    .description('which applications were told of ended sessions, and which could not be')
    .option('--id <id>', 'of one application')
    .option('--state <state>', deliveryStates.join(', '), 'pending')
    .action(deliveries);
}

export function addApplicationCommands(program: Command): void {
  const application = program.command('application').description('OpenID Connect clients');
  addCreate(application);
  addDeliveries(application);

  application.command('list').action(async (_options: object, command: Command) => {
    await withCore(command, async ({ applications }) => {
      const items: Application[] = [];
      let after: string | undefined;
      do {
        const page = await applications.list(after);
        items.push(...page.items);
        after = page.next;
      } while (after);
      const rows = items.map((a) => [a.id, a.kind, a.population, a.redirectUris.join(' ')]);
      print(
        command,
        { applications: items.map(shown) },
        columns([['ID', 'KIND', 'POPULATION', 'REDIRECT URIS'], ...rows]),
      );
    });
  });

  application
    .command('show')
    .requiredOption('--id <id>')
    .action(async (options: { id: string }, command: Command) => {
      await withCore(command, async ({ applications }) => {
        const found = await applications.byId(options.id);
        if (!found) throw new Refused(`there is no application ${options.id}`);
        const rows = Object.entries(shown(found)).map(([name, value]) => [
          name,
          typeof value === 'object' ? JSON.stringify(value) : String(value),
        ]);
        print(command, shown(found), columns(rows));
      });
    });

  application
    .command('rotate-secret')
    .requiredOption('--id <id>')
    .action(async (options: { id: string }, command: Command) => {
      await withCore(command, async ({ applications, audit }) => {
        const secret = await applications.rotateSecret(options.id);
        if (!secret) throw new Refused(`there is no application ${options.id} with a secret`);
        const tenantId = (await applications.byId(options.id))?.tenantId ?? '';
        await audit.write({
          type: 'application.secret-rotated',
          outcome: 'success',
          actor: ACTOR,
          applicationId: options.id,
          tenantId,
        });
        print(command, { secret }, [
          `Secret, shown once: ${secret}`,
          'The former one keeps working until the next rotation.',
        ]);
      });
    });
}
