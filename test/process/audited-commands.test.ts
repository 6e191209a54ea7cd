import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import type { AuditType } from '../../src/capabilities/audit/index.ts';
import { memberOf } from '../../src/capabilities/credential-events/index.ts';
import { type Core, openCore } from '../../src/core/index.ts';
import { commandsAt } from '../../src/doors/cli/index.ts';
import { createLog, rfc3339, systemClock } from '../../src/foundation/base/index.ts';
import { loadSettings, readMasterKeys } from '../../src/foundation/settings/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { OPERATOR } from '../support/administration.ts';
import { CALLBACK, PASSWORD, SECRET } from '../support/app.ts';
import { runCommand, terminal } from '../support/command.ts';
import { freshFolder } from '../support/folder.ts';

const ANN = '--tenant ACME --population user --user-name ann';
const BOB = '--tenant ACME --population user --user-name bob';
const CAT = '--tenant ACME --population agent --user-name cat';

interface Case {
  args: string;
  writes: readonly AuditType[];
  input?: string;
  /** What the stores must hold before, which no command makes. */
  before?: (core: Core) => Promise<void>;
}

async function annOf(core: Core) {
  const tenant = await core.tenants.byClientCode('ACME');
  const account = tenant && (await core.accounts.byName(tenant.id, 'user', 'ann'))?.doc;
  if (!tenant || !account) throw new Error('ann is missing');
  return { tenant, account };
}

async function lockAnn(core: Core): Promise<void> {
  const { account } = await annOf(core);
  await core.accounts.update(account.id, (a) => ({ ...a, lock: { cause: 'password', at: 1 } }));
}

async function trustABrowser(core: Core): Promise<void> {
  const { tenant, account } = await annOf(core);
  await core.accounts.update(account.id, (a) => ({
    ...a,
    secondFactor: { ...a.secondFactor, status: 'active' },
  }));
  const visitor = { address: '192.0.2.1', browser: 'x' };
  await core.trustedBrowsers.begin(undefined, memberOf(account, tenant), visitor);
}

/** The id of what `startPreview` started, for STARTED in the arguments. */
let started = '';

async function startPreview(core: Core): Promise<void> {
  const { tenant } = await annOf(core);
  const request = { at: { tenant: tenant.id }, input: { values: {} }, actor: OPERATOR };
  const answer = await core.startOperation(operations.policy.preview, request);
  if ('refused' in answer) throw new Error(answer.refused.code);
  started = answer.operationId;
}

const TOMORROW = rfc3339(systemClock.now() + 86_400);

/** Everything that the commands change, in an order in which each finds what it needs. */
const CHANGES: readonly Case[] = [
  {
    args: 'tenant create --client-code ACME --preset cloudcx --api-token reports',
    writes: ['tenant.created', 'api-token.created'],
  },
  { args: 'policy set --tenant ACME secondFactor.trustDays=30', writes: ['policy.changed'] },
  { args: 'token create --tenant ACME --name other', writes: ['api-token.created'] },
  { args: 'token revoke --tenant ACME --name other', writes: ['api-token.revoked'] },
  {
    args: 'webhook create --tenant ACME --name siem --address https://hooks.example/',
    writes: ['webhook.created'],
  },
  {
    args: 'webhook create --tenant ACME --name other --address https://hooks.example/',
    writes: ['webhook.created'],
  },
  { args: 'webhook set --tenant ACME --webhook other --off', writes: ['webhook.changed'] },
  { args: 'webhook rotate-secret --tenant ACME --webhook other', writes: ['webhook.secret-rotated'] },
  { args: 'webhook test --tenant ACME --webhook siem', writes: ['webhook.tested'] },
  // Nothing was given up: nothing changes.
  { args: 'webhook retry --tenant ACME --webhook siem', writes: [] },
  { args: 'webhook delete --tenant ACME --webhook other', writes: ['webhook.deleted'] },
  {
    args: `account create ${ANN} --email ann@site.example --password-stdin --permanent`,
    input: PASSWORD,
    writes: ['account.created'],
  },
  {
    args: `account create ${BOB} --email bob@site.example --password-stdin --totp-secret-stdin`,
    input: `${PASSWORD}\n${SECRET}\n`,
    writes: ['account.created', 'authenticator.bound'],
  },
  { args: `account create ${CAT} --email cat@site.example`, writes: ['account.created'] },
  {
    args: `account set-password ${ANN} --password-stdin --permanent`,
    input: 'Another-9-horse-battery',
    writes: ['credential.event', 'password.set'],
  },
  { args: `account compromised ${ANN}`, writes: ['credential.event', 'password.compromised'] },
  { args: `account unlock ${ANN} --user-name bob`, writes: ['account.unlocked', 'account.unlocked'] },
  { args: 'account unlock --tenant ACME --all-locked', before: lockAnn, writes: ['account.unlocked'] },
  { args: `account enrol ${ANN}`, writes: ['account.enrolled'] },
  {
    args: `account slips --tenant ACME --population user --user-name ann --out OUT`,
    writes: ['activation-slip.made'],
  },
  { args: `account login-code ${BOB} --reason lost`, writes: ['login-code.made'] },
  { args: `account trusted-browsers ${ANN} --end all`, before: trustABrowser, writes: ['trust.ended'] },
  { args: `account turn-off-factor ${ANN}`, writes: ['factor.off'] },
  { args: `account reset-factor ${BOB}`, writes: ['credential.event', 'factor.reset'] },
  { args: `account sessions ${ANN} --end all`, writes: ['credential.event'] },
  { args: `account disable ${ANN}`, writes: ['credential.event', 'account.status'] },
  { args: `account enable ${ANN}`, writes: ['account.status'] },
  { args: `account permit ${ANN} --permission use-session-api`, writes: ['account.permissions'] },
  { args: `account permit ${ANN} --permission use-session-api --withdraw`, writes: ['account.permissions'] },
  { args: `account set-team ${ANN} --team billing`, writes: ['account.team'] },
  { args: `account set-role ${ANN} --role Manager`, writes: ['account.role'] },
  { args: 'role set --tenant ACME --role Manager unlock:team enrol', writes: ['role.changed'] },
  { args: `account delete ${CAT}`, writes: ['credential.event', 'account.deleted'] },
  {
    args: `application create --id desk --kind web --redirect-uri ${CALLBACK}`,
    writes: ['application.created'],
  },
  { args: 'application rotate-secret --id desk', writes: ['application.secret-rotated'] },
  { args: 'policy set --tenant ACME password.expireAfterDays=90', writes: ['policy.changed'] },
  {
    args: 'policy set --tenant ACME password.expireAfterDays=80 --end-sessions user',
    writes: ['policy.changed', 'sessions.ended'],
  },
  { args: 'policy set --tenant ACME password.expireAfterDays=70 --at +3d', writes: ['policy.scheduled'] },
  { args: 'policy set --tenant ACME --cancel-scheduled', writes: ['policy.scheduled'] },
  { args: 'policy rollback --tenant ACME --to 1', writes: ['policy.changed'] },
  {
    args: `compliance except --tenant ACME --rule pci-expiry --reason agreed --until ${TOMORROW}`,
    writes: ['compliance.excepted'],
  },
  { args: 'compliance withdraw --tenant ACME --rule pci-expiry', writes: ['compliance.withdrawn'] },
  // Of what reads, only this: who reads the audit is in it.
  { args: 'audit list --tenant ACME --limit 1', writes: ['audit.read'] },
  { args: 'audit export --tenant ACME --format csv', writes: ['audit.exported'] },
  { args: 'keys rotate --alg ES256', writes: ['key.rotated'] },
  { args: 'keys rotate --alg RS256 --compromised', writes: ['key.rotated'] },
  { args: 'keys reseal', writes: ['key.resealed'] },
  { args: 'operation cancel --id STARTED', before: startPreview, writes: ['operation.cancelled'] },
];

