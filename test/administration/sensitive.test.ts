import { describe, expect, test } from '@jest/globals';
import { type AnyOperation, allOperations } from '../../src/use-cases/administration/index.ts';
import { actorFor } from '../support/administration.ts';
import { SECRET } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { performAny } from '../support/operations.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const FRESH = 15 * 60;

const server = serverForAll();
clockForEach();

const sensitive = allOperations.filter(({ isSensitive }) => isSensitive);
const names = sensitive.map((operation) => [operation.name, operation] as const);

/** A tenant of operators would reach the installation: the SysAdmins of that one act on another tenant here. */
async function operator() {
  const { core } = server;
  const tenant =
    (await core.tenants.byClientCode('OPERATOR')) ?? (await server.tenant('modern', (p) => p, 'OPERATOR'));
  return server.account(tenant, { role: 'SysAdmin' });
}

async function target() {
  const tenant = await server.tenant('livevox');
  const email = `told-${tenant.number}@site.example`;
  const account = await server.account(tenant, { email, totpSecret: SECRET });
  const { id: application } = await server.application({ tenantId: tenant.id });
  await server.core.apiTokens.create(tenant.id, 'made here', 'x');
  await server.core.apiTokens.revoke(tenant.id, 'made here');
  return { email, account, at: { tenant: tenant.id, account: account.id, application } };
}

const mailsTo = (email: string) => server.mailbox.messages.filter(({ to }) => to === email);

describe('ADM-5 sensitive operations', () => {
  test('they are those about policy, roles, resets, passwords, tokens, webhooks, keys, disabling and deleting', () => {
    expect(sensitive.map(({ name }) => name).sort()).toEqual([
      'account compromised',
      'account delete',
      'account disable',
      'account permit',
      'account reset-factor',
      'account set-password',
      'account set-role',
      'account turn-off-factor',
      'application create',
      'application rotate-secret',
      'compliance except',
      'keys reseal',
      'keys rotate',
      'policy cancel-scheduled',
      'policy end-sessions',
      'policy rollback',
      'policy set',
      'role set',
      'token create',
      'token revoke',
      'webhook create',
      'webhook rotate-secret',
      'webhook set',
    ]);
  });

  test.each(names)(
    '%s refuses a sign-in of 15 minutes, and takes one of a second less',
    async (_, operation) => {
      const by = await operator();
      const { at, email } = await target();
      const now = server.core.clock.now();
      const tried = async (signedInAt: number) =>
        performAny(server, operation as AnyOperation, { at, actor: await actorFor(server, by, signedInAt) });
      expect(await tried(now - FRESH)).toEqual({
        refused: { code: 'fresh_sign_in_required', values: { maxAge: FRESH } },
      });
      expect(mailsTo(email)).toEqual([]);
      const performed = await tried(now - FRESH + 1);
      const codes = 'refused' in performed ? [performed.refused.code] : [];
      // What refers to something that is not there gets past this check all the same.
      expect(['fresh_sign_in_required', 'forbidden', 'input_invalid']).not.toContain(codes[0]);
    },
  );

  test.each(names.filter(([, { on }]) => on === 'account'))(
    '%s tells the person by mail',
    async (_, operation) => {
      const by = await operator();
      const { at, email } = await target();
      const actor = await actorFor(server, by);
      expect(await performAny(server, operation as AnyOperation, { at, actor })).toHaveProperty('output');
      const [mail, ...more] = await eventually(
        () => mailsTo(email),
        ({ length }) => length > 0,
      );
      expect(more).toEqual([]);
      expect(mail?.subject).not.toMatch(/^mail\.|\{\{/);
      expect(mail?.text).not.toMatch(/^mail\.|\{\{/);
    },
  );

  test('unlocking is none of them', async () => {
    const by = await operator();
    const { at, email } = await target();
    const unlock = allOperations.find(({ name }) => name === 'account unlock') as AnyOperation;
    expect(await performAny(server, unlock, { at, actor: await actorFor(server, by, 1) })).toHaveProperty(
      'output',
    );
    expect(mailsTo(email)).toEqual([]);
  });

  test('an account that is made with power needs a fresh sign-in, another one does not', async () => {
    const by = await operator();
    const { at } = await target();
    const create = allOperations.find(({ name }) => name === 'account create') as AnyOperation;
    const actor = await actorFor(server, by, 1);
    const made = (input: object) =>
      performAny(server, create, { at, actor, input: { population: 'user', ...input } });
    expect(await made({ userName: 'plain' })).toHaveProperty('output');
    expect(await made({ userName: 'chief', role: 'SysAdmin' })).toMatchObject({
      refused: { code: 'fresh_sign_in_required' },
    });
    expect(await made({ userName: 'given', permissions: ['unlock'] })).toMatchObject({
      refused: { code: 'fresh_sign_in_required' },
    });
  });
});
