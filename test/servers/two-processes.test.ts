import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isIn, SECRET } from '../support/app.ts';
import { MULTI_FACTOR_ACR } from '../support/application.ts';
import { Browser } from '../support/browser.ts';
import { runCommand } from '../support/command.ts';
import { type Instances, prepareInstances } from '../support/instances.ts';
import { PASSWORD } from '../support/site.ts';
import { codeOf, type Story, shownSecret, story } from '../support/story.ts';

const ROUNDS = process.env.SALLYPORT_TEST_LONG ? 50 : 3;

let instances: Instances;
beforeAll(async () => {
  instances = await prepareInstances(2);
  await Promise.all([instances.start(0), instances.start(1)]);
});
afterAll(() => instances.close());

const times = <T>(count: number, work: (n: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => work(n)));

function tokenRequest(tale: Story, fields: Record<string, string>) {
  const { id, secret } = tale.application;
  return fetch(`${instances.issuer}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams(fields),
  });
}

async function signedIn() {
  const tale = await story(instances);
  await tale.begin();
  const landed = await tale.typePassword();
  return { ...tale, landed };
}

/** Of many answers at once, how many were a success. */
const successes = (statuses: readonly number[]) => statuses.filter((status) => status === 200).length;

describe('every step on another process', () => {
  test('OPS-1 P10 a temporary password, the change, the activation, tokens, refresh, userinfo and sign-out', async () => {
    const tale = await story(instances, { person: { isTemporary: true, isEnrolled: true } });
    await tale.begin();
    const activation = await tale.typePassword();
    expect(activation.step).toBe('activate');
    const secret = shownSecret(activation);
    const change = await tale.browser.submit({ code: codeOf(secret) });
    expect(change.step).toBe('change-password');
    const landed = await tale.browser.submit({
      currentPassword: PASSWORD,
      newPassword: 'another one 7',
      newPasswordAgain: 'another one 7',
    });
    expect(isIn(landed)).toBe(true);
    const tokens = await tale.relying.exchange(landed.url);
    expect(tokens.claims()).toMatchObject({ acr: MULTI_FACTOR_ACR, sub: tale.account.id });
    const next = await tale.relying.refresh(tokens);
    expect((await tale.relying.userinfo(next)).sub).toBe(tale.account.id);
    expect(await tale.relying.introspect(next.access_token)).toMatchObject({ active: true });
    await tale.browser.open(tale.relying.logoutUrl(next.id_token));
    await tale.browser.submit({ logout: 'yes' });
    await expect(tale.relying.refresh(next)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  test('S56 a disabled account is refused by both at once', async () => {
    const tale = await signedIn();
    const tokens = await tale.relying.exchange(tale.landed.url);
    const person = [
      '--tenant',
      tale.tenant.clientCode,
      '--population',
      'user',
      '--user-name',
      tale.account.userName,
    ];
    expect((await runCommand(['account', 'disable', ...person], instances.environment)).code).toBe(0);
    const statuses = await times(4, async () => (await tale.relying.introspect(tokens.access_token)).active);
    expect(statuses).toEqual([false, false, false, false]);
    const refreshes = await times(
      4,
      async () =>
        (await tokenRequest(tale, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' }))
          .status,
    );
    expect(successes(refreshes)).toBe(0);
  });
});

describe('races over two processes', () => {
  test('S69 P10 of 20 uses of one code at most one succeeds, and then nothing of that grant works', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const tale = await signedIn();
      const fields = tale.relying.tokenRequest(tale.landed.url);
      const answers = await times(20, async () => {
        const answer = await tokenRequest(tale, fields);
        return { status: answer.status, tokens: (await answer.json()) as { access_token?: string } };
      });
      expect(successes(answers.map(({ status }) => status))).toBeLessThanOrEqual(1);
      for (const { tokens } of answers)
        if (tokens.access_token)
          expect(await tale.relying.introspect(tokens.access_token)).toMatchObject({ active: false });
    }
  });

  test('S70 V3 of 20 uses of one refresh token at most one succeeds, and then the family is dead', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const tale = await signedIn();
      const tokens = await tale.relying.exchange(tale.landed.url);
      const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' };
      const answers = await times(20, async () => {
        const answer = await tokenRequest(tale, refresh);
        return { status: answer.status, tokens: (await answer.json()) as { refresh_token?: string } };
      });
      expect(successes(answers.map(({ status }) => status))).toBeLessThanOrEqual(1);
      for (const { tokens: won } of answers)
        if (won.refresh_token)
          expect(
            (await tokenRequest(tale, { grant_type: 'refresh_token', refresh_token: won.refresh_token }))
              .status,
          ).toBe(400);
    }
  });

  test('R2 S28 one TOTP code in 20 sign-ins at once signs one in', async () => {
    const tale = await story(instances, { person: { totpSecret: SECRET } });
    const browsers = await times(20, async () => {
      const browser = new Browser(instances.issuer);
      await browser.open(await tale.relying.request());
      await browser.submit(
        { clientCode: tale.tenant.clientCode, userName: tale.account.userName, password: PASSWORD },
        '/password',
      );
      return browser;
    });
    const code = codeOf(SECRET);
    const landed = await Promise.all(browsers.map((browser) => browser.submit({ code })));
    expect(landed.filter(isIn).length).toBeLessThanOrEqual(1);
  });

  test('R5 V1 of 50 wrong passwords at once 5 are verified, and the account is locked', async () => {
    const tale = await story(instances);
    const pages = await times(50, async (n) => {
      const browser = new Browser(instances.issuer);
      await browser.open(await tale.relying.request());
      return browser.submit(
        { clientCode: tale.tenant.clientCode, userName: tale.account.userName, password: `wrong ${n} 12345` },
        '/password',
      );
    });
    expect(pages.some(isIn)).toBe(false);
    const entries = await instances.core.audit.ofAccount(tale.account.id, 1_000);
    expect(
      entries.filter(({ type, outcome }) => type === 'sign-in.password' && outcome === 'failure').length,
    ).toBe(5);
    expect((await instances.reread(tale.account)).lock).not.toBeNull();
  });

  test('R6 P12 50 correct passwords at once: 50 people are in', async () => {
    const tale = await story(instances);
    const pages = await times(50, async () => {
      const browser = new Browser(instances.issuer);
      await browser.open(await tale.relying.request());
      return browser.submit(
        { clientCode: tale.tenant.clientCode, userName: tale.account.userName, password: PASSWORD },
        '/password',
      );
    });
    expect(pages.filter(isIn)).toHaveLength(50);
  });

  test('R7 S18 40 wrong and 10 right at once: between two resets at most 5 wrong ones are verified', async () => {
    const tale = await story(instances);
    const pages = await times(50, async (n) => {
      const browser = new Browser(instances.issuer);
      await browser.open(await tale.relying.request());
      const password = n % 5 === 0 ? PASSWORD : `wrong ${n} 12345`;
      return browser.submit(
        { clientCode: tale.tenant.clientCode, userName: tale.account.userName, password },
        '/password',
      );
    });
    const entries = await instances.core.audit.ofAccount(tale.account.id, 1_000);
    const tries = entries.filter(({ type, outcome }) => type === 'sign-in.password' && outcome !== 'refused');
    const rights = tries.filter(({ outcome }) => outcome === 'success').length;
    expect(pages.filter(isIn)).toHaveLength(rights);
    // Each right one is a reset: however they are ordered, no more wrong ones fit between them.
    expect(tries.length - rights).toBeLessThanOrEqual(5 * (rights + 1));
    const { lock } = await instances.reread(tale.account);
    expect(lock !== null || tries.length === 50).toBe(true);
  });

  test('R10 P14 refresh, revoke and disable against each other: nothing works once the revoking one was acknowledged', async () => {
    for (let round = 0; round < 3 * ROUNDS; round++) {
      const tale = await signedIn();
      const tokens = await tale.relying.exchange(tale.landed.url);
      if (round % 2 === 1) await tale.browser.open(tale.relying.logoutUrl(tokens.id_token));
      const refreshing = tokenRequest(tale, {
        grant_type: 'refresh_token',
        refresh_token: tokens.refresh_token ?? '',
      });
      const revoking =
        round % 2 === 0
          ? tale.relying.revoke(tokens.refresh_token ?? '')
          : tale.browser.submit({ logout: 'yes' });
      const [refreshed] = await Promise.all([refreshing, revoking]);
      const won = (await refreshed.json()) as { access_token?: string; refresh_token?: string };
      if (!won.refresh_token || !won.access_token) continue;
      expect(
        (await tokenRequest(tale, { grant_type: 'refresh_token', refresh_token: won.refresh_token })).status,
      ).toBe(400);
      expect(await tale.relying.introspect(won.access_token)).toMatchObject({ active: false });
    }
  });
});
