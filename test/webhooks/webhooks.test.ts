import { afterEach, describe, expect, test } from '@jest/globals';
import type { AuditType } from '../../src/capabilities/audit/index.ts';
import type { Tenant } from '../../src/capabilities/tenants/index.ts';
import { rfc3339 } from '../../src/foundation/base/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer, OPERATOR, refusalOf } from '../support/administration.ts';
import { eventually } from '../support/eventually.ts';
import { accepts, answers, floods, hangs } from '../support/logout-listener.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';
import { isSignedWith, startWebhookListener, type WebhookListener } from '../support/webhook-listener.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const { webhook: of } = operations;

const server = serverForAll({ SALLYPORT_OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1/32' });
const time = clockForEach();
const listeners: WebhookListener[] = [];
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close();
});

async function listening(manner = accepts) {
  const listener = await startWebhookListener(manner);
  listeners.push(listener);
  return listener;
}

/** A tenant with a webhook that is told of locks and of nothing else, unless the story says so. */
async function hooked(manner = accepts, types: AuditType[] = ['account.locked']) {
  const listener = await listening(manner);
  const tenant = await server.tenant();
  const { id, secret } = await administer(server, of.create, tenant, {
    name: 'siem',
    address: listener.url,
    types,
  });
  return { listener, tenant, id, secret };
}

/** Something happens in a tenant, and is old enough to be told. */
async function happens({ id }: Pick<Tenant, 'id'>, type: AuditType = 'account.locked', reasons = ['']) {
  for (const reason of reasons)
    await server.core.audit.write({ type, outcome: 'success', tenantId: id, reason });
  time.move(3);
}

const heard = (listener: WebhookListener, count: number) =>
  eventually(
    () => listener.events,
    (events) => events.length >= count,
  );
const told = (tenant: Pick<Tenant, 'id'>, state: 'pending' | 'delivered' | 'given-up', count = 1) =>
  eventually(
    () => administer(server, of.deliveries, tenant, { webhook: 'siem', state }),
    ({ deliveries }) => deliveries.length === count,
  ).then(({ deliveries }) => deliveries);
const shown = (tenant: Pick<Tenant, 'id'>) => administer(server, of.show, tenant, { webhook: 'siem' });
const reasonsOf = (listener: WebhookListener) => listener.events.map(({ event }) => event.data.reason);
const typesIn = async (tenant: Pick<Tenant, 'id'>) =>
  (await server.core.audit.ofTenant(tenant.id, '', 500)).map(({ type }) => type);

