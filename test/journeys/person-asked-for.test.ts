import { describe, expect, test } from '@jest/globals';
import { SECRET } from '../support/app.ts';
import { errorOf, MULTI_FACTOR_ACR, PASSWORD_ACR } from '../support/application.ts';
import { policyWith } from '../support/policies.ts';
import { PASSWORD } from '../support/site.ts';
import { codeOf, story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();

const subject = (where: string) => (sub: string) => ({
  claims: JSON.stringify({ [where]: { sub: { value: sub } } }),
});

/** A person who signed in, with the ID token; and another of the same site. */
async function two() {
  const tale = await story(server);
  await tale.begin();
  await tale.typePassword();
  const tokens = await tale.relying.exchange(tale.browser.page.url);
  const other = await server.account(tale.tenant);
  const typeOther = () => tale.typePassword(PASSWORD, other.userName);
  return { ...tale, other, typeOther, idToken: tokens.id_token ?? '' };
}

const ASKED: [string, (idToken: string, sub: string) => Record<string, string>][] = [
  ['id_token_hint', (idToken) => ({ id_token_hint: idToken })],
  ['claims.id_token.sub.value', (_, sub) => subject('id_token')(sub)],
  [
    'claims.id_token.sub.values',
    (_, sub) => ({ claims: JSON.stringify({ id_token: { sub: { values: ['another-person', sub] } } }) }),
  ],
  ['claims.userinfo.sub.value', (_, sub) => subject('userinfo')(sub)],
];

describe.each(ASKED)('a person asked for by %s', (_, asks) => {
  test('SGN-3 another person signs in: no code, and the session that was there goes on', async () => {
    const { begin, browser, typeOther, account, relying, idToken } = await two();
    expect((await begin({ ...asks(idToken, account.id), prompt: 'login' })).step).toBe('password');
    expect(errorOf((await typeOther()).url)).toBe('login_required');
    expect(new URL(browser.page.url).searchParams.has('code')).toBe(false);
    const silent = await begin({ prompt: 'none', ...asks(idToken, account.id) });
    expect((await relying.exchange(silent.url)).claims()?.sub).toBe(account.id);
  });

  test('SGN-3 the session is another person’s: prompt=none is refused, and a sign-in changes the person', async () => {
    const { begin, browser, typePassword, typeOther, account, relying, idToken } = await two();
    await begin({ prompt: 'login' });
    if ((await typeOther()).step === 'change') await browser.submit({});
    expect(errorOf((await begin({ ...asks(idToken, account.id), prompt: 'none' })).url)).toBe(
      'login_required',
    );
    expect((await begin(asks(idToken, account.id))).step).toBe('password');
    await typePassword();
    if (!browser.page.url.includes('code=')) await browser.submit({});
    expect((await relying.exchange(browser.page.url)).claims()?.sub).toBe(account.id);
  });

  test('SGN-3 a browser without a session gives no code for another person', async () => {
    const { account, tenant, other, idToken, relying } = await two();
    const fresh = await story(server, { tenant });
    await fresh.browser.open(await relying.request(asks(idToken, account.id)));
    const landed = await fresh.typePassword(PASSWORD, other.userName);
    expect(errorOf(landed.url)).toBe('login_required');
    expect(landed.url).not.toContain('code=');
  });
});

describe('requests that contradict themselves or name no person', () => {
  test.each([
    ['two persons', (id: string) => [id, 'another-person']],
    ['a number', () => [7]],
    ['null', () => [null]],
  ])('SGN-3 %s is refused before a password is asked', async (_, subs) => {
    const tale = await story(server);
    const [first, second] = subs(tale.account.id);
    const claims = JSON.stringify({
      id_token: { sub: { value: first } },
      userinfo: { sub: { value: second ?? first } },
    });
    expect(errorOf((await tale.begin({ claims })).url)).toBe('login_required');
  });
});

test.each([
  ['none', []],
  ['what is no list', 'x'],
  ['a number', [7]],
])('SGN-3 a list of persons with %s is refused before a password is asked', async (_, values) => {
  const tale = await story(server);
  const claims = JSON.stringify({ id_token: { sub: { values } } });
  expect(errorOf((await tale.begin({ claims })).url)).toBe('login_required');
});

describe('an essential acr that cannot be met', () => {
  const essential = (...values: unknown[]) => ({
    claims: JSON.stringify({ id_token: { acr: { essential: true, values } } }),
  });

  test.each([
    ['values', essential('urn:unknown')],
    ['value', { claims: JSON.stringify({ id_token: { acr: { essential: true, value: 'urn:unknown' } } }) }],
  ])(
    'SGN-3 S39 an unknown one (%s) is refused before a password is asked, prompt=none too',
    async (_, asks) => {
      const tale = await story(server, { preset: 'vcc-live' });
      expect(errorOf((await tale.begin(asks)).url)).toBe('unmet_authentication_requirements');
      expect(errorOf((await tale.begin({ ...asks, prompt: 'none' })).url)).toBe(
        'unmet_authentication_requirements',
      );
      await tale.begin();
      await tale.typePassword();
      expect(errorOf((await tale.begin(asks)).url)).toBe('unmet_authentication_requirements');
    },
  );

  test('SGN-3 S39 the password only, of a person with a factor: refused before the code', async () => {
    const tale = await story(server, { person: { totpSecret: SECRET } });
    await tale.begin(essential(PASSWORD_ACR));
    expect(errorOf((await tale.typePassword()).url)).toBe('unmet_authentication_requirements');
    await tale.begin();
    await tale.typePassword();
    await tale.browser.submit({ code: codeOf(SECRET) });
    await tale.begin(essential(PASSWORD_ACR));
    expect(errorOf((await tale.typePassword()).url)).toBe('unmet_authentication_requirements');
  });

  test('SGN-3 S39 a site without the factor refuses a session at once', async () => {
    const off = await server.tenant('livevox', policyWith({ secondFactor: { mode: 'off' } }));
    const tale = await story(server, { tenant: off });
    await tale.begin();
    await tale.typePassword();
    const landed = await tale.begin(essential(MULTI_FACTOR_ACR));
    const end = landed.step === 'password' ? await tale.typePassword() : landed;
    expect(errorOf(end.url)).toBe('unmet_authentication_requirements');
  });
});
