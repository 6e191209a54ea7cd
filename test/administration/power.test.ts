import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Account, grantsOf, type Permission, roles } from '../../src/capabilities/accounts/index.ts';
import type { Tenant } from '../../src/capabilities/tenants/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { actorFor, attempt, OPERATOR } from '../support/administration.ts';
import { policyWith } from '../support/policies.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();
const RUNS = process.env.SALLYPORT_TEST_LONG ? 400 : 60;
const { account: of, role: ofRoles } = operations;

/** Few, so that one person often holds what another one lacks; those that give power are all among them. */
const permission = fc.constantFrom<Permission>(
  'manage-accounts',
  'edit-roles',
  'set-password',
  'unlock',
  'read-accounts',
  'use-session-api',
);
const role = fc.constantFrom(...roles);
const team = fc.constantFrom('north', 'south', null);
const who = fc.nat({ max: 30 });
const grants = fc.array(fc.record({ permission, reach: fc.constantFrom('self', 'team', 'tenant') }), {
  maxLength: 8,
}) as fc.Arbitrary<{ permission: Permission; reach: 'self' | 'team' | 'tenant' }[]>;

/** One try: who acts, on whom, and what. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('permit' as const), by: who, on: who, permission, given: fc.boolean() }),
  fc.record({ kind: fc.constant('setRole' as const), by: who, on: who, role }),
  fc.record({ kind: fc.constant('setTeam' as const), by: who, on: who, team }),
  fc.record({ kind: fc.constant('roleSet' as const), by: who, role, grants }),
  fc.record({
    kind: fc.constant('create' as const),
    by: who,
    role,
    permissions: fc.array(permission, { maxLength: 2 }),
  }),
  fc.record({
    kind: fc.constantFrom(
      'disable' as const,
      'enable' as const,
      'remove' as const,
      'setPassword' as const,
      'unlock' as const,
      'enrol' as const,
      'endAllSessions' as const,
    ),
    by: who,
    on: who,
  }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** The tenant before the first step: who has which role, team and permissions of their own, and what the roles hold. */
const start = fc.record({
  superUser: grants,
  manager: grants,
  agent: grants,
  own: fc.array(fc.tuple(who, permission), { maxLength: 4 }),
  isChanged: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
});

let serial = 0;

async function everyone(tenant: Tenant): Promise<Account[]> {
  const { items } = await server.core.accounts.list({ tenantId: tenant.id, limit: 500 });
  return [...items].sort((a, b) => a.number - b.number);
}

/** What an account may do to whom: the pairs of permission and account, and those of the tenant as a whole. */
function powerOf(account: Account, tenant: Tenant, all: readonly Account[]): Set<string> {
  return new Set(
    grantsOf(account, tenant).flatMap(({ permission: name, reach }) => {
      if (reach === 'self') return [`${name} on itself`];
      if (reach === 'team')
        return all
          .filter(({ team: other }) => other && other === account.team)
          .map(({ id }) => `${name} on ${id}`);
      return [`${name} on the tenant`, ...all.map(({ id }) => `${name} on ${id}`)];
    }),
  );
}

/** Whether what an account gained was held: about itself it is held by those who hold it over that account, or about themselves. */
const covers = (power: ReadonlySet<string>, pair: string, { id }: Account) =>
  power.has(pair) ||
  (pair.endsWith(' on itself') &&
    ['the tenant', id].some((target) => power.has(pair.replace('itself', target))));

const isOverOthers = (pair: string) => !pair.endsWith(' on itself');

async function perform(tenant: Tenant, all: readonly Account[], tried: Step) {
  const pick = (n: number) => all[n % all.length] as Account;
  const by = pick(tried.by);
  const actor = await actorFor(server, by);
  const on = 'on' in tried ? pick(tried.on) : by;
  const attempted = async () => {
    switch (tried.kind) {
      case 'permit':
        return attempt(server, of.permit, on, { permission: tried.permission, given: tried.given }, actor);
      case 'setRole':
        return attempt(server, of.setRole, on, { role: tried.role }, actor);
      case 'setTeam':
        return attempt(server, of.setTeam, on, { team: tried.team }, actor);
      case 'roleSet':
        return attempt(server, ofRoles.set, tenant, { role: tried.role, grants: tried.grants }, actor);
      case 'create': {
        const person = { population: 'user' as const, userName: `made ${++serial}` };
        const { role: given, permissions } = tried;
        return attempt(server, of.create, tenant, { ...person, role: given, permissions }, actor);
      }
      default:
        return attempt(server, of[tried.kind] as typeof of.unlock, on, {}, actor);
    }
  };
  const performed = await attempted();
  return { by, isDone: 'output' in performed };
}

