import { describe, expect, test } from '@jest/globals';
import {
  defaultRoles,
  grantable,
  grantsOf,
  grantsOfRole,
  type Permission,
  permissionNames,
  type Reach,
} from '../../src/capabilities/accounts/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { actorFor, administer, attempt, refusalOf } from '../support/administration.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();
const reachOf = (grants: readonly { permission: Permission; reach: Reach }[]) =>
  Object.fromEntries(grants.map(({ permission, reach }) => [permission, reach]));

describe('ACC-4 what comes with a role', () => {
  const source = { clientCode: 'ACME' };

  test('a SysAdmin holds everything in the tenant, and nothing beyond', () => {
    const tenantWide = Object.fromEntries(grantable.map((name) => [name, 'tenant']));
    expect(reachOf(grantsOfRole('SysAdmin', source))).toEqual({ ...tenantWide, 'use-session-api': 'self' });
    expect(permissionNames.filter((name) => !grantable.includes(name))).toEqual([
      'manage-tenants',
      'manage-keys',
    ]);
  });

  test('ACC-5 a SuperUser sees, sets passwords, unlocks, enrols, resets, issues codes and ends sessions', () => {
    expect(reachOf(defaultRoles.SuperUser)).toEqual({
      'read-accounts': 'tenant',
      'set-password': 'tenant',
      unlock: 'tenant',
      enrol: 'tenant',
      'reset-factor': 'tenant',
      'login-code': 'tenant',
      'end-sessions': 'tenant',
    });
  });

  test('ACC-5 a Manager sees, unlocks and issues codes for their own team only', () => {
    expect(reachOf(defaultRoles.Manager)).toEqual({
      'read-accounts': 'team',
      unlock: 'team',
      'login-code': 'team',
    });
  });

  test('ACC-5 an Agent holds nothing', () => expect(defaultRoles.Agent).toEqual([]));

  test('the operator is the SysAdmin of the reserved tenant, and the only one who reaches beyond a tenant', () => {
    const operator = { clientCode: 'OPERATOR' };
    expect(reachOf(grantsOfRole('SysAdmin', operator))).toMatchObject({
      'manage-tenants': 'installation',
      'manage-keys': 'installation',
      'set-password': 'installation',
    });
    for (const role of ['SuperUser', 'Manager', 'Agent'] as const)
      for (const clientCode of ['OPERATOR', 'ACME'])
        for (const { reach } of grantsOf({ role, permissions: [...grantable] }, { clientCode }))
          expect(reach).not.toBe('installation');
  });
});

describe('ACC-4 roles are editable per tenant', () => {
  test('the change holds at once, in that tenant only', async () => {
    const [tenant, other] = [await server.tenant(), await server.tenant()];
    const grants = [{ permission: 'enrol' as const, reach: 'team' as const }];
    await administer(server, operations.role.set, tenant, { role: 'Agent', grants });
    const rolesOf = async (one: typeof tenant) =>
      (await administer(server, operations.role.list, one, {})).roles.find(({ role }) => role === 'Agent');
    expect(await rolesOf(tenant)).toEqual({ role: 'Agent', grants });
    expect(await rolesOf(other)).toEqual({ role: 'Agent', grants: [] });
  });

  test('ACC-6 SysAdmin stays as it is: a tenant stays administrable', async () => {
    const tenant = await server.tenant();
    expect(await refusalOf(server, operations.role.set, tenant, { role: 'SysAdmin', grants: [] })).toEqual({
      code: 'role_fixed',
      values: { role: 'SysAdmin' },
    });
  });

  test.each([
    { permission: 'manage-tenants', reach: 'tenant' },
    { permission: 'manage-keys', reach: 'tenant' },
    { permission: 'set-password', reach: 'installation' },
  ])(
    'ACC-6 no role of a tenant holds $permission with the reach $reach, not even by the operator',
    async (grant) => {
      const tenant = await server.tenant();
      const input = { role: 'SuperUser' as const, grants: [grant as never] };
      expect((await refusalOf(server, operations.role.set, tenant, input)).code).toBe('input_invalid');
      const permit = { permission: grant.permission as 'unlock' };
      if (grant.reach === 'tenant')
        expect(
          (await refusalOf(server, operations.account.permit, await server.account(tenant), permit)).code,
        ).toBe('input_invalid');
    },
  );

  test('ACC-6 the session API is about oneself: a role that has it outranks no SysAdmin', async () => {
    const tenant = await server.tenant();
    const grants = [{ permission: 'use-session-api' as const, reach: 'tenant' as const }];
    const changed = await administer(server, operations.role.set, tenant, { role: 'Agent', grants });
    expect(changed.grants).toEqual([{ permission: 'use-session-api', reach: 'self' }]);
    const chief = await actorFor(server, await server.account(tenant, { role: 'SysAdmin' }));
    const agent = await server.account(tenant);
    expect(await attempt(server, operations.account.disable, agent, {}, chief)).toHaveProperty('output');
  });

  test('the roles of the operators can be listed', async () => {
    const tenant = await server.tenant('modern', (policy) => policy, 'OPERATOR');
    const { roles } = await administer(server, operations.role.list, tenant, {});
    expect(roles[0]?.grants).toContainEqual({ permission: 'manage-tenants', reach: 'installation' });
  });
});

