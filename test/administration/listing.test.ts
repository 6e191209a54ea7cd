import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Account, Role } from '../../src/capabilities/accounts/index.ts';
import { ACCOUNTS } from '../../src/capabilities/accounts/stored.ts';
import type { Tenant } from '../../src/capabilities/tenants/index.ts';
import { type Actor, operations } from '../../src/use-cases/administration/index.ts';
import { actorFor, administer, OPERATOR, refusalOf } from '../support/administration.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const server = serverForAll();
clockForEach();
const { account: of } = operations;
type Input = Parameters<typeof of.list.run>[2];

let tenant: Tenant;
const DAY = 86_400;

/** Every page of a list, by user name, and how many it counts. */
async function listed(input: Partial<Input>, actor: Actor = OPERATOR, limit = 2) {
  const names: string[] = [];
  let after: string | undefined;
  let count: { count: number; isCapped: boolean } | undefined;
  do {
    const page = await administer(
      server,
      of.list,
      tenant,
      { ...input, limit, after, withCount: true },
      actor,
    );
    expect(page.accounts.length).toBeLessThanOrEqual(limit);
    names.push(...page.accounts.map(({ userName }) => userName));
    ({ next: after, count } = page);
  } while (after);
  expect(count).toEqual({ count: names.length, isCapped: false });
  return names;
}

const lock = (cause: 'password') => ({ lock: { cause, at: 1 } });

interface Someone {
  userName: string;
  population?: 'agent';
  role?: Role;
  change?: Partial<Account>;
}

/** In the order of the list: agents first, each population by user name. */
const PEOPLE: readonly Someone[] = [
  { userName: 'abel', population: 'agent', change: { team: 'north', ...lock('password') } },
  { userName: 'Abigail', population: 'agent', change: { team: 'south', status: 'disabled' } },
  { userName: 'boris', population: 'agent', change: { team: 'south', ...lock('password') } },
  { userName: 'adele', role: 'Manager', change: { team: 'north', name: 'Zoë Adams' } },
  { userName: 'carla', role: 'Manager', change: { team: 'south', name: 'zoe Carlson' } },
  { userName: 'dora', role: 'SuperUser', change: { email: 'dora@example.com', team: 'north' } },
  { userName: 'Älva', change: { email: 'Alva@example.com' } },
];
const ALL = PEOPLE.map(({ userName }) => userName);
const named = new Map<string, Account>();
const where = (condition: (change: Partial<Account>, one: Someone) => boolean) =>
  PEOPLE.filter((one) => condition(one.change ?? {}, one)).map(({ userName }) => userName);

beforeAll(async () => {
  tenant = await server.tenant('livevox');
  for (const { change, ...input } of PEOPLE) {
    const { id } = await server.account(tenant, input);
    const { doc: stored } = await server.core.accounts.update(id, (current) => ({ ...current, ...change }));
    named.set(input.userName, stored as Account);
  }
  const other = await server.tenant();
  await server.account(other, { userName: 'abel' });
});

describe('ADM-1 account list', () => {
  test.each<[string, Partial<Input>, () => string[]]>([
    ['everyone, in the order of user names', {}, () => ALL],
    ['one population', { population: 'user' }, () => where((_, { population }) => population !== 'agent')],
    ['what the user name begins with', { userName: 'AB' }, () => ['abel', 'Abigail']],
    ['the same of one population', { userName: 'ä', population: 'user' }, () => ['Älva']],
    ['what the name begins with', { name: 'ZO' }, () => ['carla', 'adele']],
    ['what the e-mail address begins with', { email: 'alva@' }, () => ['Älva']],
    ['the locked', { isLocked: true }, () => where(({ lock: one }) => one !== undefined)],
    ['the disabled', { status: 'disabled' }, () => ['Abigail']],
    ['a team', { team: 'south' }, () => where(({ team }) => team === 'south')],
    ['those in no team', { team: '' }, () => ['Älva']],
    ['a role', { role: 'Manager' }, () => ['adele', 'carla']],
    ['the factor', { factor: 'pending' }, () => []],
    ['several at once', { team: 'south', isLocked: true }, () => ['boris']],
    ['a team and what the name begins with', { team: 'north', name: 'zo' }, () => ['adele']],
    ['two beginnings', { userName: 'd', email: 'dora' }, () => ['dora']],
    ['what excludes itself', { team: 'north', status: 'disabled' }, () => []],
  ])('%s', async (_, input, expected) => {
    expect(await listed(input)).toEqual(expected());
    expect(await listed(input, OPERATOR, 500)).toEqual(expected());
  });

  test('MFA-8 whose second factor is yet to be set up', async () => {
    await administer(server, of.enrol, named.get('dora') as Account, {});
    expect(await listed({ factor: 'pending' })).toEqual(['dora']);
    expect(await listed({ factor: 'pending', role: 'Agent' })).toEqual([]);
  });

  test('PWD-5 whose password expires in so many days, and is not expired yet', async () => {
    const place = await server.tenant('livevox');
    const lifetime = place.policy.password.expireAfterDays as number;
    const now = server.core.clock.now();
    for (const [userName, age] of [
      ['new', 0],
      ['soon', lifetime - 3],
      ['later', lifetime - 8],
      ['over', lifetime],
    ] as const) {
      const { id } = await server.account(place, { userName });
      await server.core.accounts.update(id, (current) => ({
        ...current,
        password: current.password && { ...current.password, setAt: now - age * DAY },
      }));
    }
    const within = async (expiresWithin: number) =>
      (await administer(server, of.list, place, { expiresWithin })).accounts.map(({ userName }) => userName);
    expect(await within(2)).toEqual([]);
    expect(await within(3)).toEqual(['soon']);
    expect(await within(10)).toEqual(['soon', 'later']);
  });

  test('V34 a cursor of another list, or none at all, is refused', async () => {
    const page = await administer(server, of.list, tenant, { limit: 1 });
    for (const after of [page.next, 'x', '', Buffer.from('["team",7,""]').toString('base64url')])
      await expect(
        administer(server, of.list, tenant, { team: 'north', limit: 1, after }),
      ).rejects.toMatchObject({ code: 'bad_request' });
  });
});

