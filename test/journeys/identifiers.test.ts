import { describe, expect, test } from '@jest/globals';
import type { IdentifiedBy } from '../../src/capabilities/accounts/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer, refusalOf } from '../support/administration.ts';
import { isIn, PASSWORD } from '../support/app.ts';
import { policyWith } from '../support/policies.ts';
import { story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';
import { holdTime, nowSeconds } from '../support/time.ts';

const server = serverForAll();

const site = (identifiedBy: IdentifiedBy) =>
  server.tenant('livevox', policyWith({ signIn: { identifiedBy } }));
const create = (tenantId: string, userName: string, email: string | undefined, by: IdentifiedBy) =>
  server.core.accounts.create({
    tenantId,
    population: 'user',
    userName,
    email,
    password: null,
    identifiedBy: by,
  });
const isMade = (outcome: object) => !('refused' in outcome);

describe('ACC-3 what identifies a person', () => {
  test.each([
    ['userName', true, false],
    ['email', false, true],
    ['either', true, true],
  ] as const)('%s: by name %s, by address %s', async (by, byName, byEmail) => {
    const tenant = await site(by);
    const email = `ann.${by}@site.example`.toLowerCase();
    const tale = await story(server, { tenant, person: { email } });
    await tale.begin();
    expect(isIn(await tale.typePassword())).toBe(byName);
    for (const typed of [email, email.toUpperCase(), ` ${email} `]) {
      await tale.begin({ prompt: 'login' });
      expect(isIn(await tale.typePassword(PASSWORD, typed))).toBe(byEmail);
    }
  });

  test('SGN-1 where the application fixes the site, the page asks for what identifies people there', async () => {
    const label = async (by: IdentifiedBy) => {
      const tale = await story(server, {
        tenant: await site(by),
        fixTenant: true,
        person: { email: `${by}@x.example` },
      });
      const page = await tale.begin();
      return (
        page.dom.querySelector('label:has([name=userName])')?.text.trim() ??
        page.dom.querySelectorAll('label')[0]?.text.trim()
      );
    };
    expect([await label('userName'), await label('email'), await label('either')]).toEqual([
      'User Name',
      'Email',
      'User Name',
    ]);
  });

  test('V16 S19 name and address share one counter, and lock the one account', async () => {
    const tenant = await site('either');
    const tale = await story(server, { tenant, person: { email: 'shared@site.example' } });
    await tale.begin();
    const typed = [
      tale.account.userName,
      'shared@site.example',
      'SHARED@site.example',
      tale.account.userName,
    ];
    for (const name of typed) expect((await tale.typePassword('wrong 12345', name)).step).toBe('password');
    expect((await tale.typePassword('wrong 12345', 'shared@site.example')).step).toBe('locked');
    expect((await server.reread(tale.account)).lock).not.toBeNull();
  });

  test('where it identifies, an address belongs to one account only, and is never another’s user name', async () => {
    const tenant = await site('either');
    expect(isMade(await create(tenant.id, 'ann', 'ann@site.example', 'either'))).toBe(true);
    for (const [name, email] of [
      ['bob', 'ann@site.example'],
      ['bob', 'ANN@SITE.example'],
      ['ann@site.example', undefined],
      ['Ann@Site.Example', 'other@site.example'],
    ] as const)
      expect(await create(tenant.id, name, email, 'either')).toMatchObject({
        refused: { code: 'identifier_taken' },
      });
    expect(isMade(await create(tenant.id, 'cleo@site.example', undefined, 'either'))).toBe(true);
    expect(isMade(await create(tenant.id, 'dan', 'cleo@site.example', 'either'))).toBe(false);
    // What a refusal had taken is free again.
    expect(isMade(await create(tenant.id, 'bob', 'bob@site.example', 'either'))).toBe(true);
    expect(isMade(await create(tenant.id, 'other', 'other@site.example', 'either'))).toBe(true);
    const sharing = await site('userName');
    expect(isMade(await create(sharing.id, 'one', 'desk@site.example', 'userName'))).toBe(true);
    expect(isMade(await create(sharing.id, 'two', 'desk@site.example', 'userName'))).toBe(true);
  });

  test('ACC-1 in another tenant or population the same names and addresses are free', async () => {
    const [one, two] = [await site('email'), await site('email')];
    for (const tenant of [one, two])
      expect(isMade(await create(tenant.id, 'ann', 'ann@site.example', 'email'))).toBe(true);
    const agent = await server.account(one, {
      userName: 'ann',
      population: 'agent',
      email: 'ann@site.example',
    });
    expect(agent.population).toBe('agent');
  });

  test('of 20 that are made at once with one address one is, in every one of 10 rounds', async () => {
    const tenant = await site('email');
    for (let round = 0; round < 10; round++) {
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          create(tenant.id, `name ${round} ${i}`, `fought${round}@site.example`, 'email'),
        ),
      );
      expect(outcomes.filter(isMade)).toHaveLength(1);
    }
  });

  test('a name and an address that are the same, made at once: one is', async () => {
    const tenant = await site('either');
    for (let round = 0; round < 10; round++) {
      const key = `both${round}@site.example`;
      const outcomes = await Promise.all([
        create(tenant.id, key, undefined, 'either'),
        create(tenant.id, `other ${round}`, key, 'either'),
      ]);
      expect(outcomes.filter(isMade)).toHaveLength(1);
    }
  });

  test('what a crash took before the account was made is free after a minute', async () => {
    const time = holdTime();
    try {
      const tenant = await site('email');
      const identifiers = server.core.documents.collection<{ id: string; accountId: string; at: number }>({
        name: 'identifiers',
        indexes: {},
      });
      await identifiers.insert({
        id: `${tenant.id}/user/lost@site.example`,
        accountId: 'never made',
        at: nowSeconds(),
      });
      expect(isMade(await create(tenant.id, 'ann', 'lost@site.example', 'email'))).toBe(false);
      time.move(60);
      expect(isMade(await create(tenant.id, 'ann', 'lost@site.example', 'email'))).toBe(true);
    } finally {
      time.release();
    }
  });

  test('a site that begins to identify by address is refused while two people share one, and told which', async () => {
    const tenant = await site('userName');
    for (const name of ['one', 'two']) await create(tenant.id, name, 'desk@site.example', 'userName');
    await create(tenant.id, 'three', 'three@site.example', 'userName');
    const change = { values: { 'signIn.identifiedBy': 'email' }, revision: 1 };
    expect(await refusalOf(server, operations.policy.set, tenant, change)).toEqual({
      code: 'policy_email_ambiguous',
      values: { count: 1, examples: [expect.stringContaining('desk@site.example')] },
    });
    const two = await server.core.accounts.byName(tenant.id, 'user', 'two');
    await server.core.accounts.update(two?.doc.id ?? '', (a) => ({ ...a, email: 'two@site.example' }));
    expect(await administer(server, operations.policy.set, tenant, change)).toMatchObject({
      state: 'changed',
    });
    // From then on those who were there before are as unique as those who come.
    expect(isMade(await create(tenant.id, 'four', 'three@site.example', 'email'))).toBe(false);
  });

  test.each([
    'no-at',
    '@site.example',
    'a@b',
    'a b@site.example',
    'a@site.example\r\nBcc: x@y.example',
    'a,b@site.example',
    `${'a'.repeat(65)}@site.example`,
  ])('SEC-3 %j is no address', async (email) => {
    const tenant = await site('userName');
    expect(await create(tenant.id, 'ann', email, 'userName')).toEqual({
      refused: { code: 'email_invalid', values: { email } },
    });
  });

  test('an account without an address cannot be made where it identifies', async () => {
    const tenant = await site('email');
    expect(await create(tenant.id, 'ann', undefined, 'email')).toMatchObject({
      refused: { code: 'email_needed' },
    });
  });
});
