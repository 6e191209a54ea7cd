import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Account, roles } from '../../src/capabilities/accounts/index.ts';
import type { Tenant } from '../../src/capabilities/tenants/index.ts';
import { newId } from '../../src/foundation/base/index.ts';
import { type AnyOperation, allOperations, operations } from '../../src/use-cases/administration/index.ts';
import { type ApiAnswer, type ApiClient, machine, person } from '../support/admin-api.ts';
import { type Aim, callOf, type Row, type Verdict, verdictOf } from '../support/admin-matrix.ts';
import { OPERATOR } from '../support/administration.ts';
import { documentsOf } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll({ SALLYPORT_ADMIN_CALLS_PER_MINUTE: '100000' });

const ROWS: readonly Row[] = [
  ...roles.map((role) => ({ name: `${role}`, role, isOperator: false, team: 'north' })),
  ...roles.map((role) => ({ name: `machine ${role}`, role, isOperator: false, team: null })),
  { name: 'operator', role: 'SysAdmin', isOperator: true, team: null },
];

const own = {} as Tenant;
const other = {} as Tenant;
const clients = new Map<string, ApiClient>();
const people = new Map<string, string>();
let operatorTenant: Tenant;

const clientOf = ({ name }: Row) => clients.get(name) as ApiClient;

/** Without a password, so that no time goes into hashing. */
async function plain(tenant: Tenant, team: string | null, role: Account['role'] = 'Agent'): Promise<string> {
  const made = await server.core.accounts.create({
    tenantId: tenant.id,
    population: 'user',
    userName: newId(),
    role,
    password: null,
    identifiedBy: tenant.policy.signIn.identifiedBy,
  });
  if ('refused' in made) throw new Error(made.refused.code);
  if (team) await server.core.accounts.update(made.id, (account) => ({ ...account, team }));
  return made.id;
}

async function started(tenant: Tenant): Promise<string> {
  const begun = await server.core.startOperation(operations.policy.preview, {
    at: { tenant: tenant.id },
    input: { values: {} },
    actor: OPERATOR,
  });
  if ('refused' in begun) throw new Error(begun.refused.code);
  const { operationId } = begun;
  await eventually(
    async () => (await server.core.longOperations.byId(operationId))?.state,
    (state) => state === 'done',
  );
  return operationId;
}

/** What the operations that name something by its name find. */
async function provide(tenant: Tenant): Promise<void> {
  const webhook = { name: 'made here', address: 'https://hooks.example/', types: [] };
  const made = await server.core.webhooks.create(tenant.id, webhook, 'x');
  // Told of nothing: what it was told would be a document that a refused call leaves behind.
  if ('webhook' in made) await server.core.webhooks.change(made.webhook.webhookId, { enabled: false }, 'x');
  await server.core.apiTokens.create(tenant.id, 'made here', 'x');
  const exception = {
    rule: 'pci-expiry',
    reason: 'x',
    until: server.core.clock.now() + 86_400,
    by: 'x',
    at: 1,
  };
  await server.core.tenants.setException(tenant.id, exception);
  // Sign-ins were counted; what is written later would be a change that a refused call seems to make.
  await server.core.statistics.flush();
}

const aims = new Map<AnyOperation['on'], readonly Aim[]>();

async function accountAims(): Promise<Aim[]> {
  const tenant = own.clientCode;
  const [north, south, boss, foreign] = [
    await plain(own, 'north'),
    await plain(own, 'south'),
    await plain(own, 'north', 'SysAdmin'),
    await plain(other, 'north'),
  ];
  return [
    { name: 'of the team', at: { tenant, account: north }, of: 'own', team: 'north' },
    { name: 'of another team', at: { tenant, account: south }, of: 'own', team: 'south' },
    { name: 'a SysAdmin', at: { tenant, account: boss }, of: 'own', team: 'north', isPowerful: true },
    { name: 'foreign', at: { tenant: other.clientCode, account: foreign }, of: 'foreign', team: 'north' },
    { name: 'foreign, as if it were of this tenant', at: { tenant, account: foreign }, of: 'nowhere' },
    { name: 'none', at: { tenant, account: newId() }, of: 'nowhere' },
    { name: 'none of no tenant', at: { tenant: 'NOT-THERE', account: newId() }, of: 'nowhere' },
    ...ROWS.flatMap(({ name, role, team }): Aim[] => {
      const account = people.get(name);
      if (account === undefined) return [];
      const isPowerful = role === 'SysAdmin';
      return [
        {
          name: `the account of ${name}`,
          at: { tenant, account },
          of: 'own',
          team: team ?? '',
          self: name,
          isPowerful,
        },
      ];
    }),
  ];
}

