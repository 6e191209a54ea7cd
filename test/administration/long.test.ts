import { describe, expect, test } from '@jest/globals';
import type { Account } from '../../src/capabilities/accounts/index.ts';
import type { NewJob } from '../../src/capabilities/jobs/index.ts';
import type { Tenant } from '../../src/capabilities/tenants/index.ts';
import {
  type Actor,
  type AnyOperation,
  machineOf,
  operations,
} from '../../src/use-cases/administration/index.ts';
import { actorFor, administer, OPERATOR, refusalOf } from '../support/administration.ts';
import { eventually } from '../support/eventually.ts';
import { performAny } from '../support/operations.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const server = serverForAll();
const time = clockForEach();

const { operation: of, policy } = operations;
const MARK = 'marked-secret';
const VALUES = { 'lockout.contactLine': MARK };

async function start(tenant: Tenant, actor: Actor = OPERATOR, values: object = VALUES) {
  const input = { values: values as Record<string, unknown> };
  return server.core.startOperation(policy.preview, { at: { tenant: tenant.clientCode }, input, actor });
}

async function started(tenant: Tenant, actor?: Actor): Promise<string> {
  const answer = await start(tenant, actor);
  if ('refused' in answer) throw new Error(answer.refused.code);
  return answer.operationId;
}

const show = (id: string, actor: Actor = OPERATOR) => administer(server, of.show, { id }, {}, actor);
const ended = (id: string) =>
  eventually(
    () => show(id),
    ({ endedAt }) => endedAt !== null,
  );
const admin = async (tenant: Tenant) => {
  const account = await server.account(tenant, { role: 'SysAdmin' });
  return { account, actor: await actorFor(server, account) };
};

/** Lets what is started in `work` wait for a minute, and then run. */
async function whileItWaits(work: () => Promise<string>, meanwhile: () => Promise<unknown>) {
  const { jobs, clock } = server.core;
  const { enqueue } = jobs;
  jobs.enqueue = (job: NewJob) => enqueue({ ...job, dueAt: clock.now() + 60 });
  const id = await work().finally(() => {
    jobs.enqueue = enqueue;
  });
  expect(await show(id)).toMatchObject({ state: 'waiting' });
  await meanwhile();
  time.move(61);
  return ended(id);
}