async function prepare({
  superUser,
  manager,
  agent,
  own,
  isChanged,
}: typeof start extends fc.Arbitrary<infer T> ? T : never) {
  // Links in place of passwords, so that no time goes into hashing.
  const tenant = await server.tenant('livevox', policyWith({ password: { setByOthers: 'link' } }));
  const people: Account[] = [];
  for (const one of ['SysAdmin', 'SysAdmin', 'SuperUser', 'Manager', 'Manager', 'Agent', 'Agent'] as const) {
    const made = await server.core.accounts.create({
      tenantId: tenant.id,
      population: 'user',
      userName: `person ${++serial}`,
      role: one,
      password: null,
      identifiedBy: 'userName',
    });
    if ('refused' in made) throw new Error(made.refused.code);
    const team = one === 'SysAdmin' ? null : (['north', 'south'][people.length % 2] ?? null);
    people.push(
      (await server.core.accounts.update(made.id, (account) => ({ ...account, team }))).doc ?? made,
    );
  }
  if (isChanged)
    for (const [name, held] of [
      ['SuperUser', superUser],
      ['Manager', manager],
      ['Agent', agent],
    ] as const)
      await attempt(server, ofRoles.set, tenant, { role: name, grants: held }, OPERATOR);
  for (const [n, given] of own)
    await attempt(server, of.permit, people[n % people.length] as Account, { permission: given }, OPERATOR);
  return tenant.id;
}

const isWorking = ({ role: held, status, lock }: Account) =>
  held === 'SysAdmin' && status === 'enabled' && lock === null;
const byId = (all: readonly Account[]) => new Map(all.map((one) => [one.id, one]));

test('ACC-6 no operation raises the power of its actor or gives what they do not hold, touches who outranks them, or ends the last SysAdmin', async () => {
  let done = 0;
  await fc.assert(
    fc.asyncProperty(start, fc.array(step, { minLength: 5, maxLength: 12 }), async (begin, steps) => {
      const tenantId = await prepare(begin);
      for (const tried of steps) {
        const before = (await server.core.tenants.byId(tenantId)) as Tenant;
        const all = await everyone(before);
        const { by, isDone } = await perform(before, all, tried);
        const after = (await server.core.tenants.byId(tenantId)) as Tenant;
        const now = await everyone(after);
        expect(now.some(isWorking)).toBe(true);
        const seen = byId(all);
        const changed = [
          ...now.filter((one) => JSON.stringify(seen.get(one.id)) !== JSON.stringify(one)),
          ...all.filter(({ id }) => !byId(now).has(id)),
        ];
        if (!isDone) {
          expect([changed, after.roles]).toEqual([[], before.roles]);
          continue;
        }
        done += 1;
        const power = powerOf(by, before, all);
        // Whom the step changed, and the actor: what they gain the actor held.
        const stood = all.filter(({ id }) => byId(now).has(id));
        const gainers =
          tried.kind === 'roleSet'
            ? now
            : now.filter((one) => one.id === by.id || changed.some(({ id }) => id === one.id));
        for (const one of gainers) {
          const former = seen.get(one.id);
          const had = former ? powerOf(former, before, all) : new Set<string>();
          const gained = [...powerOf(one, after, stood)].filter((pair) => !had.has(pair));
          expect(gained.filter((pair) => !covers(power, pair, one))).toEqual([]);
        }
        // Whom the step changed the actor was not outranked by.
        for (const { id } of changed) {
          const former = seen.get(id);
          const theirs = former ? [...powerOf(former, before, all)].filter(isOverOthers) : [];
          expect(theirs.filter((pair) => !power.has(pair))).toEqual([]);
        }
      }
    }),
    { numRuns: RUNS },
  );
  // A property over refusals only would prove nothing.
  expect(done).toBeGreaterThan(RUNS);
});
