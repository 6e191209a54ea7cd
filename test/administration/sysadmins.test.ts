import { describe, expect, test } from '@jest/globals';
import type { Account } from '../../src/capabilities/accounts/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { actorFor, administer, attempt, OPERATOR, refusalOf } from '../support/administration.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();
const { account: of } = operations;

const LEAVES = {
  disabled: (one: Account, actor = OPERATOR) => attempt(server, of.disable, one, {}, actor),
  demoted: (one: Account, actor = OPERATOR) => attempt(server, of.setRole, one, { role: 'Agent' }, actor),
  deleted: (one: Account, actor = OPERATOR) => attempt(server, of.remove, one, {}, actor),
};
type Way = keyof typeof LEAVES;
const ways = Object.keys(LEAVES) as Way[];

const pair = async () => {
  const tenant = await server.tenant();
  const make = () => server.account(tenant, { role: 'SysAdmin' });
  return { tenant, both: [await make(), await make()] as const };
};

async function working(tenantId: string): Promise<string[]> {
  const { items } = await server.core.accounts.list({ tenantId, limit: 100 });
  return items
    .filter(({ role, status, lock }) => role === 'SysAdmin' && status === 'enabled' && lock === null)
    .map(({ id }) => id);
}

describe('ACC-6 a tenant keeps a working SysAdmin', () => {
  test.each(ways)('the last one is not %s, not even by the operator', async (way) => {
    const { tenant, both } = await pair();
    const [first, last] = both;
    expect(await LEAVES[way](first)).toHaveProperty('output');
    for (const other of ways)
      expect(await LEAVES[other](last)).toEqual({ refused: { code: 'last_sysadmin', values: {} } });
    expect(await working(tenant.id)).toEqual([last.id]);
  });

  test('a locked or disabled one is no other: it could not go on', async () => {
    const { both } = await pair();
    const [locked, last] = both;
    await server.core.accounts.update(locked.id, (a) => ({ ...a, lock: { cause: 'password', at: 1 } }));
    expect((await refusalOf(server, of.disable, last, {})).code).toBe('last_sysadmin');
    await administer(server, of.unlock, locked, {});
    await administer(server, of.disable, last, {});
    await administer(server, of.enable, last, {});
    await administer(server, of.disable, locked, {});
    expect((await refusalOf(server, of.disable, last, {})).code).toBe('last_sysadmin');
  });

  test('one that was made, promoted or enabled since counts at once', async () => {
    const { tenant, both } = await pair();
    const [first, second] = both;
    await LEAVES.disabled(first);
    const agent = await server.account(tenant);
    await administer(server, of.setRole, agent, { role: 'SysAdmin' });
    expect(await LEAVES.demoted(second)).toHaveProperty('output');
    const made = { population: 'user' as const, userName: 'made', role: 'SysAdmin' as const };
    const { id } = await administer(server, of.create, tenant, made);
    expect(await LEAVES.deleted(agent)).toHaveProperty('output');
    await administer(server, of.enable, first, {});
    expect(await LEAVES.disabled({ ...first, id })).toHaveProperty('output');
    expect(await working(tenant.id)).toEqual([first.id]);
  });

  test('a tenant without one goes on losing other accounts', async () => {
    const tenant = await server.tenant();
    expect(await LEAVES.deleted(await server.account(tenant))).toHaveProperty('output');
  });

  test('a change that breaks off leaves both as they were, and either may leave afterwards', async () => {
    const { tenant, both } = await pair();
    const [first, second] = both;
    const { sessions } = server.core;
    const { credentialEvent } = sessions;
    sessions.credentialEvent = async () => {
      throw new Error('the store broke');
    };
    try {
      await expect(LEAVES.disabled(first)).rejects.toThrow('the store broke');
    } finally {
      sessions.credentialEvent = credentialEvent;
    }
    expect(await LEAVES.disabled(second)).toHaveProperty('output');
    expect(await working(tenant.id)).toEqual([first.id]);
  });

  test('one that was made SysAdmin while it was being disabled is looked at again', async () => {
    const { tenant, both } = await pair();
    const rising = await server.account(tenant);
    const { sessions } = server.core;
    const { credentialEvent } = sessions;
    sessions.credentialEvent = async (event) => {
      sessions.credentialEvent = credentialEvent;
      await administer(server, of.setRole, rising, { role: 'SysAdmin' });
      for (const one of both) await LEAVES.demoted(one);
      return credentialEvent(event);
    };
    try {
      expect(await LEAVES.disabled(rising)).toEqual({ refused: { code: 'changed_meanwhile', values: {} } });
    } finally {
      sessions.credentialEvent = credentialEvent;
    }
    expect(await working(tenant.id)).toEqual([rising.id]);
  });
});

test('ACC-8 one that was deleted at the same moment is gone, and no more', async () => {
  const tenant = await server.tenant();
  const account = await server.account(tenant);
  const { sessions } = server.core;
  const { credentialEvent } = sessions;
  sessions.credentialEvent = async (event) => {
    sessions.credentialEvent = credentialEvent;
    await administer(server, of.remove, account, {});
    return credentialEvent(event);
  };
  try {
    expect(await refusalOf(server, of.disable, account, {})).toEqual({ code: 'account_gone', values: {} });
  } finally {
    sessions.credentialEvent = credentialEvent;
  }
});

describe('ACC-6 R10 who ends each other at once', () => {
  test.each(ways.flatMap((one) => ways.map((other) => [one, other] as const)))(
    '20 pairs, one %s and the other %s: one stays of each',
    async (way, back) => {
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          const { tenant, both } = await pair();
          const [first, second] = both;
          const [a, b] = [await actorFor(server, first), await actorFor(server, second)];
          const outcomes = await Promise.all([LEAVES[way](second, a), LEAVES[back](first, b)]);
          expect(outcomes.filter((one) => 'output' in one)).toHaveLength(1);
          expect(await working(tenant.id)).toHaveLength(1);
        }),
      );
    },
    60_000,
  );

  test('ten at once, while one of them is enabled again and again: one stays', async () => {
    const tenant = await server.tenant();
    const all = await Promise.all(
      Array.from({ length: 10 }, () => server.account(tenant, { role: 'SysAdmin' })),
    );
    const [again = all[0] as Account] = all;
    await Promise.all([
      ...all.map((one) => LEAVES.disabled(one)),
      ...Array.from({ length: 5 }, () => attempt(server, of.enable, again, {})),
    ]);
    expect((await working(tenant.id)).length).toBeGreaterThan(0);
  });
});
