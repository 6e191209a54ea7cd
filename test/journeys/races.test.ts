import { describe, expect, test } from '@jest/globals';
import { isIn, PASSWORD, SECRET } from '../support/app.ts';
import { basic, errorOf, RelyingApplication } from '../support/application.ts';
import { Browser, type Shown } from '../support/browser.ts';
import { policyWith } from '../support/policies.ts';
import { codeOf, shownSecret, story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';
import { holdTime } from '../support/time.ts';

const ROUNDS = process.env.SALLYPORT_TEST_LONG ? 50 : 3;

const server = serverForAll();

const times = <T>(n: number, work: (i: number) => Promise<T>) =>
  Promise.all(Array.from({ length: n }, (_, i) => work(i)));

interface Answer {
  status: number;
  body: { access_token?: string; refresh_token?: string; error?: string };
}

async function token(
  application: { id: string; secret: string },
  body: Record<string, string>,
): Promise<Answer> {
  const response = await fetch(`${server.issuer}/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams(body),
    headers: { authorization: basic(application.id, application.secret) },
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

async function signedIn() {
  const tale = await story(server);
  await tale.begin();
  const landed = await tale.typePassword();
  return { ...tale, landed };
}

/** Posts one form at once from as many requests of one browser as asked. */
async function storm(
  browser: Browser,
  page: Shown,
  action: string,
  fields: (i: number) => Record<string, string>,
  n: number,
) {
  const cookie = await browser.jar.getCookieString(page.url);
  return times(n, async (i) => {
    const response = await fetch(`${page.url}/${action}`, {
      method: 'POST',
      body: new URLSearchParams(fields(i)),
      headers: { cookie, origin: server.issuer, 'content-type': 'application/x-www-form-urlencoded' },
      redirect: 'manual',
    });
    return { status: response.status, location: response.headers.get('location') ?? '' };
  });
}

/**
 * Holds requests at the moment at which they have read an account and decide what to do with it; the gate opens when as
 * many have come as are meant to run together, or by hand.
 */
function gate(meant: number, verb: 'byId' | 'identified' = 'byId') {
  const accounts = server.core.accounts as unknown as Record<
    string,
    (...args: unknown[]) => Promise<unknown>
  >;
  const read = accounts[verb];
  if (!read) throw new Error(verb);
  const opened = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  let held = 0;
  accounts[verb] = async (...args) => {
    const found = await read(...args);
    held += 1;
    const isHeld = held <= meant;
    if (held === meant) arrived.resolve();
    if (isHeld) await opened.promise;
    return found;
  };
  return {
    arrived: arrived.promise,
    open: () => {
      opened.resolve();
      accounts[verb] = read;
    },
  };
}

describe('spent once, however many come at the same moment', () => {
  test('OID-4 R2 S69 P4 P10 one authorization code by 20: one success, and then nothing of its grant works', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { landed, relying, application } = await signedIn();
      const request = relying.tokenRequest(landed.url);
      const answers = await times(20, () => token(application, request));
      const won = answers.filter((a) => a.status === 200);
      expect(won).toHaveLength(1);
      expect(
        new Set(answers.filter((a) => a.status !== 200).map((a) => `${a.status} ${a.body.error}`)),
      ).toEqual(new Set(['400 invalid_grant']));
      expect(await relying.introspect(won[0]?.body.access_token ?? '')).toEqual({ active: false });
      expect(
        (
          await token(application, {
            grant_type: 'refresh_token',
            refresh_token: won[0]?.body.refresh_token ?? '',
          })
        ).status,
      ).toBe(400);
    }
  });

  test('OID-4 R2 S70 V3 one refresh token by 20: one success, and the family is dead', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { landed, relying, application } = await signedIn();
      const tokens = await relying.exchange(landed.url);
      const answers = await times(20, () =>
        token(application, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' }),
      );
      const won = answers.filter((a) => a.status === 200);
      expect(won).toHaveLength(1);
      expect(answers.filter((a) => a.status !== 200 && a.body.error !== 'invalid_grant')).toEqual([]);
      expect(
        (
          await token(application, {
            grant_type: 'refresh_token',
            refresh_token: won[0]?.body.refresh_token ?? '',
          })
        ).body.error,
      ).toBe('invalid_grant');
    }
  });

  test('R2 S28 MFA-15 one TOTP code by 20 attempts of 20 browsers: one gets in', async () => {
    const tenant = await server.tenant('livevox', policyWith({ lockout: { secondFactor: 9 } }));
    const first = await story(server, { tenant, person: { totpSecret: SECRET } });
    const browsers = await times(20, async () => {
      const browser = new Browser(server.issuer);
      await browser.open(await first.relying.request());
      const page = await browser.submit({
        clientCode: tenant.clientCode,
        userName: first.account.userName,
        password: PASSWORD,
      });
      expect(page.step).toBe('second-factor');
      return browser;
    });
    const code = codeOf(SECRET);
    const pages = await Promise.all(browsers.map((browser) => browser.submit({ code })));
    const entries = await server.core.audit.ofAccount(first.account.id, 200);
    const tried = entries.filter((entry) => entry.type === 'sign-in.second-factor');
    expect(tried.filter((entry) => entry.outcome === 'success')).toHaveLength(1);
    // The nineteen others are failures and may lock the account before the one has gone on: then it stays outside as well.
    const isLocked = (await server.reread(first.account)).lock !== null;
    const landed = pages.filter(isIn).length;
    expect(isLocked ? [0, 1] : [1]).toContain(landed);
  });

  test('R2 two codes of one activation at once: one authenticator is bound', async () => {
    const time = holdTime();
    try {
      time.toStepStart(2);
      const tale = await story(server, { person: { isEnrolled: true } });
      await tale.begin();
      const page = await tale.typePassword();
      const secret = shownSecret(page);
      const together = gate(2);
      const answers = storm(tale.browser, page, 'activate', (i) => ({ code: codeOf(secret, i - 1) }), 2);
      await together.arrived;
      together.open();
      await answers;
      const entries = await server.core.audit.ofAccount(tale.account.id, 50);
      expect(entries.filter((e) => e.type === 'authenticator.bound')).toHaveLength(1);
      expect((await server.reread(tale.account)).secondFactor.authenticators).toHaveLength(1);
    } finally {
      time.release();
    }
  });

  test('R2 two browsers that activate at once: one authenticator is bound', async () => {
    const { tenant, account, relying } = await story(server, { person: { isEnrolled: true } });
    const secrets = await times(2, async () => {
      const browser = new Browser(server.issuer);
      await browser.open(await relying.request());
      const page = await browser.submit({
        clientCode: tenant.clientCode,
        userName: account.userName,
        password: PASSWORD,
      });
      return { browser, secret: shownSecret(page) };
    });
    await Promise.all(secrets.map(({ browser, secret }) => browser.submit({ code: codeOf(secret) })));
    const { secondFactor } = await server.reread(account);
    expect(secondFactor.authenticators.length).toBeLessThanOrEqual(1);
    expect(secrets.filter(({ browser }) => isIn(browser.page)).length).toBe(
      secondFactor.authenticators.length,
    );
  });
});

/** As many browsers, each with a sign-in of its own at the password page. */
function browsersAt(relying: RelyingApplication, n: number): Promise<Browser[]> {
  return times(n, async () => {
    const browser = new Browser(server.issuer);
    await browser.open(await relying.request());
    return browser;
  });
}

describe('limits, however many try at the same moment', () => {
  const audit = async (accountId: string) =>
    (await server.core.audit.ofAccount(accountId, 500)).filter((e) => e.type === 'sign-in.password');

  test('LCK-6 R5 P11 S18 V1 V2 60 wrong passwords at once are checked at most 5 times, and the account is locked', async () => {
    const { account, tenant, relying } = await story(server);
    const pages = await browsersAt(relying, 60);
    await Promise.all(
      pages.map((b) =>
        b.submit({ clientCode: tenant.clientCode, userName: account.userName, password: 'wrong 123456' }),
      ),
    );
    expect(pages.every((b) => b.page.status === 200 && ['password', 'locked'].includes(b.page.step))).toBe(
      true,
    );
    const entries = await audit(account.id);
    expect(entries.filter((e) => e.outcome === 'failure')).toHaveLength(5);
    // Those that repeat are one entry with their count (X18).
    const refused = entries.filter((e) => e.outcome === 'refused').map((e) => Number(e.detail.repeats ?? 1));
    expect(refused.reduce((sum, count) => sum + count, 0)).toBe(55);
    expect((await server.reread(account)).lock?.cause).toBe('password');
  });

  test('LCK-6 R6 P12 50 right passwords at once all succeed', async () => {
    const { account, tenant, relying } = await story(server);
    const browsers = await browsersAt(relying, 50);
    await Promise.all(
      browsers.map((b) =>
        b.submit({ clientCode: tenant.clientCode, userName: account.userName, password: PASSWORD }),
      ),
    );
    expect(browsers.filter((b) => isIn(b.page))).toHaveLength(50);
  });

  test('R7 40 wrong and 10 right at once: never more than 5 wrong ones are checked between two right ones', async () => {
    const { account, tenant, relying } = await story(server);
    const browsers = await browsersAt(relying, 50);
    await Promise.all(
      browsers.map((b, i) =>
        b.submit({
          clientCode: tenant.clientCode,
          userName: account.userName,
          password: i % 5 === 0 ? PASSWORD : 'wrong 123456',
        }),
      ),
    );
    const entries = await audit(account.id);
    let inARow = 0;
    for (const { outcome, detail } of entries) {
      if (outcome === 'failure') {
        inARow = Number(detail.failures);
        expect(inARow).toBeLessThanOrEqual(5);
      }
    }
    expect(entries.some((e) => e.outcome === 'failure')).toBe(true);
  });

  test('R5 S21 30 wrong codes at once are checked at most 5 times', async () => {
    const tale = await story(server, { person: { totpSecret: SECRET } });
    await tale.begin();
    const page = await tale.typePassword();
    const answers = await storm(tale.browser, page, 'second-factor', () => ({ code: '000000' }), 30);
    expect(answers.every((a) => a.status === 303)).toBe(true);
    const entries = (await server.core.audit.ofAccount(tale.account.id, 100)).filter(
      (e) => e.type === 'sign-in.second-factor',
    );
    expect(entries.filter((e) => e.outcome === 'failure').length).toBeLessThanOrEqual(5);
    expect((await server.reread(tale.account)).lock?.cause).toBe('second-factor');
  });
});

describe('one browser, many applications at once', () => {
  test('parallel sign-ons of one browser keep every application signed in', async () => {
    const { browser } = await signedIn();
    const others = await times(3, async () => {
      const { id, secret } = await server.application();
      return RelyingApplication.discover(server.issuer, id, secret);
    });
    const cookie = await browser.jar.getCookieString(`${server.issuer}/oauth2/authorize`);
    for (let round = 0; round < ROUNDS; round++) {
      const together = gate(3);
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
    const { browser } = await signedIn();
    const { id, secret } = await server.application();
    const relying = await RelyingApplication.discover(server.issuer, id, secret);
    const cookie = await browser.jar.getCookieString(`${server.issuer}/oauth2/authorize`);
    const together = gate(4);
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
    const { begin, browser, relying, landed } = await signedIn();
    const tokens = await relying.exchange(landed.url);
    await browser.open(relying.logoutUrl(tokens.id_token));
    const cookie = await browser.jar.getCookieString(`${server.issuer}/oauth2/authorize`);
    const early = gate(1);
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
    const { landed, relying, application, begin } = await signedIn();
    const request = relying.tokenRequest(landed.url);
    await times(3, () => token(application, request));
    const tokens = await relying.exchange((await begin({ prompt: 'none' })).url);
    expect((await relying.introspect(tokens.access_token)).active).toBe(true);
  });

  test('R10 S69 refreshing against a credential event: nothing issued works after it', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { relying, landed, account, application } = await signedIn();
      const tokens = await relying.exchange(landed.url);
      const [answer] = await Promise.all([
        token(application, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' }),
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
            await token(application, {
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
    const early = gate(1, 'identified');
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