/** Commands that read, each as it is called here: none writes an entry. */
const READS: readonly string[] = [
  'check',
  'tenant list',
  'tenant show --client-code ACME',
  'policy show --tenant ACME',
  'policy preview --tenant ACME password.expireAfterDays=60',
  'policy history --tenant ACME',
  `account why ${ANN}`,
  'account list --tenant ACME',
  `account show ${ANN}`,
  'application logouts',
  'application list',
  'application show --id desk',
  'role list --tenant ACME',
  'token list --tenant ACME',
  'statistics show --tenant ACME',
  'compliance report --tenant ACME',
  'keys list',
  'operation list --tenant ACME',
  'webhook list --tenant ACME',
  'webhook show --tenant ACME --webhook siem',
  'webhook deliveries --tenant ACME --webhook siem',
  'operation show --id STARTED',
];

/** Commands that run until they are told to stop; their own tests say what they write. */
const SERVERS = ['start', 'demo'];

function leaves(command: Command, path: readonly string[] = []): string[] {
  if (command.commands.length === 0) return [path.join(' ')];
  return command.commands.flatMap((child) => leaves(child, [...path, child.name()]));
}

const COMMANDS = leaves(commandsAt(terminal().at));
const commandOf = (args: string) => COMMANDS.find((name) => args === name || args.startsWith(`${name} `));

let folder: ReturnType<typeof freshFolder>;
let environment: Record<string, string>;

async function opened<T>(work: (core: Core) => Promise<T>): Promise<T> {
  const settings = loadSettings({ environment });
  const { keys: masterKeys } = readMasterKeys(settings);
  const core = await openCore({ settings, masterKeys, clock: systemClock, log: createLog('silent') });
  try {
    return await work(core);
  } finally {
    await core.close();
  }
}

const entries = () =>
  opened(async ({ audit }) => {
    const { items } = await audit.page(undefined, 500);
    return items;
  });

async function written(args: string, input = '') {
  const before = (await entries()).length;
  const meant: Record<string, string> = { OUT: join(folder.path, 'slips.html'), STARTED: started };
  const argv = args.split(' ').map((arg) => meant[arg] ?? arg);
  const ended = await runCommand(argv, environment, input);
  expect([ended.code, ended.stderr]).toEqual([0, '']);
  return (await entries()).slice(before);
}

beforeAll(async () => {
  folder = freshFolder();
  environment = { SALLYPORT_DATA: join(folder.path, 'data'), SALLYPORT_ISSUER: 'http://localhost:3000' };
  expect((await runCommand(['check'], environment)).code).toBe(0);
});
afterAll(() => folder.remove());

describe('what a command changes stands in the audit', () => {
  test('SEC-4 X17 every command is said to change something or to read', () => {
    const said = [...CHANGES.map(({ args }) => args), ...READS].map(commandOf);
    expect([...new Set(said), ...SERVERS].sort()).toEqual([...COMMANDS].sort());
  });

  test.each(CHANGES)('SEC-4 X17 $args writes $writes', async ({ args, input, before, writes }) => {
    if (before) await opened(before);
    const news = await written(args, input);
    expect(news.map(({ type }) => type).sort()).toEqual([...writes].sort());
    for (const entry of news) expect(entry.actor).toBe('command-line');
  });

  test.each(READS)('SEC-4 X17 %s writes nothing', async (args) => {
    expect(await written(args)).toEqual([]);
  });
});
