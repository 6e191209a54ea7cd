import { describe, expect, test } from '@jest/globals';
import { operations } from '../../src/use-cases/administration/index.ts';
import { apiClient, machine, machineWith, person } from '../support/admin-api.ts';
import { actorFor, refusalOf } from '../support/administration.ts';
import { errorOf } from '../support/application.ts';
import { story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';
import { holdTime } from '../support/time.ts';

const server = serverForAll();

describe('who may call', () => {
  test('ADM-1 a machine with a role lists the accounts of its tenant', async () => {
    const tenant = await server.tenant();
    const account = await server.account(tenant);
    const api = await machine(server, tenant);
    const { status, body } = await api.get(`/tenants/${tenant.clientCode}/accounts`);
    expect(status).toBe(200);
    expect(body.accounts).toMatchObject([{ id: account.id, userName: account.userName }]);
    expect(body.accounts[0].createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(JSON.stringify(body)).not.toContain('argon2');
  });

  test('ADM-1 a person does with a tool what their role permits', async () => {
    const tenant = await server.tenant();
    const account = await server.account(tenant);
    const api = await person(server, tenant, 'SuperUser');
    const path = `/tenants/${tenant.clientCode}/accounts/${account.id}`;
    expect((await api.post(`${path}/unlock`)).body).toEqual({ wasLocked: false });
    const refused = await api.call('PATCH', `/tenants/${tenant.clientCode}/policy`, { values: {} });
    expect(refused).toMatchObject({ status: 403, body: { code: 'forbidden', status: 403 } });
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
  });

  test('TEN-1 S82 another tenant is answered like one that does not exist, to the byte', async () => {
    const tenant = await server.tenant();
    const other = await server.tenant();
    const api = await machine(server, tenant);
    const foreign = await api.get(`/tenants/${other.clientCode}/accounts`);
    const missing = await api.get('/tenants/NO-SUCH-SITE/accounts');
    expect(foreign.status).toBe(404);
    const without = (answer: typeof foreign, name: string) =>
      JSON.stringify(answer.body).replaceAll(name, '');
    expect(without(foreign, other.clientCode)).toBe(without(missing, 'NO-SUCH-SITE'));
  });

  test('ADM-1 without a token, with a wrong one, and with one for something else, the challenge says what is missing', async () => {
    const tenant = await server.tenant();
    const path = `/tenants/${tenant.clientCode}`;
    const none = await apiClient(server, '').get(path);
    expect(none.status).toBe(401);
    expect(none.headers.get('www-authenticate')).toBe('Bearer');
    const wrong = await apiClient(server, 'x'.repeat(43)).get(path);
    expect(wrong.status).toBe(401);
    expect(wrong.headers.get('www-authenticate')).toContain('error="invalid_token"');
    const other = await person(server, tenant, 'SysAdmin', 'openid');
    expect((await other.get(path)).status).toBe(401);
  });

  test('ADM-5 a sensitive operation asks for a sign-in of the last 15 minutes (RFC 9470)', async () => {
    const time = holdTime();
    try {
      const tenant = await server.tenant();
      const account = await server.account(tenant);
      // What refreshes its tokens keeps the time of its sign-in.
      const api = await person(server, tenant, 'SysAdmin', 'openid admin');
      const path = `/tenants/${tenant.clientCode}/accounts/${account.id}`;
      time.move(14 * 60);
      const renewed = await api.refresh();
      expect((await renewed.post(`${path}/disable`)).status).toBe(200);
      time.move(61);
      const late = await renewed.call('DELETE', path);
      expect(late).toMatchObject({ status: 401, body: { code: 'fresh_sign_in_required' } });
      expect(late.headers.get('www-authenticate')).toContain(
        'error="insufficient_user_authentication", error_description=',
      );
      expect(late.headers.get('www-authenticate')).toContain('max_age="900"');
      expect((await renewed.post(`${path}/enable`)).status).toBe(200);
      const fresh = await api.signInAgain();
      expect((await fresh.call('DELETE', path)).body).toEqual({ deleted: account.id });
    } finally {
      time.release();
    }
  });

  test('SES-4 a token ends with the session, the account and the permission of the tool', async () => {
    const tenant = await server.tenant();
    const path = `/tenants/${tenant.clientCode}`;
    const disabled = await person(server, tenant, 'SysAdmin');
    expect((await disabled.get(path)).status).toBe(200);
    await server.core.accounts.update(disabled.id, (a) => ({ ...a, status: 'disabled' }));
    expect((await disabled.get(path)).status).toBe(401);
    const revoked = await person(server, tenant, 'SysAdmin');
    await revoked.relying.revoke(revoked.token);
    expect((await revoked.get(path)).status).toBe(401);
    const demoted = await person(server, tenant, 'SysAdmin');
    await server.core.accounts.update(demoted.id, (a) => ({ ...a, role: 'Agent' }));
    expect((await demoted.get(`${path}/accounts`)).status).toBe(403);
  });

  test('ADM-1 a machine without a role, and an application that may not ask, get no token for the admin API', async () => {
    const tenant = await server.tenant();
    const api = await machine(server, tenant, null);
    expect((await api.get(`/tenants/${tenant.clientCode}`)).status).toBe(401);
    const tale = await story(server, { tenant });
    const resource = `${server.issuer}/api/v1`;
    expect(errorOf((await tale.begin({ scope: 'openid admin', resource })).url)).toBe('invalid_target');
  });
});

describe('what a caller cannot take for themselves', () => {
  const named = (id: string, more: object) => ({ id, kind: 'machine', role: 'SysAdmin', ...more });

  test('ADM-5 ACC-6 a sign-in that is no longer fresh makes no machine', async () => {
    const time = holdTime();
    try {
      const tenant = await server.tenant();
      const api = await person(server, tenant, 'SysAdmin');
      time.move(16 * 60);
      const late = await api.refresh();
      expect((await late.post('/applications', named('late-machine', {}))).status).toBe(401);
      const fresh = await api.signInAgain();
      expect((await fresh.post('/applications', named('late-machine', {}))).status).toBe(201);
    } finally {
      time.release();
    }
  });

  test('S80 a machine acts under a name that no account and no shell has', async () => {
    const tenant = await server.tenant();
    const account = await server.account(tenant);
    const id = account.id;
    const { secret } = await server.application({
      id,
      kind: 'machine',
      tenantId: tenant.id,
      role: 'SysAdmin',
      redirectUris: [],
    });
    const api = await machineWith(server, id, secret);
    await api.post(`/tenants/${tenant.clientCode}/accounts/${account.id}/unlock`);
    const [entry] = await server.core.audit.ofAccount(account.id, 1);
    expect(entry).toMatchObject({ type: 'account.unlocked', actor: `application:${id}` });
  });

  test('ACC-6 who holds less than everything registers nothing that people give everything to', async () => {
    const tenant = await server.tenant();
    const clerk = await server.account(tenant, { role: 'SuperUser', permissions: ['edit-applications'] });
    const actor = await actorFor(server, clerk);
    const web = { kind: 'web' as const, redirectUris: ['https://desk.example/back'] };
    for (const input of [
      { id: 'a', ...web, scopes: ['admin'] },
      { id: 'b', ...web, isFirstParty: true },
    ]) {
      const refused = await refusalOf(server, operations.application.create, tenant, input, actor);
      expect(refused.code).toBe('permission_not_held');
    }
  });

  test('ADM-1 an answer with a secret is not given again to a caller who may not ask for it any more', async () => {
    const tenant = await server.tenant();
    const api = await person(server, tenant, 'SysAdmin');
    const key = { 'idempotency-key': 'once' };
    const path = `/tenants/${tenant.clientCode}/api-tokens`;
    expect((await api.post(path, { name: 'reports' }, key)).status).toBe(201);
    await server.core.accounts.update(api.id, (a) => ({ ...a, role: 'Agent' }));
    expect((await api.post(path, { name: 'reports' }, key)).body).toMatchObject({
      code: 'idempotency_key_reused',
    });
  });

  test('TEN-1 the audit of a tenant tells nothing of an account of another one, nor where its page ended', async () => {
    const [tenant, other] = [await server.tenant(), await server.tenant()];
    const foreign = await server.account(other);
    for (const reason of ['one', 'two', 'three'])
      await server.core.audit.write({
        type: 'account.locked',
        outcome: 'success',
        tenantId: other.id,
        accountId: foreign.id,
        reason,
      });
    const api = await machine(server, tenant);
    const { body } = await api.get(`/audit?tenant=${tenant.clientCode}&account=${foreign.id}&limit=1`);
    expect(body).toEqual({ entries: [] });
  });
});
