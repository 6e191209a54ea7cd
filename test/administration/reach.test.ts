import { describe, expect, test } from '@jest/globals';
import { type AnyOperation, allOperations } from '../../src/use-cases/administration/index.ts';
import { actorFor, OPERATOR } from '../support/administration.ts';
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
  return { own, other, actor, account, application };
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
  test.each(table('tenant'))('%s', async (_, operation) => {
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

test('ACC-4 the operator reaches every tenant', async () => {
  const { other, account, application } = await elsewhere();
  for (const [, operation] of [...table('tenant'), ...table('account'), ...table('application')]) {
    if (operation.effect !== 'reads') continue;
    const at = { tenant: other.id, account: account.id, application };
    expect(await performAny(server, operation, { at, actor: OPERATOR })).toHaveProperty('output');
  }
});
