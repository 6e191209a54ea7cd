import { describe, expect, test } from '@jest/globals';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer, administratorOf, refusalOf } from '../support/administration.ts';
import { changeIs, isRefused, policiesOn } from '../support/policy-changes.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';
import { nowSeconds } from '../support/time.ts';

const server = serverForAll();

clockForEach();
const { change, reread } = policiesOn(server);

describe('TEN-3 versions', () => {
  test('each change keeps who, when, before and after, and is in the audit', async () => {
    const tenant = await server.tenant('livevox');
    await change(
      tenant,
      { 'lockout.user': 3, 'password.expireAfterDays': null },
      { actor: administratorOf(tenant) },
    );
    const second = await reread(tenant);
    await change(second, { 'lockout.user': 4 });
    const history = await server.core.tenants.history(tenant.id);
    expect(history.map(({ n, by, at, policy }) => [n, by, at, policy.lockout.user])).toEqual([
      [1, 'system', nowSeconds(), 5],
      [2, 'an-administrator', nowSeconds(), 3],
      [3, 'command-line', nowSeconds(), 4],
    ]);
    const entries = (await server.core.audit.page(undefined, 500)).items.filter(
      (e) => e.tenantId === tenant.id && e.type === 'policy.changed',
    );
    expect(entries.map(({ actor, reason, detail }) => ({ actor, reason, detail }))).toEqual([
      {
        actor: 'an-administrator',
        reason: 'a test',
        detail: { revision: 2, 'lockout.user': '5 -> 3', 'password.expireAfterDays': '90 -> "off"' },
      },
      { actor: 'command-line', reason: 'a test', detail: { revision: 3, 'lockout.user': '3 -> 4' } },
    ]);
  });

  test('two that save at once: one stands, the other is told of the conflict, in every one of 10 rounds by 20', async () => {
    const tenant = await server.tenant('livevox');
    for (let round = 0; round < 10; round++) {
      const current = await reread(tenant);
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          change(current, { 'lockout.contactLine': `desk ${round}.${i}` }),
        ),
      );
      expect(outcomes.filter((o) => 'output' in o)).toHaveLength(1);
      expect(outcomes.filter((o) => 'refused' in o && o.refused.code === 'policy_conflict')).toHaveLength(19);
      const winner = outcomes.findIndex((o) => 'output' in o);
      expect((await reread(tenant)).policy.lockout.contactLine).toBe(`desk ${round}.${winner}`);
    }
    expect((await server.core.tenants.history(tenant.id)).map(({ n }) => n)).toEqual(
      Array.from({ length: 11 }, (_, i) => i + 1),
    );
  });

  test('who looked at an older revision is told of the conflict, and what stands is not changed', async () => {
    const tenant = await server.tenant('livevox');
    await change(tenant, { 'lockout.user': 3 });
    expect(await change(tenant, { 'lockout.user': 9 }, { expectedRevision: 1 })).toMatchObject(
      isRefused('policy_conflict', { revision: 2 }),
    );
    expect((await reread(tenant)).policy.lockout.user).toBe(3);
  });

  test('a roll-back is a new revision with the former values, and history keeps both', async () => {
    const tenant = await server.tenant('livevox');
    await change(tenant, { 'lockout.user': 2, 'password.historyCount': 12 });
    const back = await administer(server, operations.policy.rollback, tenant, { to: 1 });
    expect(back).toMatchObject({ state: 'changed', revision: 3 });
    expect((await reread(tenant)).policy).toEqual(tenant.policy);
    const history = await server.core.tenants.history(tenant.id);
    expect(history.map(({ policy }) => policy.lockout.user)).toEqual([5, 2, 5]);
    const nowhere = await refusalOf(server, operations.policy.rollback, tenant, { to: 9 });
    expect(nowhere).toEqual({ code: 'policy_revision_unknown', values: { revision: 9 } });
  });

  test('a crash after the revision was saved, and before it was copied to the history, loses none', async () => {
    const tenant = await server.tenant('livevox');
    await change(tenant, { 'lockout.user': 2 });
    const revisions = server.core.documents.collection<{ id: string; tenantId: string; n: number }>({
      name: 'policyRevisions',
      indexes: { tenant: { fields: ['tenantId', 'n'] } },
    });
    // As a process leaves it that dies between the two writes: the newest revision stands in the tenant only.
    await revisions.remove(`${tenant.id}/2`);
    expect((await server.core.tenants.history(tenant.id)).map(({ n }) => n)).toEqual([1, 2]);
    await change(await reread(tenant), { 'lockout.user': 3 });
    expect((await server.core.tenants.history(tenant.id)).map(({ n }) => n)).toEqual([1, 2, 3]);
  });
});

describe('TEN-4 values', () => {
  test('all mistakes at once, by path, and nothing is changed', async () => {
    const tenant = await server.tenant('livevox');
    const outcome = await change(tenant, { 'lockout.user': 10, 'password.historyCount': 26, 'x.y': 1 });
    const mistakes = ['lockout.user', 'password.historyCount', 'x'].map((path) =>
      expect.objectContaining({ path }),
    );
    expect(outcome).toEqual(isRefused('policy_mistakes', { mistakes: expect.arrayContaining(mistakes) }));
    expect(outcome).toMatchObject({ refused: { values: { mistakes: { length: 3 } } } });
    expect((await reread(tenant)).revision.n).toBe(1);
  });

  test('a value that is marked operator-only is refused to an administrator by name, and so are the marks', async () => {
    const tenant = await server.tenant('livevox');
    const tried = { 'secondFactor.mode': 'required', operatorOnly: [], 'lockout.user': 3 };
    expect(await change(tenant, tried, { actor: administratorOf(tenant) })).toEqual(
      isRefused('policy_operator_only', { paths: ['secondFactor.mode', 'operatorOnly'] }),
    );
    expect((await reread(tenant)).revision.n).toBe(1);
    // The same value again is no change of it.
    const harmless = { 'secondFactor.mode': 'enrolment', 'lockout.user': 3 };
    expect(await change(tenant, harmless, { actor: administratorOf(tenant) })).toMatchObject(
      changeIs('changed'),
    );
    expect(await change(await reread(tenant), tried)).toMatchObject(changeIs('changed'));
  });

  test('what is the same already makes no revision', async () => {
    const tenant = await server.tenant('livevox');
    expect(await change(tenant, { 'lockout.user': 5 })).toMatchObject(changeIs('unchanged'));
    expect((await reread(tenant)).revision.n).toBe(1);
  });
});
