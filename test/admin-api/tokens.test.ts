import { beforeAll, describe, expect, test } from '@jest/globals';
import { generateKeyPair, SignJWT } from 'jose';
import type { Account } from '../../src/capabilities/accounts/index.ts';
import type { Tenant } from '../../src/capabilities/tenants/index.ts';
import { fromStored, recordId, toStored } from '../../src/doors/oidc/records.ts';
import { allOperations } from '../../src/use-cases/administration/index.ts';
import { type ApiClient, apiClient, machine, person } from '../support/admin-api.ts';
import { callOf } from '../support/admin-matrix.ts';
import { basic } from '../support/application.ts';
import { documentsOf } from '../support/documents.ts';
import { serverForAll } from '../support/suite.ts';
import { holdTime } from '../support/time.ts';

const server = serverForAll({ SALLYPORT_ADMIN_CALLS_PER_MINUTE: '100000' });
const tenant = {} as Tenant;
let target: Account;

beforeAll(async () => {
  Object.assign(tenant, await server.tenant());
  target = await server.account(tenant);
});

/** The token, as if the key of a caller was proved when it was given (RFC 9449). */
async function boundToKey({ token }: ApiClient): Promise<string> {
  const { ephemeral, clock, vault } = server.core;
  const kind = 'ClientCredentials';
  const now = clock.now();
  const record = await ephemeral.get(kind, recordId(kind, token), now);
  if (!record) throw new Error('there is no such token');
  const payload = { ...fromStored(token, record.value, record.claimedAt, vault), jkt: 'a'.repeat(43) };
  const { expiresAt } = record;
  await ephemeral.put(kind, recordId(kind, token), { value: toStored(payload, vault), expiresAt }, now);
  return token;
}

async function tokenOf(fields: Record<string, string>, { id, secret }: { id: string; secret: string }) {
  const answer = await fetch(`${server.issuer}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: basic(id, secret) },
    body: new URLSearchParams(fields),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}

async function signedByAnother(): Promise<string> {
  const { privateKey } = await generateKeyPair('ES256');
  return new SignJWT({ scope: 'admin', client_id: 'desk' })
    .setProtectedHeader({ alg: 'ES256', kid: 'x', typ: 'at+jwt' })
    .setIssuer('https://login.example')
    .setAudience(`${server.issuer}/api/v1`)
    .setSubject(target.id)
    .setIssuedAt()
    .setExpirationTime('10m')
    .sign(privateKey);
}

const BAD: Readonly<Record<string, () => Promise<string>>> = {
  'one that is none': async () => 'x'.repeat(43),
  'one that was revoked': async () => {
    const { token, relying } = await person(server, tenant, 'SysAdmin');
    await relying.revoke(token);
    return token;
  },
  'one for the audience of another resource': async () => {
    const audience = 'https://api.example';
    const made = await server.application({
      kind: 'machine',
      tenantId: tenant.id,
      role: 'SysAdmin',
      audience,
    });
    return tokenOf({ grant_type: 'client_credentials' }, made);
  },
  'one for signing in only': async () => (await person(server, tenant, 'SysAdmin', 'openid')).token,
  'one of another issuer': signedByAnother,
  'one that is bound to a key, without its proof': async () => boundToKey(await machine(server, tenant)),
  'one of the session API': () => server.apiToken(tenant),
  'one of an account that was disabled': async () => {
    const { id, token } = await person(server, tenant, 'SysAdmin');
    await server.core.accounts.update(id, (account) => ({ ...account, status: 'disabled' }));
    return token;
  },
};

/** Calls every operation, upon what is there. @returns every answer once */
async function everything(token: string): Promise<string[]> {
  const client = apiClient(server, token);
  const at = { tenant: tenant.clientCode, account: target.id, application: 'desk', operation: 'none' };
  const answers = await Promise.all(
    allOperations.map(async (operation) => {
      const { method, path, fields } = callOf(operation, at);
      const { status, headers, body } = await client.call(method, path, fields);
      return JSON.stringify([status, headers.get('www-authenticate'), body]);
    }),
  );
  return [...new Set(answers)];
}

const saying = (code: string, title: string, detail: string, challenge: string) => [
  JSON.stringify([
    401,
    challenge,
    { type: `${server.issuer}/problems/${code}`, title, status: 401, detail, code },
  ]),
];

const refused = () =>
  saying(
    'token_invalid',
    'Token invalid',
    'The access token is not accepted: get a new one.',
    'Bearer error="invalid_token"',
  );

describe('S82 no operation takes a token that is not good, or says why', () => {
  test.each(Object.entries(BAD))('%s', async (_, made) => {
    const token = await made();
    const before = await documentsOf(server);
    expect(await everything(token)).toEqual(refused());
    expect(await documentsOf(server)).toEqual(before);
  });

  test('none at all', async () => {
    expect(await everything('')).toEqual(
      saying('token_missing', 'Token missing', 'Show an access token: Authorization: Bearer.', 'Bearer'),
    );
  });

  test('one that has expired', async () => {
    const { token } = await machine(server, tenant);
    const time = holdTime();
    try {
      time.move(616);
      expect(await everything(token)).toEqual(refused());
    } finally {
      time.release();
    }
  });
});

describe('S82 a token does what its holder may do now, not what they could when it was made', () => {
  const unlock = (client: ApiClient) =>
    client.post(`/tenants/${tenant.clientCode}/accounts/${target.id}/unlock`);

  test('a person who lost their role', async () => {
    const api = await person(server, tenant, 'SuperUser');
    expect((await unlock(api)).status).toBe(200);
    await server.core.accounts.update(api.id, (account) => ({ ...account, role: 'Agent' }));
    expect((await unlock(api)).body.code).toBe('not_found');
  });

  test('a person who lost a permission of their own', async () => {
    const api = await person(server, tenant, 'Agent');
    const hold = (permissions: NonNullable<Account['permissions']>) =>
      server.core.accounts.update(api.id, (account) => ({ ...account, permissions }));
    await hold(['unlock', 'read-accounts']);
    expect((await unlock(api)).status).toBe(200);
    await hold(['read-accounts']);
    expect((await unlock(api)).body.code).toBe('forbidden');
  });

  test('a machine whose role lost a permission', async () => {
    const api = await machine(server, tenant, 'SuperUser');
    expect((await unlock(api)).status).toBe(200);
    await server.core.tenants.setRole(tenant.id, 'SuperUser', [
      { permission: 'read-accounts', reach: 'tenant' },
    ]);
    expect((await unlock(api)).body.code).toBe('forbidden');
  });
});