test('ACC-6 a SuperUser ends the sessions of an account, not of a population with its SysAdmins', async () => {
  const tenant = await server.tenant();
  const actor = await actorFor(server, await server.account(tenant, { role: 'SuperUser' }));
  const { account, policy } = operations;
  const agent = await server.account(tenant);
  expect(await attempt(server, account.endAllSessions, agent, {}, actor)).toHaveProperty('output');
  expect(await refusalOf(server, policy.endSessions, tenant, { population: 'user' }, actor)).toEqual({
    code: 'outranked',
    values: {},
  });
  const chief = await actorFor(server, await server.account(tenant, { role: 'SysAdmin' }));
  expect(await attempt(server, policy.endSessions, tenant, { population: 'user' }, chief)).toHaveProperty(
    'output',
  );
});

describe('ACC-6 no account becomes an operator by what others give it', () => {
  test('a SuperUser of the operators, with every permission that can be given, reaches neither their SysAdmin nor a tenant', async () => {
    const tenant = (await server.core.tenants.byClientCode('OPERATOR')) as NonNullable<unknown> as Awaited<
      ReturnType<typeof server.tenant>
    >;
    const chief = await server.account(tenant, { role: 'SysAdmin' });
    const assistant = await server.account(tenant, { role: 'SuperUser', permissions: [...grantable] });
    const actor = await actorFor(server, assistant);
    expect(actor.isOperator).toBe(false);
    const code = async (performed: Promise<object>) =>
      ((await performed) as { refused?: { code: string } }).refused?.code;
    const { account, tenant: tenants } = operations;
    expect(await code(attempt(server, account.setPassword, chief, {}, actor))).toBe('outranked');
    expect(await code(attempt(server, account.disable, chief, {}, actor))).toBe('outranked');
    expect(await code(attempt(server, account.setRole, assistant, { role: 'SysAdmin' }, actor))).toBe(
      'permission_not_held',
    );
    const person = { population: 'user' as const, userName: 'mole', role: 'SysAdmin' as const };
    expect(await code(attempt(server, account.create, tenant, person, actor))).toBe('permission_not_held');
    expect(await code(attempt(server, tenants.list, null, {}, actor))).toBe('forbidden');
    const victim = await server.account(await server.tenant());
    expect(await code(attempt(server, account.setPassword, victim, {}, actor))).toBe('not_found');
  });

  test('the code of the operators is taken once, in upper or lower case', async () => {
    const input = { clientCode: 'Operator' };
    expect((await refusalOf(server, operations.tenant.create, null, input)).code).toMatch(/^client_code_/);
  });
});