describe('ADM-6 a long operation that is started', () => {
  test('is carried out without the caller, and answers the same as one that is waited for', async () => {
    const tenant = await server.tenant();
    const { account, actor } = await admin(tenant);
    const waited = await administer(server, policy.preview, tenant, { values: VALUES }, actor);
    const shown = await ended(await started(tenant, actor));
    expect(shown).toMatchObject({
      operation: 'policy preview',
      state: 'done',
      tenantId: tenant.id,
      by: account.id,
      refusal: null,
      output: JSON.parse(JSON.stringify(waited)),
    });
  });

  test('is refused at once, and leaves nothing, where it would be refused at once if it were performed', async () => {
    const [tenant, other] = [await server.tenant(), await server.tenant()];
    const { actor } = await admin(tenant);
    const agent = await actorFor(server, await server.account(tenant));
    const code = async (answer: ReturnType<typeof start>) => {
      const settled = await answer;
      return 'refused' in settled ? settled.refused.code : 'started';
    };
    expect(await code(start(tenant, actor, 7 as never))).toBe('input_invalid');
    expect(await code(start(other, actor))).toBe('not_found');
    expect(await code(start(tenant, agent))).toBe('forbidden');
    for (const { id } of [tenant, other])
      expect((await administer(server, of.list, { id }, {})).operations).toEqual([]);
  });

  test('ADM-5 needs a fresh sign-in when it is asked for, not when it is run', async () => {
    const operatorTenant = await server.tenant('modern', undefined, 'OPERATOR');
    const account = await server.account(operatorTenant, {
      role: 'SysAdmin',
      password: 'seven herons 123 over',
    });
    await server.changePolicy(operatorTenant, { 'secondFactor.mode': 'off' });
    const reseal = async (signedInAt: number) => {
      const actor = await actorFor(server, account, signedInAt);
      return server.core.startOperation(operations.keys.reseal, { at: {}, input: {}, actor });
    };
    const { clock } = server.core;
    const stale = await reseal(clock.now() - 15 * 60);
    expect(stale).toMatchObject({ refused: { code: 'fresh_sign_in_required' } });
    const shown = await whileItWaits(
      async () => {
        const answer = await reseal(clock.now() - 15 * 60 + 1);
        return 'operationId' in answer ? answer.operationId : '';
      },
      async () => {},
    );
    expect(shown).toMatchObject({ state: 'done', tenantId: null, output: { resealed: 0 } });
  });

  test('AUD-1 writes the entry of its operation once, as the one who asked', async () => {
    const tenant = await server.tenant();
    const { account, actor } = await admin(tenant);
    const locked = await server.account(tenant);
    const lock = { cause: 'password', at: server.core.clock.now() } as const;
    await server.core.accounts.update(locked.id, (one) => ({ ...one, lock, lockState: 'locked' }));
    const answer = await server.core.startOperation(operations.account.unlockAll, {
      at: { tenant: tenant.id },
      input: { reason: 'outage' },
      actor,
    });
    const shown = await ended('operationId' in answer ? answer.operationId : '');
    expect(shown).toMatchObject({ state: 'done', output: { unlocked: [locked.userName], refused: [] } });
    const { items } = await server.core.audit.page(undefined, 500);
    const own = items.filter(({ actor: by }) => by === account.id);
    expect(own.map(({ type, accountId, reason }) => [type, accountId, reason])).toEqual([
      ['account.unlocked', locked.id, 'outage'],
    ]);
  });

  test('only what is declared as long can be started', async () => {
    const tenant = await server.tenant();
    const request = { at: { tenant: tenant.id }, input: {}, actor: OPERATOR };
    await expect(server.core.startOperation(policy.show, request)).rejects.toThrow('not a long operation');
  });
});

describe('ADM-6 what the person may do is asked again when it is run', () => {
  const losses: [string, string, (account: Account) => Promise<unknown>][] = [
    [
      'another role',
      'forbidden',
      (account) => administer(server, operations.account.setRole, account, { role: 'Agent' }),
    ],
    [
      'a disabled account',
      'forbidden',
      (account) => administer(server, operations.account.disable, account, {}),
    ],
    [
      'a compromised password',
      'forbidden',
      (account) => administer(server, operations.account.compromised, account, {}),
    ],
    [
      'a deleted account',
      'forbidden',
      (account) => administer(server, operations.account.remove, account, {}),
    ],
  ];
  test.each(losses)('%s: it is refused', async (_, code, lose) => {
    const tenant = await server.tenant();
    await admin(tenant);
    const { account, actor } = await admin(tenant);
    const shown = await whileItWaits(
      () => started(tenant, actor),
      () => lose(account),
    );
    expect(shown).toMatchObject({ state: 'refused', output: null, refusal: { code } });
    const { items } = await server.core.audit.page(undefined, 500);
    expect(items.filter((entry) => entry.actor === account.id)).toMatchObject([
      { type: 'operation.refused', reason: code, detail: { operation: 'policy preview' } },
    ]);
  });
});

test('ADM-6 what a machine started is run with the role that its application has in its tenant', async () => {
  const tenant = await server.tenant();
  const { id } = await server.application({ kind: 'machine', tenantId: tenant.id, role: 'SysAdmin' });
  const application = await server.core.applications.byId(id);
  if (!application) throw new Error('the application is gone');
  const actor = machineOf(application, tenant);
  expect(await ended(await started(tenant, actor))).toMatchObject({ state: 'done', by: `application:${id}` });
  const other = { ...actor, by: 'application:one-that-is-gone' };
  expect(await ended(await started(tenant, other))).toMatchObject({
    state: 'refused',
    refusal: { code: 'forbidden' },
  });
});

