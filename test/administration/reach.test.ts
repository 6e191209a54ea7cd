import { describe, expect, test } from '@jest/globals';
import { newId } from '../../src/foundation/base/index.ts';
import {
  type Actor,
  type AnyOperation,
  allOperations,
  operations,
} from '../../src/use-cases/administration/index.ts';
import { actorFor, administer, OPERATOR, refusalOf } from '../support/administration.ts';
import { INPUTS, performAny } from '../support/operations.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const server = serverForAll();
clockForEach();

const table = (on: AnyOperation['on']) =>
  allOperations
    .filter((operation) => operation.on === on)
    .map((operation) => [operation.name, operation] as const);

test('ADM-6 every operation has an input for these tables', () => {
  expect(Object.keys(INPUTS).sort()).toEqual(allOperations.map(({ name }) => name).sort());
});

/** What there is in a tenant that the actor is not of, and what there is nowhere. */
async function elsewhere() {
  const [own, other] = [await server.tenant(), await server.tenant()];
  const actor = await actorFor(server, await server.account(own, { role: 'SysAdmin' }));
  const account = await server.account(other, { userName: 'Zoe' });
  const application = (await server.application({ tenantId: other.id })).id;
  const started = await server.core.startOperation(operations.policy.preview, {
    at: { tenant: other.id },
    input: { values: {} },
    actor: OPERATOR,
  });
  if ('refused' in started) throw new Error(started.refused.code);
  const webhook = { name: 'made here', address: 'https://hooks.example/', types: [] };
  await server.core.webhooks.create(other.id, webhook, 'x');
  return { own, other, actor, account, application, started: started.operationId };
}

/** The refusal, with what was typed taken out of it. */
async function refusal(
  operation: AnyOperation,
  at: object,
  actor: Awaited<ReturnType<typeof elsewhere>>['actor'],
) {
  const performed = await performAny(server, operation, { at, actor });
  if (!('refused' in performed)) throw new Error(`${operation.name} was done`);
  const { code, values } = performed.refused;
  expect(Object.values(at)).toContain(values.name);
  return { code, values: { ...values, name: 'as typed' } };
}

describe('TEN-1 what is of another tenant is refused like what does not exist', () => {
  test.each([...table('tenant'), ...table('area')])('%s', async (_, operation) => {
    const { other, actor } = await elsewhere();
    const missing = await refusal(operation, { tenant: 'NOT-THERE' }, actor);
    expect(missing.code).toBe('not_found');
    for (const tenant of [other.id, other.clientCode])
      expect(await refusal(operation, { tenant }, actor)).toEqual(missing);
  });

  test.each(table('account'))('%s', async (_, operation) => {
    const { own, other, actor, account } = await elsewhere();
    const missing = await refusal(operation, { tenant: own.id, account: 'none' }, actor);
    expect(missing.code).toBe('not_found');
    const named = { population: 'user', userName: account.userName };
    for (const at of [
      { tenant: own.id, account: account.id },
      { tenant: other.id, account: account.id },
      { tenant: other.id, account: 'none' },
      { tenant: own.id, ...named },
      { tenant: other.clientCode, ...named },
      { tenant: other.clientCode, ...named, userName: 'not-there' },
      { tenant: 'NOT-THERE', ...named },
    ])
      expect(await refusal(operation, at, actor)).toEqual(missing);
    expect(await server.reread(account)).toEqual(account);
  });

  test.each(table('application'))('%s', async (_, operation) => {
    const { actor, application } = await elsewhere();
    const missing = await refusal(operation, { application: 'none' }, actor);
    const shared = (await server.application()).id;
    for (const id of [application, shared])
      expect(await refusal(operation, { application: id }, actor)).toEqual(missing);
  });

  test.each(table('operation'))('%s', async (_, operation) => {
    const { actor, started } = await elsewhere();
    const missing = await refusal(operation, { operation: 'none' }, actor);
    expect(missing.code).toBe('not_found');
    expect(await refusal(operation, { operation: started }, actor)).toEqual(missing);
  });

  test.each(table('installation'))('%s is forbidden: it is of no tenant', async (_, operation) => {
    const { actor } = await elsewhere();
    const { permission } = operation;
    expect(await performAny(server, operation, { at: {}, actor })).toEqual({
      refused: { code: 'forbidden', values: { permission } },
    });
  });

  test('the audit of both tenants says the same, too', async () => {
    const { own, actor, account } = await elsewhere();
    const disable = allOperations.find(({ name }) => name === 'account disable') as AnyOperation;
    await performAny(server, disable, { at: { tenant: account.tenantId, account: account.id }, actor });
    await performAny(server, disable, { at: { tenant: own.id, account: 'none' }, actor });
    const { items } = await server.core.audit.page(undefined, 500);
    const [first, second] = items
      .filter((entry) => entry.actor === actor.by)
      .map(({ id: _id, at: _at, ...rest }) => rest);
    expect(first).toEqual(second);
  });
});

