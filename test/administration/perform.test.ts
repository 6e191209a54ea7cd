import { describe, expect, test } from '@jest/globals';
import { allOperations, operations } from '../../src/use-cases/administration/index.ts';
import {
  actorFor,
  administer,
  administratorOf,
  attempt,
  OPERATOR,
  refusalOf,
} from '../support/administration.ts';
import { SECRET } from '../support/app.ts';
import { mailTo, withRecoveryCodes } from '../support/factors.ts';
import { performAny } from '../support/operations.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const server = serverForAll();
const time = clockForEach();

const entriesBy = async (actor: string) =>
  (await server.core.audit.page(undefined, 500)).items.filter((entry) => entry.actor === actor);

describe('ADM-6 the order of perform', () => {
  test('mistakes, then what is missing, permission, rank, freshness, and then it is done', async () => {
    const tenant = await server.tenant('livevox');
    const email = 'ordered@site.example';
    const target = await server.account(tenant, { email, team: 'north', permissions: ['read-audit'] });
    const by = await server.account(tenant, { role: 'Manager', team: 'north' });
    const signedInAt = server.core.clock.now() - 15 * 60;
    const { disable } = operations.account;
    const tried = async (account: { id: string; tenantId: string }, input: object) =>
      (await refusalOf(server, disable, account, input, await actorFor(server, by, signedInAt))).code;
    const missing = { id: 'none', tenantId: tenant.id };
    expect(await tried(missing, { reason: 7 })).toBe('input_invalid');
    expect(await tried(missing, {})).toBe('not_found');
    expect(await tried(target, {})).toBe('forbidden');
    const grants = [{ permission: 'manage-accounts' as const, reach: 'team' as const }];
    await administer(server, operations.role.set, tenant, { role: 'Manager', grants });
    expect(await tried(target, {})).toBe('outranked');
    await administer(server, operations.account.permit, target, { permission: 'read-audit', given: false });
    expect(await tried(target, {})).toBe('fresh_sign_in_required');
    expect((await server.reread(target)).status).toBe('enabled');
    time.move(1);
    await administer(server, disable, target, { reason: 'left' }, await actorFor(server, by));
    expect((await server.reread(target)).status).toBe('disabled');
    await mailTo(server, email, 'Your account was disabled');
    const written = (await entriesBy(by.id)).map(({ type, reason, accountId }) => [type, reason, accountId]);
    expect(written.filter(([type]) => type !== 'credential.event')).toEqual([
      ['operation.refused', 'not_found', ''],
      ['operation.refused', 'forbidden', target.id],
      ['operation.refused', 'outranked', target.id],
      ['operation.refused', 'fresh_sign_in_required', target.id],
      ['account.status', 'disabled: left', target.id],
    ]);
  });

  test('every mistake of an input is answered at once, by its path', async () => {
    const tenant = await server.tenant();
    const input = { population: 'robot', userName: 5, role: 'King', more: 1 } as never;
    const { code, values } = await refusalOf(server, operations.account.create, tenant, input);
    expect(code).toBe('input_invalid');
    expect((values.mistakes as readonly { path: string }[]).map(({ path }) => path).sort()).toEqual([
      '',
      'population',
      'role',
      'userName',
    ]);
  });

  test.each([undefined, null, 'text', 7, []])('%j is no input', async (input) => {
    const tenant = await server.tenant();
    for (const operation of allOperations.filter(({ on }) => on === 'tenant'))
      expect(
        await performAny(server, operation, {
          at: { tenant: tenant.id },
          actor: OPERATOR,
          input: input ?? null,
        }),
      ).toMatchObject({ refused: { code: 'input_invalid' } });
  });

  test('a change that breaks off is recorded as such, and its error is the one that the caller gets', async () => {
    const tenant = await server.tenant();
    const account = await server.account(tenant);
    const { accounts } = server.core;
    const { remove } = accounts;
    accounts.remove = async () => {
      throw new Error('the store broke');
    };
    try {
      await expect(attempt(server, operations.account.remove, account, {})).rejects.toThrow(
        'the store broke',
      );
    } finally {
      accounts.remove = remove;
    }
    const entries = await server.core.audit.ofAccount(account.id, 10);
    expect(entries.filter(({ type }) => type === 'operation.failed')).toMatchObject([
      { outcome: 'failure', actor: 'command-line', detail: { operation: 'account delete' } },
    ]);
    expect(entries.filter(({ type }) => type === 'account.deleted')).toEqual([]);
  });
});

