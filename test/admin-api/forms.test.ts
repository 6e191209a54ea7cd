import { describe, expect, test } from '@jest/globals';
import { type ApiClient, machine } from '../support/admin-api.ts';
import { eventually } from '../support/eventually.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();

async function site() {
  const tenant = await server.tenant();
  const account = await server.account(tenant);
  const api = await machine(server, tenant);
  return { tenant, account, api, at: `/tenants/${tenant.clientCode}` };
}

const etagOf = async (api: ApiClient, path: string) => (await api.get(path)).headers.get('etag') ?? '';

describe('ETag and If-Match', () => {
  test('ADM-1 a state has a tag, which a change moves', async () => {
    const { account, api, at } = await site();
    const path = `${at}/accounts/${account.id}`;
    const before = await etagOf(api, path);
    expect(before).toMatch(/^"\d+"$/);
    expect(await etagOf(api, path)).toBe(before);
    const changed = await api.call('PUT', `${path}/team`, { team: 'north' }, { 'if-match': before });
    expect(changed).toMatchObject({ status: 200, body: { team: 'north' } });
    expect(changed.headers.get('etag')).toBe(await etagOf(api, path));
    expect(changed.headers.get('etag')).not.toBe(before);
  });

  test('ADM-1 a change for another state is refused with the tag of the present one', async () => {
    const { account, api, at } = await site();
    const path = `${at}/accounts/${account.id}`;
    const before = await etagOf(api, path);
    await api.call('PUT', `${path}/team`, { team: 'north' });
    const late = await api.call('PUT', `${path}/team`, { team: 'south' }, { 'if-match': before });
    expect(late).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });
    expect(late.headers.get('etag')).toBe(await etagOf(api, path));
    expect((await api.get(path)).body.team).toBe('north');
    const weak = await api.call(
      'PUT',
      `${path}/team`,
      { team: 'south' },
      { 'if-match': `W/${await etagOf(api, path)}` },
    );
    expect(weak.status).toBe(412);
    const nonsense = await api.call('PUT', `${path}/team`, { team: 'south' }, { 'if-match': 'seventeen' });
    expect(nonsense.status).toBe(400);
  });

  test('ADM-1 of 20 changes of one policy for the same state, one is made', async () => {
    const { api, at } = await site();
    const tag = await etagOf(api, `${at}/policy`);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        api.call(
          'PATCH',
          `${at}/policy`,
          { values: { 'password.expireAfterDays': 30 + n } },
          { 'if-match': tag },
        ),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(412)]);
    expect((await api.get(`${at}/policy`)).body.revision.n).toBe(2);
  });

  test('ADM-1 a state that the caller has already is not sent again', async () => {
    const { api, at } = await site();
    const tag = await etagOf(api, at);
    const again = await api.call('GET', at, undefined, { 'if-none-match': tag });
    expect(again).toMatchObject({ status: 304, body: undefined });
  });
});

describe('Idempotency-Key', () => {
  test('ADM-1 of 20 creations with one key one is made, and all are answered alike', async () => {
    const { api, at } = await site();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        api.post(`${at}/api-tokens`, { name: 'reports' }, { 'idempotency-key': 'k-1' }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => body.token)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(19);
    expect((await api.get(`${at}/api-tokens`)).body.tokens).toHaveLength(1);
  });

  test('ADM-1 the key of another request is refused, and one that was refused is free again', async () => {
    const { api, at } = await site();
    const key = { 'idempotency-key': 'k-2' };
    expect((await api.post(`${at}/api-tokens`, { name: '' }, key)).status).toBe(422);
    expect((await api.post(`${at}/api-tokens`, { name: 'first' }, key)).status).toBe(201);
    const other = await api.post(`${at}/api-tokens`, { name: 'second' }, key);
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    const others = await site();
    expect((await others.api.post(`${others.at}/api-tokens`, { name: 'first' }, key)).status).toBe(201);
  });
});

describe('operations that take long', () => {
  test('PWD-16 a preview is started, and asked for again by its address', async () => {
    const { api, at } = await site();
    const values = { values: { 'password.expireAfterDays': 30 } };
    const asked = await api.post(`${at}/policy/preview`, values, { prefer: 'respond-async' });
    expect(asked.status).toBe(202);
    expect(asked.headers.get('preference-applied')).toBe('respond-async');
    const path = asked.headers.get('location')?.replace('/api/v1', '') ?? '';
    const ended = await eventually(
      () => api.get(path),
      ({ body }) => body.state === 'done',
    );
    expect(ended.body.output.preview.accounts).toEqual({ user: 1, agent: 0 });
    expect(ended.body.askedAt).toMatch(/Z$/);
    const other = await site();
    expect((await other.api.get(path)).status).toBe(404);
  });
});

describe('lists', () => {
  test('ADM-1 S82 the next page begins where the last one ended, and a cursor opens nothing else', async () => {
    const { tenant, api, at } = await site();
    for (let n = 0; n < 4; n++) await server.account(tenant);
    const first = await api.get(`${at}/accounts?limit=2`);
    expect(first.body.accounts).toHaveLength(2);
    const second = await api.get(`${at}/accounts?limit=3&after=${first.body.next}`);
    const ids = [...first.body.accounts, ...second.body.accounts].map(({ id }: { id: string }) => id);
    expect(new Set(ids).size).toBe(5);
    const forged = `${first.body.next.slice(0, -1)}${first.body.next.endsWith('A') ? 'B' : 'A'}`;
    for (const [path, cursor] of [
      [`${at}/accounts`, forged],
      [`${at}/accounts`, 'x'],
      [`${at}/accounts?population=agent`, first.body.next],
    ]) {
      const answer = await api.get(`${path}${path?.includes('?') ? '&' : '?'}after=${cursor}`);
      expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '#/after' }] } });
    }
  });

  test('ADM-1 each wrong field is named, unknown ones too', async () => {
    const { api, at } = await site();
    const answer = await api.post(`${at}/accounts`, { population: 'robot', userName: 7, extra: true });
    expect(answer.status).toBe(422);
    const pointers = answer.body.errors.map(({ pointer }: { pointer: string }) => pointer);
    expect(pointers).toEqual(expect.arrayContaining(['#/population', '#/userName']));
    expect((await api.get(`${at}/accounts?limit=many`)).status).toBe(422);
    expect((await api.get(`${at}/accounts?limit=1&limit=2`)).status).toBe(400);
    expect((await api.get(`${at}/accounts?colour=red`)).status).toBe(422);
  });
});