describe('an event of the audit', () => {
  test('AUD-1 is told as the audit shows it, signed after Standard Webhooks', async () => {
    const { listener, tenant, secret } = await hooked();
    const at = rfc3339(server.core.clock.now());
    await happens(tenant, 'account.locked', ['five wrong passwords']);
    const [received] = await heard(listener, 1);
    const [entry] = (await server.core.audit.ofTenant(tenant.id, '', 10)).slice(-1);
    expect(received?.event).toEqual({ type: 'account.locked', timestamp: at, data: { ...entry, at } });
    expect(received?.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-timestamp': String(server.core.clock.now()),
    });
    expect(received?.id).toMatch(/^[\w-]+$/);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(received && isSignedWith(secret, received)).toBe(true);
    expect(await told(tenant, 'delivered')).toMatchObject([
      { id: received?.id, entryId: entry?.id, type: 'account.locked', attempts: 1, problem: '' },
    ]);
  });

  test('AUD-1 is told only of the types that the webhook names', async () => {
    const { listener, tenant } = await hooked();
    await happens(tenant, 'account.unlocked');
    await happens(tenant, 'account.locked');
    await heard(listener, 1);
    expect(listener.events.map(({ event }) => event.type)).toEqual(['account.locked']);
    await administer(server, of.set, tenant, { webhook: 'siem', types: [] });
    await happens(tenant, 'account.unlocked');
    await heard(listener, 3);
    expect(listener.events.map(({ event }) => event.type).slice(1)).toEqual([
      'webhook.changed',
      'account.unlocked',
    ]);
  });

  test('TEN-1 AUD-1 is told to no other tenant, and an entry of the installation to none', async () => {
    const [one, other] = [await hooked(), await hooked()];
    await server.core.audit.write({ type: 'account.locked', outcome: 'success' });
    await happens(one.tenant, 'account.locked', ['of one']);
    await happens(other.tenant, 'account.locked', ['of the other']);
    await heard(one.listener, 1);
    await heard(other.listener, 1);
    await told(one.tenant, 'delivered');
    await told(other.tenant, 'delivered');
    expect(reasonsOf(one.listener)).toEqual(['of one']);
    expect(reasonsOf(other.listener)).toEqual(['of the other']);
  });

  test('AUD-1 that happened before the webhook was made is not told', async () => {
    const tenant = await server.tenant();
    await happens(tenant, 'account.locked', ['before']);
    const listener = await listening();
    await administer(server, of.create, tenant, { name: 'siem', address: listener.url });
    await happens(tenant, 'account.locked', ['after']);
    await heard(listener, 2);
    expect(listener.events.map(({ event }) => event.type)).toEqual(['webhook.created', 'account.locked']);
  });

  test('AUD-1 keeps its place: two hundred and fifty are told in order, each once', async () => {
    const { listener, tenant } = await hooked();
    const reasons = Array.from({ length: 250 }, (_, n) => String(n));
    await happens(tenant, 'account.locked', reasons);
    await eventually(
      () => {
        // What is left of a page is looked at a second later.
        time.move(1);
        return listener.events.length;
      },
      (count) => count >= 250,
    );
    expect(reasonsOf(listener)).toEqual(reasons);
  });

  test('AUD-1 that repeats is told as the audit folds it, with its number', async () => {
    const { listener, tenant } = await hooked(accepts, ['sign-in.password']);
    for (let n = 0; n < 5; n++)
      server.core.audit.note({
        type: 'sign-in.password',
        outcome: 'refused',
        tenantId: tenant.id,
        reason: 'locked',
        address: '203.0.113.9',
      });
    await server.core.audit.flush();
    time.move(3);
    await heard(listener, 2);
    const [first, rest] = listener.events.map(({ event }) => event.data.detail);
    expect(first).toEqual({});
    expect(rest).toMatchObject({ repeats: 4 });
  });

  test('AUD-1 that reached the store after younger ones is told all the same', async () => {
    const { listener, tenant } = await hooked();
    const [clone] = await server.core.audit.ofTenant(tenant.id, '', 1);
    if (!clone) throw new Error('there is no entry');
    // As another process writes it that could not reach the store for a while.
    const late = {
      ...clone,
      id: `${clone.id.slice(0, -1)}g`,
      type: 'account.locked',
      reason: 'late',
      detail: {},
    };
    await happens(tenant, 'account.locked', ['younger']);
    await heard(listener, 1);
    await told(tenant, 'delivered');
    await server.core.documents.collection<typeof late>({ name: 'audit', indexes: AUDIT }).insert(late);
    time.move(16 * MINUTE);
    await heard(listener, 2);
    expect(reasonsOf(listener)).toEqual(['younger', 'late']);
    time.move(16 * MINUTE);
    await happens(tenant, 'account.locked', ['next']);
    await heard(listener, 3);
    expect(reasonsOf(listener)).toEqual(['younger', 'late', 'next']);
  });
});
const AUDIT = {
  account: { fields: ['accountId', 'id'] },
  tenant: { fields: ['tenantId', 'id'] },
  order: { fields: ['id'] },
};