beforeAll(async () => {
  Object.assign(own, await server.tenant());
  Object.assign(other, await server.tenant());
  operatorTenant = await server.tenant('modern', undefined, 'OPERATOR');
  for (const row of ROWS) {
    const { name, role, team, isOperator } = row;
    const isPerson = !isOperator && !name.startsWith('machine');
    const client = isPerson
      ? await person(server, own, role)
      : await machine(server, isOperator ? operatorTenant : own, role);
    clients.set(name, client);
    if (!isPerson) continue;
    people.set(name, client.id);
    await server.core.accounts.update(client.id, (account) => ({ ...account, team }));
  }
  const tenantAims: Aim[] = [
    { name: 'own', at: { tenant: own.clientCode }, of: 'own' },
    { name: 'own by its id', at: { tenant: own.id }, of: 'own' },
    { name: 'foreign', at: { tenant: other.clientCode }, of: 'foreign' },
    { name: 'foreign by its id', at: { tenant: other.id }, of: 'foreign' },
    { name: 'none', at: { tenant: 'NOT-THERE' }, of: 'nowhere' },
  ];
  const nowhere = { tenant: null };
  const application = async (tenant: { id: string } | typeof nowhere) =>
    (await server.application({ tenantId: 'id' in tenant ? tenant.id : null })).id;
  aims.set('tenant', tenantAims);
  aims.set('area', [{ name: 'no tenant', at: {}, of: 'own' }, ...tenantAims]);
  aims.set('installation', [{ name: 'the installation', at: {}, of: 'installation' }]);
  aims.set('application', [
    { name: 'own', at: { application: await application(own) }, of: 'own' },
    { name: 'foreign', at: { application: await application(other) }, of: 'foreign' },
    { name: 'of the installation', at: { application: await application(nowhere) }, of: 'installation' },
    { name: 'none', at: { application: 'not-there' }, of: 'nowhere' },
  ]);
  const needs = operations.policy.preview.permission;
  aims.set('operation', [
    { name: 'own', at: { operation: await started(own) }, of: 'own', needs },
    { name: 'foreign', at: { operation: await started(other) }, of: 'foreign', needs },
    { name: 'none', at: { operation: newId() }, of: 'nowhere' },
  ]);
  aims.set('account', await accountAims());
  await provide(own);
  await provide(other);
});

interface Cell {
  row: Row;
  aim: Aim;
  verdict: Verdict;
}

const cellsOf = (operation: AnyOperation): Cell[] =>
  ROWS.flatMap((row) =>
    (aims.get(operation.on) ?? []).map((aim) => ({ row, aim, verdict: verdictOf(operation, row, aim) })),
  );

const call = (client: ApiClient, operation: AnyOperation, at: Aim['at']): Promise<ApiAnswer> => {
  const { method, path, fields } = callOf(operation, at);
  return client.call(method, path, fields);
};

const CODES: Readonly<Record<string, Verdict>> = {
  not_found: 'missing',
  forbidden: 'forbidden',
  outranked: 'outranked',
};

/** What the answer says, in the words of the table. */
const heard = ({ body }: ApiAnswer): Verdict => CODES[body?.code ?? ''] ?? 'admitted';

const saidOf = (operation: AnyOperation, { row, aim }: Cell, verdict: Verdict) =>
  `${row.name}: ${operation.name} on ${aim.name}: ${verdict}`;

/** The answer without what the caller typed, and without what every answer has of its own. */
function bytes({ status, headers, body }: ApiAnswer, at: Aim['at']): string {
  const kept = [...headers].filter(
    ([name]) => !['date', 'x-request-id', 'ratelimit', 'content-length'].includes(name),
  );
  return Object.values(at).reduce(
    (text, typed) => text.replaceAll(typed, '…'),
    JSON.stringify([status, kept, body]),
  );
}

const table = allOperations.map((operation) => [operation.name, operation] as const);

describe('S82 ACC-5 who is refused: as the table of permissions says, and nothing is changed', () => {
  test.each(table)('%s', async (_, operation) => {
    const before = await documentsOf(server);
    const [expected, met]: [string[], string[]] = [[], []];
    const missing = new Map<string, Set<string>>();
    const refused = cellsOf(operation).filter(({ verdict }) => verdict !== 'admitted');
    const answers = await Promise.all(
      refused.map(async (cell) => ({ cell, answer: await call(clientOf(cell.row), operation, cell.aim.at) })),
    );
    for (const { cell, answer } of answers) {
      const { row, aim, verdict } = cell;
      expected.push(saidOf(operation, cell, verdict));
      met.push(saidOf(operation, cell, heard(answer)));
      if (verdict !== 'missing' || row.isOperator) continue;
      missing.set(row.name, (missing.get(row.name) ?? new Set()).add(bytes(answer, aim.at)));
    }
    expect(met).toEqual(expected);
    // TEN-1: what is out of reach is answered like what does not exist, to the byte.
    for (const different of missing.values()) expect([...different]).toHaveLength(1);
    expect(await documentsOf(server)).toEqual(before);
  });
});

/** Where a change is made, it is made on something new: what others aim at stays. */
async function expendable(operation: AnyOperation, { aim }: Cell): Promise<Aim['at']> {
  if (operation.effect === 'reads' || aim.of === 'nowhere') return aim.at;
  const tenant = aim.of === 'foreign' ? other : own;
  if (operation.on === 'account')
    return { tenant: tenant.id, account: await plain(tenant, aim.team ?? null) };
  if (operation.on === 'operation') return { operation: await started(tenant) };
  await provide(tenant);
  return aim.at;
}

describe('S82 ACC-5 who is admitted: as the table of permissions says', () => {
  test.each(table)('%s', async (_, operation) => {
    const [expected, met]: [string[], string[]] = [[], []];
    for (const cell of cellsOf(operation)) {
      const { row, aim, verdict } = cell;
      // On themselves and on others with power, only what is read.
      if (verdict !== 'admitted' || (operation.effect !== 'reads' && aim.isPowerful)) continue;
      const answer = await call(clientOf(row), operation, await expendable(operation, cell));
      expected.push(saidOf(operation, cell, verdict));
      met.push(saidOf(operation, cell, heard(answer)));
    }
    expect(met).toEqual(expected);
  });
});