describe('AUD-1 refusals in the audit', () => {
  test('SEC-4 a secret that was typed into the wrong field is in no entry', async () => {
    const tenant = await server.tenant('livevox');
    const actor = administratorOf(tenant);
    const typed = 'hunter2 hunter2 hunter2';
    const { account, token, tenant: tenants, application, policy } = operations;
    const { perform } = server.core;
    const at = { tenant: tenant.clientCode };
    await perform(account.unlock, { at: { ...at, population: 'user', userName: typed }, input: {}, actor });
    await perform(account.unlock, { at: { ...at, account: typed }, input: {}, actor });
    await perform(account.unlock, {
      at: { ...at, population: 'user', userName: typed },
      input: {},
      actor: OPERATOR,
    });
    await perform(token.revoke, { at, input: { name: typed }, actor });
    await perform(account.create, { at, input: { population: 'user', userName: 'x', email: typed }, actor });
    await perform(account.create, {
      at,
      input: { population: 'user', userName: 'x', password: typed },
      actor,
    });
    await perform(tenants.create, { at: {}, input: { clientCode: 'NEW', preset: typed }, actor: OPERATOR });
    await perform(policy.set, { at, input: { values: { [typed]: 1, 'lockout.user': typed } }, actor });
    await perform(application.create, {
      at: {},
      input: { id: 'x', kind: 'web', redirectUris: [`http://${typed}`] },
      actor: OPERATOR,
    });
    const { items } = await server.core.audit.page(undefined, 500);
    expect(items.filter(({ type }) => type === 'operation.refused').length).toBeGreaterThan(7);
    expect(JSON.stringify(items)).not.toContain('hunter2');
  });

  test('TEN-1 what is named elsewhere is recorded in the tenant of the actor, without what it names', async () => {
    const [own, other] = [await server.tenant(), await server.tenant()];
    const by = await server.account(own, { role: 'SysAdmin' });
    const target = await server.account(other);
    await refusalOf(server, operations.account.disable, target, {}, await actorFor(server, by));
    const [entry, ...more] = await entriesBy(by.id);
    expect(more).toEqual([]);
    expect(entry).toMatchObject({
      tenantId: own.id,
      accountId: '',
      detail: { operation: 'account disable' },
    });
    expect(await server.core.audit.ofAccount(target.id, 10)).toEqual([]);
  });
});

/** Every text of a document under a name that says that it is a secret or made of one. */
function secretsOf(value: unknown, isSecret = false): string[] {
  if (typeof value === 'string') return isSecret && value.length > 15 ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    secretsOf(inner, isSecret || /hash|secret|sealed|salt|token/i.test(name)),
  );
}

test('SEC-2 no operation that reads answers a hash or a secret', async () => {
  const tenant = await server.tenant('cloudcx');
  const account = await server.account(tenant, { totpSecret: SECRET, email: 'reader@site.example' });
  await withRecoveryCodes(server, account, 3);
  await administer(server, operations.account.makeLoginCode, account, { reason: 'lost' });
  await server.core.accounts.update(account.id, (a) => ({
    ...a,
    history: a.password ? [a.password.hash] : [],
    link: { hash: 'a-hash-of-a-link-that-was-mailed', purpose: 'set-password', expiresAt: 2 ** 40 } as never,
  }));
  const application = await server.application();
  const token = await server.apiToken(tenant);
  const webhook = await server.core.webhooks.create(
    tenant.id,
    { name: 'made here', address: 'https://hooks.example/', types: [] },
    'x',
  );
  const raw = [
    await server.reread(account),
    await server.core.applications.byId(application.id),
    await server.core.apiTokens.list(tenant.id),
  ];
  const secrets = [
    ...raw.flatMap((document) => secretsOf(document)),
    application.secret,
    token,
    SECRET,
    ...secretsOf(webhook),
  ];
  expect(secrets.length).toBeGreaterThan(8);
  const started = await server.core.startOperation(operations.policy.preview, {
    at: { tenant: tenant.id },
    input: { values: {} },
    actor: OPERATOR,
  });
  const operationId = 'operationId' in started ? started.operationId : '';
  const at = {
    tenant: tenant.id,
    account: account.id,
    application: application.id,
    operation: operationId,
  };
  for (const operation of allOperations.filter(({ effect }) => effect === 'reads')) {
    const performed = await performAny(server, operation, { at, actor: OPERATOR });
    expect(performed).toHaveProperty('output');
    const text = JSON.stringify(performed);
    for (const secret of secrets)
      expect([operation.name, text.includes(secret)]).toEqual([operation.name, false]);
  }
});

describe('AUD-1 what had no entry before', () => {
  test('a new secret of an application has one', async () => {
    const tenant = await server.tenant();
    const { id } = await server.application({ tenantId: tenant.id });
    const { secret } = await administer(server, operations.application.rotateSecret, { id }, {});
    const { items } = await server.core.audit.page(undefined, 500);
    const entries = items.filter(
      ({ type, applicationId }) => type === 'application.secret-rotated' && applicationId === id,
    );
    expect(entries).toMatchObject([{ actor: 'command-line', tenantId: tenant.id, outcome: 'success' }]);
    expect(JSON.stringify(items)).not.toContain(secret);
  });

  test('a factor that comes with an account has one', async () => {
    const tenant = await server.tenant('livevox');
    const input = { population: 'user' as const, userName: 'bound', totpSecret: SECRET };
    const { id } = await administer(server, operations.account.create, tenant, input);
    const entries = await server.core.audit.ofAccount(id, 10);
    expect(entries.map(({ type, factor }) => [type, factor])).toEqual([
      ['authenticator.bound', 'totp'],
      ['account.created', ''],
    ]);
    expect(JSON.stringify(entries)).not.toContain(SECRET);
  });
});