describe('a receiver that fails', () => {
  test('AUD-1 F22 is told again, with the same id, and those that follow go ahead', async () => {
    const { listener, tenant } = await hooked(answers(500));
    await happens(tenant, 'account.locked', ['first']);
    const [failing] = await eventually(
      () => told(tenant, 'pending'),
      ([one]) => one?.problem === 'answered 500',
    );
    expect(failing).toMatchObject({ attempts: 1, triedAt: server.core.clock.now() });
    expect((await shown(tenant)).failingSince).toBe(server.core.clock.now());
    listener.manner = accepts;
    await happens(tenant, 'account.locked', ['second']);
    time.move(MINUTE);
    await eventually(
      async () => {
        // One that failed is asked by one request: the other one waits a second.
        time.move(1);
        return administer(server, of.deliveries, tenant, { webhook: 'siem', state: 'delivered' });
      },
      ({ deliveries }) => deliveries.length === 2,
    );
    const ids = listener.events.filter(({ event }) => event.data.reason === 'first').map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(1);
    expect(new Set(ids).size).toBe(1);
    expect((await shown(tenant)).failingSince).toBeNull();
  });

  test.each([
    ['answers 101', answers(101)],
    ['redirects', answers(307, { location: 'http://127.0.0.1:9/' })],
    ['has the event gone', answers(410)],
  ])('S78 F22 one that %s is not told', async (_, manner) => {
    const { listener, tenant } = await hooked(manner);
    await happens(tenant);
    await heard(listener, 1);
    await eventually(
      () => told(tenant, 'pending'),
      ([one]) => (one?.attempts ?? 0) > 0,
    );
  });

  test('F22 one that hangs keeps no other waiting, and nothing of a flood is read', async () => {
    const [dead, loud, well] = [await hooked(hangs), await hooked(floods), await hooked()];
    for (const { tenant } of [dead, loud, well]) await happens(tenant);
    await told(well.tenant, 'delivered');
    await told(loud.tenant, 'delivered');
    await eventually(
      () => told(dead.tenant, 'pending'),
      ([one]) => one?.problem === 'no answer in 5 seconds',
    );
  });

  test('S78 an address inside, or in the open, is not asked', async () => {
    const { tenant } = await hooked();
    await administer(server, of.set, tenant, { webhook: 'siem', address: 'https://localhost.localdomain/' });
    const inside = await administer(server, of.test, tenant, { webhook: 'siem' });
    expect(inside.delivered).toBe(false);
    await administer(server, of.set, tenant, { webhook: 'siem', address: 'https://10.0.0.1/' });
    expect(await administer(server, of.test, tenant, { webhook: 'siem' })).toEqual({
      delivered: false,
      problem: 'the address is not public, or not https, and not in outbound.allowedNetworks',
    });
  });

  test('AUD-1 one that fails for three days is told no more, which the audit and the list say once', async () => {
    const { listener, tenant } = await hooked(answers(503));
    await happens(tenant, 'account.locked', ['first']);
    const { failingSince } = await eventually(
      () => shown(tenant),
      (one) => one.failingSince !== null,
    );
    while ((await shown(tenant)).enabled) {
      const before = listener.events.length;
      time.move(DAY);
      await eventually(
        async () => {
          // The pause may have begun after the hour.
          time.move(1);
          return listener.events.length > before || !(await shown(tenant)).enabled;
        },
        (isOver) => isOver,
      );
    }
    const off = await shown(tenant);
    expect(off).toMatchObject({ enabled: false, problem: 'answered 503', failingSince, changedBy: 'system' });
    expect((await typesIn(tenant)).filter((type) => type === 'webhook.disabled')).toHaveLength(1);
    expect(server.mailbox.messages).toEqual([]);
    time.move(2 * HOUR);
    await told(tenant, 'given-up');
    const count = listener.events.length;

    listener.manner = accepts;
    await happens(tenant, 'account.locked', ['while it is off']);
    expect(await refusalOf(server, of.retry, tenant, { webhook: 'siem' })).toMatchObject({
      code: 'webhook_off',
    });
    expect(listener.events).toHaveLength(count);
    await administer(server, of.set, tenant, { webhook: 'siem', enabled: true });
    time.move(10 * MINUTE);
    await told(tenant, 'delivered');
    expect(await administer(server, of.retry, tenant, { webhook: 'siem' })).toEqual({ queued: 1 });
    await told(tenant, 'delivered', 2);
    expect(reasonsOf(listener).slice(count)).toEqual(['while it is off', 'first']);
  });
});

