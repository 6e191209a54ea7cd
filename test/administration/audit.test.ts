import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Account } from '../../src/capabilities/accounts/index.ts';
import type { AuditEvent } from '../../src/capabilities/audit/index.ts';
import type { Tenant } from '../../src/capabilities/tenants/index.ts';
import { type Actor, operations } from '../../src/use-cases/administration/index.ts';
import { actorFor, administer, administratorOf, OPERATOR, refusalOf } from '../support/administration.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const server = serverForAll();
const time = clockForEach();
const { audit: of } = operations;
type Input = Parameters<typeof of.list.run>[2];

let tenant: Tenant;
let other: Tenant;
let ann: Account;
let ben: Account;
let begunAt: number;
const SECOND_MOMENT = 3_600;
const DESK = { applicationId: 'desk' };

/** Every page of a list, and how many pages there were. */
async function pagesOf(place: Tenant | null, input: Partial<Input>, actor: Actor = OPERATOR, limit = 2) {
  const found: string[] = [];
  let after: string | undefined;
  let pages = 0;
  do {
    const page = await administer(server, of.list, place, { ...input, limit, after }, actor);
    expect(page.entries.length).toBeLessThanOrEqual(limit);
    found.push(...page.entries.filter(({ type }) => type !== 'audit.read').map(({ reason }) => reason));
    after = page.next;
    pages++;
  } while (after);
  return { found, pages };
}

const NUMBERS = ['1', '2', '3', '4', '5', '6'];
const OURS = (event: AuditEvent) => ({ tenantId: tenant.id, ...event });

/** Six entries, told apart by their reasons; the last two come an hour later. */
function entries(): AuditEvent[] {
  const by = { actor: 'command-line' };
  return [
    { ...by, type: 'account.status', outcome: 'success', accountId: ann.id, reason: '1' },
    { ...DESK, type: 'sign-in.password', outcome: 'failure', accountId: ann.id, reason: '2' },
    { ...DESK, type: 'sign-in.password', outcome: 'success', accountId: ben.id, reason: '3' },
    { actor: ann.id, type: 'account.status', outcome: 'success', accountId: ben.id, reason: '4' },
    { actor: ann.id, type: 'account.unlocked', outcome: 'success', accountId: ben.id, reason: '5' },
    { ...by, type: 'account.unlocked', outcome: 'success', accountId: ann.id, reason: '6' },
  ];
}

beforeAll(async () => {
  [tenant, other] = [await server.tenant(), await server.tenant()];
  [ann, ben] = [await server.account(tenant, { role: 'SysAdmin' }), await server.account(tenant)];
});

describe('AUD-1 audit list', () => {
  test('the newest first, by each filter, in pages of any length', async () => {
    begunAt = server.core.clock.now();
    for (const [n, event] of entries().entries()) {
      if (n === 4) time.move(SECOND_MOMENT);
      await server.core.audit.write(OURS(event));
      await server.core.audit.write({ ...event, tenantId: other.id, accountId: '', actor: 'system' });
    }
    const later = begunAt + SECOND_MOMENT;
    for (const [input, expected] of [
      [{ from: begunAt }, NUMBERS],
      [{ account: ann.id }, ['1', '2', '6']],
      [{ account: ben.id, actor: ann.id }, ['4', '5']],
      [{ actor: 'command-line' }, ['1', '6']],
      [{ actor: ann.id, type: 'account.unlocked' }, ['5']],
      [{ type: 'account.unlocked' }, ['5', '6']],
      [{ outcome: 'failure' }, ['2']],
      [{ application: 'desk', outcome: 'success' }, ['3']],
      [{ from: later }, ['5', '6']],
      [{ from: begunAt, until: later }, ['1', '2', '3', '4']],
      [{ from: begunAt, until: later, account: ann.id }, ['1', '2']],
      [{ from: later, until: later }, []],
      [{ actor: 'someone else' }, []],
    ] as [Partial<Input>, string[]][])
      for (const limit of [1, 2, 500]) {
        const { found } = await pagesOf(tenant, input, OPERATOR, limit);
        expect({ input, found }).toEqual({ input, found: expected.toReversed() });
      }
  });

  test('the operator reads that of every tenant at once', async () => {
    const { entries: found } = await administer(server, of.list, null, { outcome: 'failure' });
    expect(new Set(found.map(({ tenantId }) => tenantId))).toEqual(new Set([tenant.id, other.id]));
  });

  test('a SysAdmin reads that of their own tenant only, named or not, whichever account they name', async () => {
    const actor = await actorFor(server, ann);
    const { found } = await pagesOf(null, { outcome: 'failure' }, actor);
    expect(found).toEqual(['2']);
    const stranger = administratorOf(other);
    for (const input of [{ account: ann.id }, { actor: ann.id }])
      expect((await pagesOf(null, input, stranger)).found).toEqual([]);
    expect((await refusalOf(server, of.list, tenant, {}, stranger)).code).toBe('not_found');
  });

  test.each(['SuperUser', 'Manager', 'Agent'] as const)('ACC-4 a %s reads it not', async (role) => {
    const actor = await actorFor(server, await server.account(tenant, { role }));
    for (const place of [tenant, null])
      expect(await refusalOf(server, of.list, place, {}, actor)).toMatchObject({ code: 'forbidden' });
  });

  test('who reads it is in it, once for all pages of a list in ten minutes', async () => {
    const place = await server.tenant();
    const actor = await actorFor(server, await server.account(place, { role: 'SysAdmin' }));
    for (let n = 0; n < 5; n++)
      await server.core.audit.write({ type: 'account.unlocked', outcome: 'success', tenantId: place.id });
    const readings = async () => {
      const query = { tenantId: place.id, type: 'audit.read', limit: 50 } as const;
      return (await server.core.audit.list(query)).items.map(({ detail, actor: by }) => ({ by, detail }));
    };
    const { pages } = await pagesOf(place, { type: 'account.unlocked' }, actor, 1);
    expect(pages).toBe(5);
    const asked = { by: actor.by, detail: { type: 'account.unlocked' } };
    expect(await readings()).toEqual([asked]);
    await administer(server, of.list, place, { outcome: 'failure' }, actor);
    expect(await readings()).toEqual([{ by: actor.by, detail: { outcome: 'failure' } }, asked]);
    time.move(600);
    await pagesOf(place, { type: 'account.unlocked' }, actor, 500);
    const [, repeated] = await readings();
    expect(repeated?.detail).toMatchObject({ type: 'account.unlocked', repeats: 4 });
  });

  test('a rare combination makes short pages, which still find everything', async () => {
    const place = await server.tenant();
    for (let n = 0; n < 1_201; n++)
      server.core.audit.note({
        type: n % 600 === 0 ? 'account.unlocked' : 'account.enrolled',
        outcome: 'success',
        tenantId: place.id,
        reason: String(n),
      });
    await server.core.audit.flush();
    const { found, pages } = await pagesOf(place, { type: 'account.unlocked' }, OPERATOR, 50);
    expect(found).toEqual(['1200', '600', '0']);
    expect(pages).toBe(3);
  });
});