describe('TEN-1 who sees a long operation', () => {
  test('who asked, and who holds the permission of the operation in that tenant', async () => {
    const tenant = await server.tenant();
    const { account, actor } = await admin(tenant);
    const id = await started(tenant, actor);
    await ended(id);
    const colleague = (await admin(tenant)).actor;
    const manager = await actorFor(server, await server.account(tenant, { role: 'Manager', team: 'north' }));
    expect(await show(id, colleague)).toMatchObject({ id, state: 'done' });
    expect(await refusalOf(server, of.show, { id }, {}, manager)).toMatchObject({ code: 'not_found' });
    await administer(server, operations.account.setRole, account, { role: 'Agent' });
    expect(await show(id, await actorFor(server, account))).toMatchObject({ id });
    const listed = async (by: Actor) => (await administer(server, of.list, tenant, {}, by)).operations;
    expect([await listed(colleague), await listed(manager)]).toMatchObject([[{ id }], []]);
  });

  test('one of another tenant is answered as one that does not exist', async () => {
    const [tenant, other] = [await server.tenant(), await server.tenant()];
    const id = await started(tenant);
    const { actor } = await admin(other);
    const missing = '0'.repeat(id.length);
    for (const operation of [of.show, of.cancel] as AnyOperation[]) {
      const refusals = await Promise.all(
        [id, missing].map(async (one) => {
          const answer = await performAny(server, operation, { at: { operation: one }, actor });
          return JSON.stringify(answer).replaceAll(one, 'as typed');
        }),
      );
      expect(refusals[0]).toBe(refusals[1]);
      expect(refusals[0]).toContain('not_found');
    }
    expect((await administer(server, of.list, other, {}, actor)).operations).toEqual([]);
    await ended(id);
  });

  test('the operator lists those of every tenant, the newest first', async () => {
    const [tenant, other] = [await server.tenant(), await server.tenant()];
    const ids = [await started(tenant), await started(other)];
    const { operations: found } = await administer(server, of.listAll, null, {});
    expect(found.slice(0, 2).map(({ id }) => id)).toEqual(ids.reverse());
  });
});

test('S79 nothing that was typed or answered stands readable in the store', async () => {
  const tenant = await server.tenant();
  const documents = async (name: string) =>
    (
      await server.core.documents
        .collection({
          name,
          indexes: {
            [name === 'jobs' ? 'lane' : 'order']: { fields: name === 'jobs' ? ['lane', 'dueAt'] : ['id'] },
          },
        })
        .page({ index: name === 'jobs' ? 'lane' : 'order', limit: 500 })
    ).items;
  const shown = await whileItWaits(
    () => started(tenant),
    async () => {
      const queued = await documents('jobs');
      expect(queued.length).toBeGreaterThan(0);
      expect(JSON.stringify(queued)).not.toContain(MARK);
    },
  );
  expect(JSON.stringify(shown.output)).toContain(MARK);
  const kept = await documents('longOperations');
  expect(kept.length).toBeGreaterThan(0);
  expect(JSON.stringify(kept)).not.toContain(MARK);
});

test('AUD-1 cancelling has an entry, and only where there was something to cancel', async () => {
  const tenant = await server.tenant();
  const { account, actor } = await admin(tenant);
  const cancel = async (id: string) => (await administer(server, of.cancel, { id }, {}, actor)).cancelled;
  const cancelled: boolean[] = [];
  const shown = await whileItWaits(
    () => started(tenant, actor),
    async () => {
      const [record] = (await administer(server, of.list, tenant, {})).operations;
      for (const _ of [1, 2]) cancelled.push(await cancel(record?.id ?? ''));
    },
  );
  expect([cancelled, shown.state]).toEqual([[true, false], 'cancelled']);
  const { items } = await server.core.audit.page(undefined, 500);
  expect(items.filter((entry) => entry.actor === account.id)).toMatchObject([
    { type: 'operation.cancelled', tenantId: tenant.id, detail: { operation: 'policy preview' } },
  ]);
});