describe('a crash', () => {
  test('AUD-1 F1 of the process that tells leaves the event to another one', async () => {
    const { listener, tenant, id } = await hooked();
    await told(tenant, 'delivered', 0);
    // One holds the webhook, and is seen no more.
    const seen = await eventually(
      () => server.core.webhookProgress.of(id),
      (progress) => progress !== undefined && progress.heldUntil === 0,
    );
    if (seen) await server.core.webhookProgress.hold(seen);
    await happens(tenant);
    expect(listener.events).toEqual([]);
    time.move(45);
    await heard(listener, 1);
    await told(tenant, 'delivered');
    expect(listener.events).toHaveLength(1);
  });

  test('AUD-1 P1 of twenty that want to tell a webhook one does', async () => {
    const { id } = await hooked();
    const progress = server.core.webhookProgress;
    const seen = await eventually(
      () => progress.of(id),
      (found) => found !== undefined && found.heldUntil === 0,
    );
    if (!seen) throw new Error('there is no progress');
    const held = await Promise.all(Array.from({ length: 20 }, () => progress.hold(seen)));
    expect(held.filter(Boolean)).toHaveLength(1);
  });

  test('P1 of twenty that turn a webhook off one does', async () => {
    const { id } = await hooked();
    const done = await Promise.all(
      Array.from({ length: 20 }, () => server.core.webhooks.giveUp(id, 'answered 503')),
    );
    expect(done.filter(Boolean)).toHaveLength(1);
  });
});