describe('TEN-1 applications are of the tenant of the actor', () => {
  const { create, list, rotateSecret } = operations.application;
  const ids = async (tenant: { id: string } | null, actor?: Actor) =>
    (await administer(server, list, tenant, {}, actor)).applications.map(({ id }) => id);

  test('its SysAdmin creates, lists and changes them without naming the tenant', async () => {
    const { own, actor, application } = await elsewhere();
    const made = { id: newId(), kind: 'web' as const, redirectUris: ['https://made.example/'] };
    expect(await administer(server, create, null, made, actor)).toMatchObject({ tenantId: own.id });
    expect(await ids(null, actor)).toEqual([made.id]);
    expect(await ids(own, actor)).toEqual([made.id]);
    expect(await administer(server, rotateSecret, made, {}, actor)).toHaveProperty('secret');
    const everywhere = await ids(null);
    expect(everywhere).toContain(made.id);
    expect(everywhere).toContain(application);
    expect(await ids(own)).toEqual([made.id]);
  });

  test('the operator makes them for a tenant or for all', async () => {
    const { own } = await elsewhere();
    const made = { kind: 'web' as const, redirectUris: ['https://made.example/'] };
    const shared = await administer(server, create, null, { ...made, id: newId() });
    expect(shared.tenantId).toBeNull();
    expect(await administer(server, create, own, { ...made, id: newId() })).toMatchObject({
      tenantId: own.id,
    });
    expect(await ids(own)).not.toContain(shared.id);
  });

  test('only the operator gives them an audience or scopes, which other resources trust', async () => {
    const { actor } = await elsewhere();
    const made = () => ({ id: newId(), kind: 'machine' as const });
    for (const more of [{ audience: 'https://api.example' }, { scopes: ['orders'] }])
      expect(await refusalOf(server, create, null, { ...made(), ...more }, actor)).toEqual({
        code: 'application_audience_by_operator',
        values: {},
      });
    const resource = { audience: 'https://api.example', scopes: ['orders'] };
    expect(await administer(server, create, null, { ...made(), ...resource })).toMatchObject(resource);
    expect(await administer(server, create, null, made(), actor)).toMatchObject({ audience: null });
  });

  test('an account without the permission is forbidden, and learns of no other tenant', async () => {
    const { own, other } = await elsewhere();
    for (const role of ['SuperUser', 'Manager', 'Agent'] as const) {
      const actor = await actorFor(server, await server.account(own, { role }));
      const forbidden = { code: 'forbidden', values: { permission: 'edit-applications' } };
      for (const tenant of [null, own])
        expect(await refusalOf(server, list, tenant, {}, actor)).toEqual(forbidden);
      expect((await refusalOf(server, list, other, {}, actor)).code).toBe('not_found');
    }
  });
});

test('ACC-4 the operator reaches every tenant', async () => {
  const { other, account, application, started } = await elsewhere();
  for (const [, operation] of [
    ...table('tenant'),
    ...table('account'),
    ...table('application'),
    ...table('operation'),
  ]) {
    if (operation.effect !== 'reads') continue;
    const at = { tenant: other.id, account: account.id, application, operation: started };
    expect(await performAny(server, operation, { at, actor: OPERATOR })).toHaveProperty('output');
  }
});
