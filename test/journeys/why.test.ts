import { describe, expect, test } from '@jest/globals';
import { attemptInWords, operations } from '../../src/use-cases/administration/index.ts';
import { administer, administratorOf } from '../support/administration.ts';
import { PASSWORD, SECRET } from '../support/app.ts';
import { policyWith } from '../support/policies.ts';
import { story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();

describe('LCK-8 S80 why was this person refused?', () => {
  test('the last attempts, each with its rule, count, browser, address, and what clears it', async () => {
    const tenant = await server.tenant('livevox', policyWith({ lockout: { user: 3 } }));
    const tale = await story(server, { tenant, person: { userName: 'Greta' } });
    await tale.begin();
    await tale.typePassword('wrong 123456');
    await tale.typePassword(PASSWORD, 'greta');
    await tale.typePassword('wrong 123456');
    await tale.begin();
    await tale.typePassword(PASSWORD);
    const explanation = await administer(server, operations.account.why, await server.reread(tale.account), {
      last: 20,
    });
    expect(explanation.now).toEqual(['locked']);
    expect(
      explanation.attempts.map((one) => [
        one.rule,
        one.failures,
        one.limit,
        attemptInWords(server.core.say, one).clears,
        one.address,
        one.browser,
      ]),
    ).toEqual(
      [
        ['wrong', 1, 3, 'a right password clears the count'],
        ['spelling', 2, 3, 'the name as it is written; signIn.caseSensitiveNames'],
        ['wrong', 3, 3, 'a right password clears the count'],
        ['lock', 3, 3, 'unlock the account'],
        ['locked', 3, 3, 'unlock the account'],
      ].map((row) => [...row, '127.0.0.1', 'node']),
    );
  });

  test('codes, a wait, a disabled account and a right password are told apart', async () => {
    const tenant = await server.tenant('livevox', policyWith({ lockout: { waitFrom: 1, waitSeconds: 600 } }));
    const tale = await story(server, { tenant, person: { totpSecret: SECRET } });
    await tale.begin();
    await tale.typePassword();
    await tale.browser.submit({ code: '000000' }, '/second-factor');
    await administer(
      server,
      operations.account.disable,
      tale.account,
      { reason: 'left' },
      administratorOf(tale.tenant),
    );
    await tale.begin();
    const page = await tale.typePassword();
    const fields = { clientCode: tenant.clientCode, userName: tale.account.userName, password: PASSWORD };
    await tale.browser.post(`${new URL(page.url).pathname}/password`, fields);
    const { now, attempts } = await administer(
      server,
      operations.account.why,
      await server.reread(tale.account),
      { last: 20 },
    );
    expect(now).toEqual(['disabled']);
    expect(attempts.map(({ factor, rule }) => [factor, rule])).toEqual([
      ['password', ''],
      ['totp', 'wrong code'],
      ['password', 'disabled'],
      ['password', 'waiting'],
    ]);
    const [last] = attempts.slice(-1).map((one) => attemptInWords(server.core.say, one));
    expect(last?.clears).toMatch(/^the end of the wait \(\d{4}-\d\d-\d\dT/);
  });

  test('a mail that the mail server refused for good is told', async () => {
    const { tenant, account } = await story(server);
    const about = { tenantId: tenant.id, accountId: account.id };
    await server.core.audit.write({
      ...about,
      type: 'mail.refused',
      outcome: 'failure',
      detail: { reply: 550 },
    });
    const { attempts } = await administer(server, operations.account.why, account, { last: 20 });
    expect(attempts).toMatchObject([{ rule: 'mail', reply: 550 }]);
  });

  test('the person never sees it', async () => {
    const tenant = await server.tenant();
    const tale = await story(server, { tenant });
    await administer(
      server,
      operations.account.disable,
      tale.account,
      { reason: 'left the company' },
      administratorOf(tale.tenant),
    );
    await tale.begin();
    const page = await tale.typePassword();
    expect(page.html).not.toMatch(/disabled|left the company/);
  });
});

describe('LCK-9 unlock by many', () => {
  test('the locked ones are listed by themselves, and unlocked with a reason, one audit entry each', async () => {
    const tenant = await server.tenant();
    const people = await Promise.all(
      ['a', 'b', 'c', 'd'].map((userName, i) =>
        server.account(tenant, { userName, population: i === 3 ? 'agent' : 'user' }),
      ),
    );
    for (const account of people.filter((_, i) => i !== 1))
      await server.core.accounts.update(account.id, (a) => ({ ...a, lock: { cause: 'password', at: 1 } }));
    const locked = async () =>
      (await server.core.accounts.list({ tenantId: tenant.id, isLocked: true, limit: 10 })).items.map(
        ({ userName }) => userName,
      );
    expect(await locked()).toEqual(['d', 'a', 'c']);
    const unlockAll = (input: { population?: 'user'; reason: string }) =>
      administer(server, operations.account.unlockAll, tenant, input, administratorOf(tenant));
    expect(await unlockAll({ population: 'user', reason: 'after the outage' })).toEqual({
      unlocked: ['a', 'c'],
      refused: [],
    });
    expect(await locked()).toEqual(['d']);
    expect(await unlockAll({ reason: 'the rest' })).toEqual({ unlocked: ['d'], refused: [] });
    for (const [i, account] of people.entries()) {
      const entries = (await server.core.audit.ofAccount(account.id, 10)).filter(
        ({ type }) => type === 'account.unlocked',
      );
      expect(entries.map(({ actor, reason }) => [actor, reason])).toEqual(
        i === 1 ? [] : [['an-administrator', i === 3 ? 'the rest' : 'after the outage']],
      );
    }
  });

  test('LCK-5 whichever limit caused it; both counts are cleared', async () => {
    const tale = await story(server, { person: { totpSecret: SECRET } });
    await tale.begin();
    await tale.typePassword();
    for (let i = 0; i < 5; i++) await tale.browser.submit({ code: '000000' }, '/second-factor');
    const locked = await server.reread(tale.account);
    expect(locked).toMatchObject({ lock: { cause: 'second-factor' }, lockState: 'locked' });
    await administer(server, operations.account.unlock, locked, {}, administratorOf(tale.tenant));
    expect(await server.reread(tale.account)).toMatchObject({ lock: null, lockState: 'open' });
    await tale.begin();
    await tale.typePassword();
    expect((await tale.browser.submit({ code: '000000' }, '/second-factor')).step).toBe('second-factor');
  });
});