describe('the secret', () => {
  test('AUD-1 signs beside its successor for a day', async () => {
    const { listener, tenant, secret } = await hooked();
    const next = await administer(server, of.rotateSecret, tenant, { webhook: 'siem' });
    await happens(tenant);
    const [both] = await heard(listener, 1);
    expect(both && [secret, next.secret].map((one) => isSignedWith(one, both))).toEqual([true, true]);
    time.move(DAY);
    await happens(tenant);
    const [, one] = await heard(listener, 2);
    expect(one && [secret, next.secret].map((each) => isSignedWith(each, one))).toEqual([false, true]);
    expect((await shown(tenant)).secrets).toBe(1);
  });

  test('SEC-2 is kept sealed, and shown and recorded nowhere', async () => {
    const { tenant, id, secret } = await hooked();
    const stored = JSON.stringify(await server.core.webhooks.byId(id));
    const shownAgain = JSON.stringify([
      await shown(tenant),
      await administer(server, of.list, tenant, {}),
      await server.core.audit.ofTenant(tenant.id, '', 100),
    ]);
    for (const text of [stored, shownAgain]) expect(text).not.toContain(secret.slice(6));
    expect(stored).toMatch(/"sealed":"v1\./);
  });
});

describe('webhooks of a tenant', () => {
  test('AUD-1 P1 are at most five, however many are made at once', async () => {
    const tenant = await server.tenant();
    const make = (n: number) =>
      server.core.perform(of.create, {
        at: { tenant: tenant.id },
        input: { name: `hook ${n}`, address: 'https://hooks.example/' },
        actor: OPERATOR,
      });
    const made = await Promise.all(Array.from({ length: 20 }, (_, n) => make(n)));
    expect(made.filter((one) => 'output' in one)).toHaveLength(5);
    expect((await administer(server, of.list, tenant, {})).webhooks).toHaveLength(5);
    const limit = { code: 'webhook_limit', values: { most: 5 } };
    expect(
      await refusalOf(server, of.create, tenant, { name: 'six', address: 'https://a.example/' }),
    ).toEqual(limit);
    await administer(server, of.remove, tenant, { webhook: 'HOOK 1', reason: 'old' }).catch(() => {});
  });

  test.each([
    ['a name that is taken', { name: 'SIEM', address: 'https://a.example/' }, 'webhook_name_taken'],
    ['a name of nothing', { name: ' ', address: 'https://a.example/' }, 'webhook_name_invalid'],
    ['an address that is none', { name: 'a', address: 'nowhere' }, 'uri_not_absolute'],
    ['another scheme', { name: 'a', address: 'ftp://a.example/' }, 'uri_not_https'],
    ['a fragment', { name: 'a', address: 'https://a.example/#b' }, 'uri_has_fragment'],
    ['a user', { name: 'a', address: 'https://me:it@a.example/' }, 'uri_names_user'],
    ['an unknown event', { name: 'a', address: 'https://a.example/', types: ['nothing'] }, 'input_invalid'],
    ['an unknown field', { name: 'a', address: 'https://a.example/', secret: 'mine' }, 'input_invalid'],
  ])('AUD-1 are refused with %s', async (_, input, code) => {
    const { tenant } = await hooked();
    expect(await refusalOf(server, of.create, tenant, input as never)).toMatchObject({ code });
  });

  test('TEN-1 AUD-1 are named only within the tenant', async () => {
    const { id } = await hooked();
    const other = await server.tenant();
    for (const operation of [of.show, of.remove, of.rotateSecret, of.test, of.deliveries, of.retry])
      expect(await refusalOf(server, operation as typeof of.show, other, { webhook: id })).toMatchObject({
        code: 'not_found',
      });
  });

  test('AUD-1 that are deleted are told nothing more, and one that follows in the place is another', async () => {
    const { listener, tenant, id } = await hooked();
    await happens(tenant, 'account.locked', ['first']);
    await heard(listener, 1);
    await administer(server, of.remove, tenant, { webhook: 'siem', reason: 'moved' });
    await happens(tenant, 'account.locked', ['second']);
    const next = await listening();
    const made = await administer(server, of.create, tenant, { name: 'siem', address: next.url });
    expect(made.id).not.toBe(id);
    await happens(tenant, 'account.locked', ['third']);
    await heard(next, 2);
    expect(reasonsOf(listener)).toEqual(['first']);
    expect(reasonsOf(next)).toEqual(['', 'third']);
  });

  test('AUD-1 a test says what the receiver answered, and is sent once', async () => {
    const { listener, tenant, secret } = await hooked(answers(500));
    expect(await administer(server, of.test, tenant, { webhook: 'siem' })).toEqual({
      delivered: false,
      problem: 'answered 500',
    });
    listener.manner = accepts;
    expect(await administer(server, of.test, tenant, { webhook: 'siem' })).toEqual({
      delivered: true,
      problem: '',
    });
    const [, sent] = listener.events;
    expect(sent?.event.type).toBe('webhook.test');
    expect(sent && isSignedWith(secret, sent)).toBe(true);
    expect((await administer(server, of.deliveries, tenant, { webhook: 'siem' })).deliveries).toEqual([]);
  });

  test('AUD-1 deliveries come page by page', async () => {
    const { tenant } = await hooked();
    await happens(tenant, 'account.locked', ['1', '2', '3']);
    await told(tenant, 'delivered', 3);
    const ids: string[] = [];
    let after: string | undefined;
    do {
      const page = await administer(server, of.deliveries, tenant, { webhook: 'siem', limit: 2, after });
      ids.push(...page.deliveries.map(({ id }) => id));
      after = page.next;
    } while (after);
    expect(ids).toHaveLength(3);
    expect(ids).toEqual([...ids].sort().reverse());
  });

  test('AUD-1 P1 of twenty that retry an event one does', async () => {
    const { listener, tenant } = await hooked(answers(503));
    await happens(tenant);
    await eventually(
      () => told(tenant, 'pending'),
      ([one]) => (one?.attempts ?? 0) > 0,
    );
    await administer(server, of.set, tenant, { webhook: 'siem', enabled: false });
    time.move(HOUR);
    const [lost] = await told(tenant, 'given-up');
    await administer(server, of.set, tenant, { webhook: 'siem', enabled: true });
    listener.manner = accepts;
    const before = listener.events.length;
    const input = { webhook: 'siem', delivery: lost?.id ?? '' };
    const actor = OPERATOR;
    const tried = await Promise.all(
      Array.from({ length: 20 }, () =>
        server.core.perform(of.retry, { at: { tenant: tenant.id }, input, actor }),
      ),
    );
    expect(tried.filter((one) => 'output' in one)).toHaveLength(1);
    await told(tenant, 'delivered');
    expect(listener.events).toHaveLength(before + 1);
  });
});
