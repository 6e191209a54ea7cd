import { describe, expect, test } from '@jest/globals';
import { operations } from '../../src/use-cases/administration/index.ts';
import { actorFor, administer, attempt, refusalOf } from '../support/administration.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();
const { account: of } = operations;

/** A tenant with a Manager and an agent in each of two teams, which `account set-team` made. */
async function teams() {
  const tenant = await server.tenant('livevox');
  const of = async (team: string) => {
    const manager = await server.account(tenant, { role: 'Manager' });
    const agent = await server.account(tenant, { population: 'agent' });
    for (const one of [manager, agent])
      await administer(server, operations.account.setTeam, one, { team, reason: 'hired' });
    return { manager: await server.reread(manager), agent: await server.reread(agent) };
  };
  return { tenant, north: await of('north'), south: await of('south') };
}

const codeOf = (performed: object) =>
  'refused' in performed ? (performed.refused as { code: string }).code : 'done';

describe('ACC-7 a Manager acts for their own team', () => {
  test('on the accounts of it only; those of the other team are as if they were not there', async () => {
    const { tenant, north, south } = await teams();
    const manager = await actorFor(server, north.manager);
    expect(codeOf(await attempt(server, of.unlock, north.agent, {}, manager))).toBe('done');
    expect(codeOf(await attempt(server, of.show, north.agent, {}, manager))).toBe('done');
    expect(codeOf(await attempt(server, of.setPassword, north.agent, {}, manager))).toBe('forbidden');
    const missing = { id: 'none', tenantId: tenant.id };
    for (const operation of [of.unlock, of.show, of.setPassword] as const)
      for (const target of [south.agent, south.manager, missing])
        expect(await refusalOf(server, operation as typeof of.unlock, target, {}, manager)).toEqual({
          code: 'not_found',
          values: { what: 'account', name: target.id },
        });
  });

  test('the team is what decides: an account that is moved is out of reach at once', async () => {
    const { north } = await teams();
    const manager = await actorFor(server, north.manager);
    await administer(server, of.setTeam, north.agent, { team: 'south' });
    expect(codeOf(await attempt(server, of.unlock, north.agent, {}, manager))).toBe('not_found');
    await administer(server, of.setTeam, north.agent, { team: null });
    expect(codeOf(await attempt(server, of.unlock, north.agent, {}, manager))).toBe('not_found');
    const entries = (await server.core.audit.ofAccount(north.agent.id, 20)).filter(
      ({ type }) => type === 'account.team',
    );
    expect(entries.map(({ detail }) => detail)).toEqual([
      { before: '', after: 'north' },
      { before: 'north', after: 'south' },
      { before: 'south', after: '' },
    ]);
  });

  test('what is for the whole tenant is forbidden, and not denied to exist', async () => {
    const { tenant, north } = await teams();
    const refused = (permission: string) => ({ code: 'forbidden', values: { permission } });
    const manager = await actorFor(server, north.manager);
    expect(await refusalOf(server, operations.policy.show, tenant, {}, manager)).toEqual(
      refused('read-policy'),
    );
    const agent = await actorFor(server, north.agent);
    expect(await refusalOf(server, operations.policy.show, tenant, {}, agent)).toEqual(
      refused('read-policy'),
    );
    const elsewhere = await server.tenant();
    expect((await refusalOf(server, of.list, elsewhere, {}, manager)).code).toBe('not_found');
  });

  test('a Manager in no team reaches no account, those in no team neither', async () => {
    const tenant = await server.tenant();
    const manager = await actorFor(server, await server.account(tenant, { role: 'Manager' }));
    expect(codeOf(await attempt(server, of.unlock, await server.account(tenant), {}, manager))).toBe(
      'not_found',
    );
    expect(codeOf(await attempt(server, of.list, tenant, {}, manager))).toBe('forbidden');
    expect(codeOf(await attempt(server, of.unlockAll, tenant, {}, manager))).toBe('forbidden');
  });

  test('ACC-6 who manages the accounts of a team moves none out of it, not even themselves', async () => {
    const { tenant, north } = await teams();
    const grants = (['manage-accounts', 'read-accounts', 'unlock', 'login-code'] as const).map(
      (permission) => ({
        permission,
        reach: 'team' as const,
      }),
    );
    await administer(server, operations.role.set, tenant, { role: 'Manager', grants });
    const manager = await actorFor(server, north.manager);
    for (const target of [north.manager, north.agent])
      for (const team of ['south', null])
        expect(await refusalOf(server, of.setTeam, target, { team }, manager)).toEqual({
          code: 'forbidden',
          values: { permission: 'manage-accounts' },
        });
    expect(codeOf(await attempt(server, of.disable, north.agent, {}, manager))).toBe('done');
  });

  test('ACC-6 who moves any account gains no other team by it', async () => {
    const { tenant, north, south } = await teams();
    const grants = [
      { permission: 'manage-accounts' as const, reach: 'tenant' as const },
      { permission: 'set-password' as const, reach: 'team' as const },
    ];
    await administer(server, operations.role.set, tenant, { role: 'Manager', grants });
    const manager = await actorFor(server, north.manager);
    const refused = { code: 'permission_not_held', values: { permissions: ['set-password'] } };
    // Neither by going there, nor by taking an account in, nor through another Manager.
    expect(await refusalOf(server, of.setTeam, north.manager, { team: 'south' }, manager)).toEqual(refused);
    expect(await refusalOf(server, of.setTeam, south.agent, { team: 'north' }, manager)).toEqual(refused);
    const spare = await server.account(tenant, { role: 'Manager' });
    expect(await refusalOf(server, of.setTeam, spare, { team: 'south' }, manager)).toEqual(refused);
    expect(codeOf(await attempt(server, of.setTeam, south.agent, { team: 'west' }, manager))).toBe('done');
  });

  test('ACC-6 a role with a reach of one team is given in that team only', async () => {
    const { tenant, north, south } = await teams();
    const grants = (['read-accounts', 'unlock', 'login-code'] as const).map((permission) => ({
      permission,
      reach: 'team' as const,
    }));
    const edit = { permission: 'edit-roles' as const, reach: 'tenant' as const };
    await administer(server, operations.role.set, tenant, { role: 'SuperUser', grants: [...grants, edit] });
    await administer(server, of.setRole, north.manager, { role: 'SuperUser' });
    const actor = await actorFor(server, north.manager);
    expect(codeOf(await attempt(server, of.setRole, north.agent, { role: 'Manager' }, actor))).toBe('done');
    expect(codeOf(await attempt(server, of.setRole, south.agent, { role: 'Manager' }, actor))).toBe(
      'permission_not_held',
    );
    expect(codeOf(await attempt(server, of.setRole, south.manager, { role: 'Agent' }, actor))).toBe(
      'outranked',
    );
  });
});
