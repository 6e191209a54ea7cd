import { describe, expect, test } from '@jest/globals';
import { PASSWORD } from '../support/app.ts';
import { errorOf, RelyingApplication } from '../support/application.ts';
import { askForToken, gate, times } from '../support/at-once.ts';
import { backAtApplication, story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';

const ROUNDS = process.env.SALLYPORT_TEST_LONG ? 50 : 3;

const server = serverForAll();

describe('one browser, many applications at once', () => {
  test('parallel sign-ons of one browser keep every application signed in', async () => {
    const { browser } = await backAtApplication(server);
    const others = await times(3, async () => {
      const { id, secret } = await server.application();
      return RelyingApplication.discover(server.issuer, id, secret);
    });
    const cookie = await browser.jar.getCookieString(`${server.issuer}/oauth2/authorize`);
    for (let round = 0; round < ROUNDS; round++) {
      const together = gate(server, 3);
      const answers = Promise.all(
        others.map(async (relying) => {
          const response = await fetch(await relying.request(), { headers: { cookie }, redirect: 'manual' });
          return response.headers.get('location') ?? '';
        }),
      );
      await together.arrived;
      together.open();
      const locations = await answers;
      const tokens = await Promise.all(others.map((relying, i) => relying.exchange(locations[i] ?? '')));
      expect(tokens.map((t) => t.token_type)).toEqual(['bearer', 'bearer', 'bearer']);
      await Promise.all(others.map((relying, i) => relying.userinfo(tokens[i] as never)));
    }
  });

  test('two tabs that sign on to one application at once share a grant: every code can be redeemed', async () => {
    const { browser } = await backAtApplication(server);
    const { id, secret } = await server.application();
    const relying = await RelyingApplication.discover(server.issuer, id, secret);
    const cookie = await browser.jar.getCookieString(`${server.issuer}/oauth2/authorize`);
    const together = gate(server, 4);
    const answers = times(4, async () => {
      const response = await fetch(await relying.request(), { headers: { cookie }, redirect: 'manual' });
      return response.headers.get('location') ?? '';
    });
    await together.arrived;
    together.open();
    const tokens = await Promise.all((await answers).map((location) => relying.exchange(location)));
    for (const token of tokens) expect((await relying.introspect(token.access_token)).active).toBe(true);
  });

  test('R10 S55 an authorization that read the session before the sign-out cannot bring it back', async () => {
    const { begin, browser, relying, landed } = await backAtApplication(server);
    const tokens = await relying.exchange(landed.url);
    await browser.open(relying.logoutUrl(tokens.id_token));
    const cookie = await browser.jar.getCookieString(`${server.issuer}/oauth2/authorize`);
    const early = gate(server, 1);
    const late = fetch(await relying.request({ prompt: 'none' }), {
      headers: { cookie },
      redirect: 'manual',
    });
    await early.arrived;
    await browser.submit({ logout: 'yes' });
    early.open();
    const location = (await late).headers.get('location') ?? '';
    if (location.includes('code='))
      await expect(relying.exchange(location)).rejects.toMatchObject({ error: 'invalid_grant' });
    const again = await fetch(await relying.request({ prompt: 'none' }), {
      headers: { cookie },
      redirect: 'manual',
    });
    expect(errorOf(again.headers.get('location') ?? '')).toBe('login_required');
    expect(errorOf((await begin({ prompt: 'none' })).url)).toBe('login_required');
    await expect(relying.refresh(tokens)).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(await server.core.ephemeral.members('Session', 'account', tokens.claims()?.sub ?? '', 0)).toEqual(
      [],
    );
  });

  test('S69 after a code was used twice the person can sign on again', async () => {
    const { landed, relying, application, begin } = await backAtApplication(server);
    const request = relying.tokenRequest(landed.url);
    await times(3, () => askForToken(server, application, request));
    const tokens = await relying.exchange((await begin({ prompt: 'none' })).url);
    expect((await relying.introspect(tokens.access_token)).active).toBe(true);
  });

  test('R10 S69 refreshing against a credential event: nothing issued works after it', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { relying, landed, account, application } = await backAtApplication(server);
      const tokens = await relying.exchange(landed.url);
      const [answer] = await Promise.all([
        askForToken(server, application, {
          grant_type: 'refresh_token',
          refresh_token: tokens.refresh_token ?? '',
        }),
        server.core.sessions.credentialEvent({
          accountId: account.id,
          kind: 'password-set',
          change: (a) => ({ ...a }),
          context: {},
        }),
      ]);
      if (answer.body.access_token)
        expect(await relying.introspect(answer.body.access_token)).toEqual({ active: false });
      if (answer.body.refresh_token) {
        expect(
          (
            await askForToken(server, application, {
              grant_type: 'refresh_token',
              refresh_token: answer.body.refresh_token,
            })
          ).status,
        ).toBe(400);
      }
      expect(await relying.introspect(tokens.access_token)).toEqual({ active: false });
    }
  });

  test('R9 S9 a rehash at sign-in never undoes a password set meanwhile', async () => {
    const { hash } = await import('argon2');
    const tale = await story(server);
    const old = await hash(PASSWORD, { type: 2, memoryCost: 8192, timeCost: 1, parallelism: 1 });
    await server.core.accounts.update(tale.account.id, (a) => ({
      ...a,
      password: { hash: old, setAt: 1, temporary: null },
    }));
    await tale.begin();
    const record = await server.core.passwords.make('set meanwhile 1', tale.tenant.policy, false);
    const early = gate(server, 1, 'identified');
    const typing = tale.typePassword();
    await early.arrived;
    await server.core.sessions.credentialEvent({
      accountId: tale.account.id,
      kind: 'password-set',
      change: (a) => server.core.passwords.withPassword(a, record),
      context: {},
    });
    early.open();
    await typing;
    expect((await server.reread(tale.account)).password?.hash).toBe(record.hash);
  });
});
