import { describe, expect, test } from '@jest/globals';
import { operations } from '../../src/use-cases/administration/index.ts';
import { OPERATOR } from '../support/administration.ts';
import { isIn, PASSWORD } from '../support/app.ts';
import { Browser } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { policyWith } from '../support/policies.ts';
import { Program } from '../support/program.ts';
import { story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();
const around = (text: string) => `\ufeff\u3000\u00a0${text}\u200b \u2069`;
const failures = async (accountId: string) =>
  (await server.core.audit.ofAccount(accountId, 50)).filter(({ outcome }) => outcome === 'failure');

describe('SGN-8 what cannot be seen around a name is not part of it', () => {
  test.each(['userName', 'email', 'either'] as const)(
    'on the sign-in page, where %s identifies',
    async (by) => {
      const tenant = await server.tenant('livevox', policyWith({ signIn: { identifiedBy: by } }));
      const tale = await story(server, { tenant, person: { email: `ann.${by}@site.example`.toLowerCase() } });
      const name = by === 'userName' ? tale.account.userName : (tale.account.email ?? '');
      await tale.begin();
      const fields = { clientCode: around(tenant.clientCode), userName: around(name), password: PASSWORD };
      expect(isIn(await tale.browser.submit(fields, '/password'))).toBe(true);
      expect(await failures(tale.account.id)).toEqual([]);
    },
  );

  test('on the sign-in page, where the case of names counts', async () => {
    const tenant = await server.tenant('livevox', policyWith({ signIn: { caseSensitiveNames: ['user'] } }));
    const tale = await story(server, { tenant, person: { userName: 'Ann' } });
    await tale.begin();
    expect((await tale.typePassword(PASSWORD, around('ann'))).step).toBe('password');
    expect(isIn(await tale.typePassword(PASSWORD, around('Ann')))).toBe(true);
  });

  test('but what is around a password is part of it', async () => {
    const tale = await story(server, { preset: 'livevox' });
    await tale.begin();
    expect((await tale.typePassword(` ${PASSWORD}`)).step).toBe('password');
  });

  test('S19 a name that no person has counts as one, with or without it', async () => {
    const tale = await story(server, { preset: 'livevox' });
    await tale.begin();
    let last = '';
    for (const name of [
      'unknown.here',
      around('unknown.here'),
      'unknown.here\u3000',
      '\u200bunknown.here',
      'unknown.here',
    ])
      last = (await tale.typePassword('wrong 12345', name)).step ?? '';
    expect(last).toBe('locked');
  });

  test('on the page for a forgotten password', async () => {
    const tenant = await server.tenant('livevox', policyWith({ password: { forgottenByMail: true } }));
    const { account } = await story(server, { tenant, person: { email: 'forgetful@site.example' } });
    const browser = new Browser(server.issuer);
    await browser.open('/recover?population=user');
    await browser.submit({
      clientCode: around(tenant.clientCode),
      userName: around(account.userName),
      population: 'user',
    });
    const mails = await eventually(
      () => server.mailbox.messages.filter(({ to }) => to === 'forgetful@site.example'),
      (found) => found.length === 1,
    );
    expect(mails).toHaveLength(1);
  });

  test('in the link to the sign-in of a site', async () => {
    const tenant = await server.tenant('livevox');
    const browser = new Browser(server.issuer);
    const page = await browser.open(`/go/agent/${encodeURIComponent(around(tenant.clientCode))}`);
    expect(page.step).toBe('password');
  });

  test('in the session API', async () => {
    const { tenant, account } = await story(server, {
      preset: 'livevox',
      person: { permissions: ['use-session-api'] },
    });
    const program = new Program(server.issuer, await server.apiToken(tenant));
    const login = (clientName: string, userName: string) =>
      program.login({ clientName, userName, password: PASSWORD });
    const answer = await login(around(tenant.clientCode), around(account.userName));
    expect([answer.status, await failures(account.id)]).toEqual([200, []]);
  });

  test('in the options of commands', async () => {
    const { tenant, account } = await story(server, { preset: 'livevox' });
    const at = {
      tenant: around(tenant.clientCode),
      population: 'user' as const,
      userName: around(account.userName),
    };
    const shown = await server.core.perform(operations.account.show, { at, input: {}, actor: OPERATOR });
    expect(shown).toMatchObject({ output: { id: account.id } });
  });
});

describe('SGN-8 what cannot be seen around a name is never stored', () => {
  test('of an account, which is one with that of the plain name', async () => {
    const tenant = await server.tenant('livevox');
    const made = (userName: string) =>
      server.core.accounts.create({
        tenantId: tenant.id,
        population: 'user',
        userName,
        email: around('eve@site.example'),
        password: null,
        identifiedBy: 'userName',
      });
    expect(await made(around('Eve'))).toMatchObject({ userName: 'Eve', email: 'eve@site.example' });
    for (const name of ['Eve', around('eve')])
      expect(await made(name)).toMatchObject({ refused: { code: 'user_name_taken' } });
    expect(await made(around(''))).toMatchObject({ refused: { code: 'user_name_empty' } });
  });

  test('of the first operator, on the page of the set-up link', async () => {
    const browser = new Browser(server.issuer);
    await browser.open(`/set-up?token=${await server.app.setUp.newToken()}`);
    const newPassword = 'a first password 12';
    const fields = { userName: around('Olga'), newPassword, newPasswordAgain: newPassword };
    expect((await browser.submit(fields, '/set-up')).step).toBe('set-up-done');
    const tenant = await server.core.tenants.byClientCode('OPERATOR');
    const stored = await server.core.accounts.byName(tenant?.id ?? '', 'user', 'Olga');
    expect(stored?.doc.userName).toBe('Olga');
  });

  test('of an API token, which is made and revoked by the one name', async () => {
    const { id } = await server.tenant('livevox');
    const { apiTokens } = server.core;
    expect(await apiTokens.create(id, around('Reports'), 'test')).toMatchObject({
      token: { name: 'Reports' },
    });
    expect(await apiTokens.create(id, 'Reports\u2060', 'test')).toMatchObject({
      refused: { code: 'token_name_taken' },
    });
    expect(await apiTokens.create(id, around(''), 'test')).toMatchObject({
      refused: { code: expect.any(String) },
    });
    expect(await apiTokens.revoke(id, around('reports'))).toMatchObject({ name: 'Reports' });
  });

  test('of a tenant', async () => {
    const { policy } = await server.tenant('livevox');
    const made = await server.core.tenants.create({ clientCode: around('site-8'), name: 'Site', policy });
    expect(made).toMatchObject({ clientCode: 'SITE-8' });
  });

  test('and a name that an earlier version stored with it is found as it stands, beside the plain one', async () => {
    const { tenant, account: plain } = await story(server, {
      preset: 'livevox',
      person: { userName: 'old.name' },
    });
    const stored = 'old.name\u200b';
    const older = await server.account(tenant, { userName: 'made.before' });
    await server.core.accounts.update(older.id, (it) => ({ ...it, userName: stored, nameKey: stored }));
    const found = async (typed: string) =>
      (await server.core.accounts.byName(tenant.id, 'user', typed))?.doc.id;
    expect([await found(stored), await found('old.name'), await found(' old.name')]).toEqual([
      older.id,
      plain.id,
      plain.id,
    ]);
  });
});
