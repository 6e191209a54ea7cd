import { describe, expect, test } from '@jest/globals';
import { errorOf, MULTI_FACTOR_ACR, PASSWORD_ACR } from '../support/application.ts';
import { policyWith } from '../support/policies.ts';
import { codeOf, shownSecret, signedIn, story } from '../support/story.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const server = serverForAll();
const time = clockForEach();

describe('asking again', () => {
  test('SGN-3 prompt=none answers login_required to a stranger and signs a person with a session in silently', async () => {
    const tale = await story(server);
    expect(errorOf((await tale.begin({ prompt: 'none' })).url)).toBe('login_required');
    await tale.begin();
    await tale.typePassword();
    const silent = await tale.begin({ prompt: 'none' });
    expect((await tale.relying.exchange(silent.url)).claims()?.sub).toBe(tale.account.id);
  });

  test('SGN-3 S39 prompt=login and max_age ask again, and auth_time is then later; max_age not yet reached does not', async () => {
    const { begin, relying, typePassword, tokens } = await signedIn(server);
    const first = Number(tokens.claims()?.auth_time);
    time.move(100);
    const silent = await relying.exchange((await begin({ max_age: '1000' })).url, 1000);
    expect(silent.claims()?.auth_time).toBe(first);
    expect((await begin({ max_age: '50' })).step).toBe('password');
    const aged = await relying.exchange((await typePassword()).url, 50);
    expect(Number(aged.claims()?.auth_time)).toBeGreaterThanOrEqual(first + 100);
    time.move(5);
    expect((await begin({ prompt: 'login' })).step).toBe('password');
    const again = await relying.exchange((await typePassword()).url);
    expect(Number(again.claims()?.auth_time)).toBeGreaterThan(Number(aged.claims()?.auth_time));
  });

  test('SGN-3 S33 acr_values steps an existing session up by the password and a set-up, and the tokens tell it', async () => {
    const { begin, browser, relying, typePassword } = await signedIn(server, { preset: 'vcc-live' });
    expect((await begin({ acr_values: MULTI_FACTOR_ACR })).step).toBe('password');
    const page = await typePassword();
    expect(page.step).toBe('activate');
    const landed = await browser.submit({ code: codeOf(shownSecret(page)) });
    expect((await relying.exchange(landed.url)).claims()).toMatchObject({
      acr: MULTI_FACTOR_ACR,
      amr: ['pwd', 'otp', 'mfa'],
    });
    expect((await relying.exchange((await begin({ acr_values: MULTI_FACTOR_ACR })).url)).claims()?.acr).toBe(
      MULTI_FACTOR_ACR,
    );
  });

  test('SGN-3 acr_values is a wish where the tenant has no factor; an essential claim that cannot be met is an error', async () => {
    const tale = await story(server);
    const off = await server.tenant('livevox', policyWith({ secondFactor: { mode: 'off' } }));
    const { begin, typePassword, relying } = await story(server, { tenant: off });
    await begin({ acr_values: MULTI_FACTOR_ACR });
    expect((await relying.exchange((await typePassword()).url)).claims()?.acr).toBe(PASSWORD_ACR);
    const claims = JSON.stringify({ id_token: { acr: { essential: true, values: [MULTI_FACTOR_ACR] } } });
    const fresh = await story(server, { tenant: off });
    await fresh.begin({ claims });
    expect(errorOf((await fresh.typePassword()).url)).toBe('unmet_authentication_requirements');
    // Administrators enrol here, and this person they did not.
    await tale.begin({ claims });
    expect(errorOf((await tale.typePassword()).url)).toBe('unmet_authentication_requirements');
    const free = await story(server, { preset: 'vcc-live' });
    await free.begin({ claims });
    expect((await free.typePassword()).step).toBe('activate');
  });

  test('S58 V21 re-authentication as another person gives a new session and leaves nothing of the first one', async () => {
    const { begin, browser, relying, tenant, tokens } = await signedIn(server);
    const cookie = async () =>
      (await browser.jar.getCookies(server.issuer)).find((c) => c.key === 'sallyport_session')?.value;
    const firstCookie = await cookie();
    const other = await server.account(tenant);
    await begin({ prompt: 'login' });
    let page = await browser.submit(
      { clientCode: tenant.clientCode, userName: other.userName, password: 'correct horse 9' },
      '/password',
    );
    // The engine signs the first person out by a form of its own, for browsers without scripts a button.
    if (page.step === 'change') page = await browser.submit({});
    const second = (await relying.exchange(page.url)).claims();
    expect(second?.sub).toBe(other.id);
    expect(await cookie()).not.toBe(firstCookie);
    await expect(relying.refresh(tokens)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  test('V22 two people at one browser, the cookie lost between: every token is of the person who signed in for it', async () => {
    const { begin, browser, relying, tenant, tokens, account } = await signedIn(server);
    const other = await server.account(tenant);
    const as = (userName: string) =>
      browser.submit({ clientCode: tenant.clientCode, userName, password: 'correct horse 9' }, '/password');
    await browser.jar.removeAllCookies();
    await begin();
    const theirs = await relying.exchange((await as(other.userName)).url);
    await browser.jar.removeAllCookies();
    await begin();
    const mine = await relying.exchange((await as(account.userName)).url);
    const subjects = await Promise.all(
      [tokens, theirs, mine].map(async (one) => {
        const next = await relying.refresh(one);
        const { sub } = await relying.userinfo(next);
        return [one.claims()?.sub, next.claims()?.sub, sub, one.claims()?.sid === next.claims()?.sid];
      }),
    );
    expect(subjects).toEqual([account, other, account].map(({ id }) => [id, id, id, true]));
  });
});
