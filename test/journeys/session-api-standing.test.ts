import { describe, expect, test } from '@jest/globals';
import type { Account } from '../../src/capabilities/accounts/index.ts';
import { memberOf } from '../../src/capabilities/credential-events/index.ts';
import { assertStanding } from '../../src/doors/session-api/proof.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer } from '../support/administration.ts';
import { SECRET } from '../support/app.ts';
import { programTale } from '../support/program.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();

/** What may come between the proofs of a sign-in and its session. */
const MEANWHILE: [string, (account: Account) => Promise<unknown>, string][] = [
  [
    'a lock',
    ({ id }) =>
      server.core.accounts.update(id, (account) => ({ ...account, lock: { cause: 'password', at: 1 } })),
    'unauthorized',
  ],
  ['a lock and its end', ({ id }) => server.core.lockout.unlock(id), 'unauthorized'],
  [
    'a credential event',
    (account) => administer(server, operations.account.endAllSessions, account, {}),
    'unauthorized',
  ],
  [
    'a reset of the second factor',
    (account) => administer(server, operations.account.resetFactor, account, {}),
    'unauthorized',
  ],
  [
    'the end of the account',
    (account) => administer(server, operations.account.remove, account, {}),
    'unauthorized',
  ],
  [
    'the expiry of the password',
    ({ id }) =>
      server.core.accounts.update(id, (account) => ({
        ...account,
        password: account.password && { ...account.password, setAt: 1 },
      })),
    'password_change_required',
  ],
];

describe('between the proofs and the session', () => {
  test.each(MEANWHILE)('V18 P4 %s is noticed: no session begins', async (_, happen, code) => {
    const { tenant, account } = await programTale(server, 'livevox', { totpSecret: SECRET });
    const seen = await server.reread(account);
    const where = { tenantId: tenant.id, accountId: account.id };
    const proved = {
      where,
      claimant: { ...memberOf(seen, tenant), browser: 'stranger', where },
    } as const;
    const { standings, accounts, audit } = server.core;
    const parts = { standings, accounts, audit } as never;
    expect((await assertStanding(parts, proved)).account.id).toBe(account.id);
    await happen(seen);
    await expect(assertStanding(parts, proved)).rejects.toMatchObject({ code });
  });
});