describe('ACC-7 a list is as long as the reach of the actor', () => {
  const north = where(({ team }) => team === 'north');

  test.each<[string, Partial<Input>, string[]]>([
    ['everyone', {}, north],
    ['the locked', { isLocked: true }, ['abel']],
    ['the other team', { team: 'south' }, []],
    ['the disabled, all of the other team', { status: 'disabled' }, []],
    ['what a user name of the other team begins with', { userName: 'car' }, []],
    ['what the name begins with in both teams', { name: 'zo' }, ['adele']],
    ['an address outside of the team', { email: 'alva' }, []],
    ['one of the team', { email: 'dora' }, ['dora']],
  ])('a Manager sees of %s only their own team, also in the count', async (_, input, expected) => {
    const manager = await actorFor(server, named.get('adele') as Account);
    expect(await listed(input, manager)).toEqual(expected);
  });

  test('V34 the cursor of a list of all leads a Manager nowhere', async () => {
    const manager = await actorFor(server, named.get('adele') as Account);
    for (const input of [{}, { isLocked: true as const }]) {
      const { next } = await administer(server, of.list, tenant, { ...input, limit: 1 });
      expect(next).toBeDefined();
      await expect(
        administer(server, of.list, tenant, { ...input, limit: 1, after: next }, manager),
      ).rejects.toMatchObject({ code: 'bad_request' });
    }
    const south = await administer(server, of.list, tenant, { team: 'south', limit: 1 });
    const stolen = await administer(server, of.list, tenant, { limit: 10, after: south.next }, manager);
    for (const { team } of stolen.accounts) expect(team).toBe('north');
  });

  test.each<[Role, 'all' | 'team' | 'forbidden']>([
    ['SysAdmin', 'all'],
    ['SuperUser', 'all'],
    ['Manager', 'team'],
    ['Agent', 'forbidden'],
  ])('ACC-4 %s: %s', async (role, reach) => {
    const place = await server.tenant();
    const inTeam = async (userName: string, team: string, as: Role = 'Agent') => {
      const { id } = await server.account(place, { userName, role: as });
      const { doc } = await server.core.accounts.update(id, (current) => ({ ...current, team }));
      return doc as Account;
    };
    const actor = await actorFor(server, await inTeam('ann', 'east', role));
    await inTeam('ben', 'east');
    await inTeam('cara', 'west');
    const seen = { all: ['ann', 'ben', 'cara'], team: ['ann', 'ben'], forbidden: [] };
    if (reach === 'forbidden') {
      expect(await refusalOf(server, of.list, place, {}, actor)).toMatchObject({ code: 'forbidden' });
      return;
    }
    const { accounts } = await administer(server, of.list, place, {}, actor);
    expect(accounts.map(({ userName }) => userName)).toEqual(seen[reach]);
  });

  test('LCK-9 unlock-all by a Manager unlocks their own team only, and names no one else', async () => {
    const manager = await actorFor(server, named.get('carla') as Account);
    const outcome = await administer(server, of.unlockAll, tenant, {}, manager);
    expect(outcome).toEqual({ unlocked: ['boris'], refused: [] });
    expect(await listed({ isLocked: true })).toEqual(['abel']);
  });
});

test('ADM-1 a rare combination makes short pages, which still find everything', async () => {
  const place = await server.tenant();
  const many = 2_300;
  const { id: _, ...pattern } = await server.account(place, { userName: 'pattern' });
  const docs = Array.from({ length: many }, (_, n) => {
    const userName = `p${String(n).padStart(4, '0')}`;
    const isRare = n % 700 === 699;
    return {
      ...pattern,
      id: `${place.id}-${n}`,
      userName,
      nameKey: userName,
      ...(isRare ? { name: 'rare', shownNameKey: 'rare' } : {}),
      team: n % 2 ? 'odd' : 'even',
      teamKey: n % 2 ? 'odd' : 'even',
    };
  });
  const stored = server.core.documents.collection<Account>({ name: 'accounts', indexes: ACCOUNTS.indexes });
  for (let n = 0; n < many; n += 500) await stored.insertAll(docs.slice(n, n + 500));
  const found: string[] = [];
  let after: string | undefined;
  let pages = 0;
  do {
    const page = await server.core.accounts.list({
      tenantId: place.id,
      reach: 'odd',
      name: 'rare',
      limit: 50,
      ...(after ? { after } : {}),
    });
    found.push(...page.items.map(({ userName }) => userName));
    after = page.next;
    pages++;
  } while (after);
  expect(found).toEqual(['p0699', 'p1399', 'p2099']);
  expect(pages).toBeGreaterThan(1);
  expect(await server.core.accounts.count({ tenantId: place.id, team: 'odd' })).toEqual({
    count: 1_000,
    isCapped: true,
  });
});
