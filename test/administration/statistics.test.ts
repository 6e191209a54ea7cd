import { describe, expect, test } from '@jest/globals';
import type { AuditEvent } from '../../src/capabilities/audit/index.ts';
import { createStatistics } from '../../src/capabilities/statistics/index.ts';
import { dayOf } from '../../src/foundation/base/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { machine, person } from '../support/admin-api.ts';
import { actorFor, administer, refusalOf } from '../support/administration.ts';
import { RelyingApplication } from '../support/application.ts';
import { Browser } from '../support/browser.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const server = serverForAll();
const time = clockForEach();
const { show } = operations.statistics;
const DAY = 86_400;
const EMPTY = {
  signIns: 0,
  programSignIns: 0,
  failures: { password: {}, secondFactor: {}, program: {} },
  locks: 0,
};

const FAILED = { type: 'sign-in.password', outcome: 'failure', reason: 'wrong' } as const;

describe('ADM-1 statistics show', () => {
  test('counts what people do, over the admin API too', async () => {
    const tenant = await server.tenant('livevox');
    const api = await machine(server, tenant);
    await person(server, tenant, 'Agent');
    const { userName } = await server.account(tenant);
    const { id, secret } = await server.application({ tenantId: tenant.id });
    const relying = await RelyingApplication.discover(server.issuer, id, secret);
    const browser = new Browser(server.issuer);
    await browser.open(await relying.request());
    await browser.submit({ userName, password: 'not it at all 1' }, '/password');
    const { status, body } = await api.get(`/tenants/${tenant.clientCode}/statistics?days=2`);
    expect(status).toBe(200);
    const now = server.core.clock.now();
    const today = { ...EMPTY, signIns: 1, failures: { ...EMPTY.failures, password: { wrong: 1 } } };
    expect(body.days).toEqual([
      { day: dayOf(now), ...today },
      { day: dayOf(now - DAY), ...EMPTY },
    ]);
    expect(body.secondFactor).toMatchObject({ none: { count: 2, isCapped: false } });
    expect(body.locked).toEqual({ count: 0, isCapped: false });
  });

  test.each<[Partial<AuditEvent> & Pick<AuditEvent, 'type'>, object]>([
    [{ type: 'sign-in.complete' }, { signIns: 1 }],
    [{ type: 'api-session.begun' }, { programSignIns: 1 }],
    [{ type: 'account.locked' }, { locks: 1 }],
    [FAILED, { failures: { ...EMPTY.failures, password: { wrong: 1 } } }],
    [{ type: 'sign-in.password' }, {}],
    [
      { type: 'sign-in.second-factor', outcome: 'refused', reason: 'locked' },
      { failures: { ...EMPTY.failures, secondFactor: { locked: 1 } } },
    ],
    [
      { type: 'attempt.abandoned', outcome: 'failure', factor: 'password', detail: { attempts: 3 } },
      { failures: { ...EMPTY.failures, password: { abandoned: 3 } } },
    ],
    [
      { type: 'api-session.refused', outcome: 'refused', reason: 'permission' },
      { failures: { ...EMPTY.failures, program: { permission: 1 } } },
    ],
    [{ type: 'account.unlocked' }, {}],
  ])('of %j it counts %j', async (event, counted) => {
    const { id: tenantId } = await server.tenant();
    server.core.statistics.count({ outcome: 'success', ...event, tenantId });
    const [today] = await server.core.statistics.days(tenantId, 1);
    expect(today).toMatchObject({ ...EMPTY, ...counted });
  });

  test('of each day by itself', async () => {
    const tenant = await server.tenant();
    for (const tries of [1, 2]) {
      for (let n = 0; n < tries; n++) await server.core.audit.write({ ...FAILED, tenantId: tenant.id });
      time.move(DAY);
    }
    const { days } = await administer(server, show, tenant, { days: 4 });
    expect(days.map(({ failures }) => failures.password)).toEqual([{}, { wrong: 2 }, { wrong: 1 }, {}]);
  });

  test('refusals that are one entry of the audit are counted each', async () => {
    const tenant = await server.tenant();
    const refused = { ...FAILED, outcome: 'refused', reason: 'locked', tenantId: tenant.id } as const;
    for (let n = 0; n < 20; n++) server.core.audit.note(refused);
    const { days } = await administer(server, show, tenant, { days: 1 });
    expect(days[0]?.failures.password).toEqual({ locked: 20 });
  });

  test('P1 exactly, where several processes write at once', async () => {
    const { id: tenantId } = await server.tenant();
    const log = { warn: () => {} } as never;
    const { documents, clock } = server.core;
    const processes = Array.from({ length: 20 }, () => createStatistics({ documents, clock, log }));
    for (const one of processes) for (let n = 0; n < 5; n++) one.count({ ...FAILED, tenantId });
    const stops = processes.map((one) => one.start());
    await Promise.all([...stops.map((stop) => stop()), ...processes.map((one) => one.flush())]);
    const [today] = await server.core.statistics.days(tenantId, 1);
    expect(today?.failures.password).toEqual({ wrong: 100 });
  });

  test('PWD-5 says whose password expires soon', async () => {
    const tenant = await server.tenant('livevox');
    const lifetime = tenant.policy.password.expireAfterDays as number;
    const { id } = await server.account(tenant);
    await server.core.accounts.update(id, (current) => ({
      ...current,
      password: current.password && {
        ...current.password,
        setAt: server.core.clock.now() - (lifetime - 3) * DAY,
      },
    }));
    const within = async (expiresWithin: number) =>
      (await administer(server, show, tenant, { expiresWithin })).expiringPasswords.count;
    expect([await within(2), await within(3)]).toEqual([0, 1]);
  });

  test('ACC-7 a permission for one team is not enough', async () => {
    const tenant = await server.tenant();
    const manager = await server.account(tenant, { role: 'Manager' });
    await server.core.accounts.update(manager.id, (current) => ({ ...current, team: 'north' }));
    const actor = await actorFor(server, manager);
    expect(await refusalOf(server, show, tenant, {}, actor)).toMatchObject({ code: 'forbidden' });
  });
});
