import { describe, expect, test } from '@jest/globals';
import { machine } from '../support/admin-api.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();

describe('AUD-1 the audit over the admin API', () => {
  test('page by page, with times of RFC 3339', async () => {
    const tenant = await server.tenant();
    const account = await server.account(tenant);
    const api = await machine(server, tenant);
    const path = `/tenants/${tenant.clientCode}/accounts/${account.id}`;
    await api.post(`${path}/disable`, { reason: 'left' });
    await api.post(`${path}/enable`);
    const first = await api.get(`/audit?account=${account.id}&limit=1`);
    expect(first).toMatchObject({
      status: 200,
      body: { entries: [{ type: 'account.status', actor: `application:${api.id}`, accountId: account.id }] },
    });
    const [{ at }] = first.body.entries;
    expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const second = await api.get(`/audit?account=${account.id}&limit=1&after=${first.body.next}`);
    expect(second.body.entries).toMatchObject([{ type: 'account.status', reason: 'disabled: left' }]);
    const none = await api.get(`/audit?account=${account.id}&until=2000-01-01T00:00:00Z`);
    expect(none.body).toEqual({ entries: [] });
    const since = await api.get(
      `/audit?account=${account.id}&from=${encodeURIComponent(at)}&type=account.status`,
    );
    expect(since.body.entries.length).toBeGreaterThan(0);
  });

  test('V34 a cursor of another list, or one that someone made, is refused', async () => {
    const tenant = await server.tenant();
    const api = await machine(server, tenant);
    for (const query of ['', '?outcome=success']) await api.get(`/audit${query}`);
    const { next } = (await api.get('/audit?limit=1')).body;
    expect(next).toBeDefined();
    for (const path of [`/audit?outcome=success&after=${next}`, '/audit?after=ffffffff'])
      expect(await api.get(path)).toMatchObject({ status: 422, body: { code: 'input_invalid' } });
  });

  test.each(['from=yesterday', 'type=account.flown', 'outcome=maybe', 'limit=501', 'colour=red'])(
    'ADM-1 %s is refused by name',
    async (query) => {
      const api = await machine(server, await server.tenant());
      const { status, body } = await api.get(`/audit?${query}`);
      expect(status).toBe(422);
      expect(body.errors).toHaveLength(1);
    },
  );
});
