import { describe, expect, test } from '@jest/globals';
import { isIn, PASSWORD, SECRET } from '../support/app.ts';
import { askForToken, gate, storm, times } from '../support/at-once.ts';
import { Browser } from '../support/browser.ts';
import { policyWith } from '../support/policies.ts';
import { backAtApplication, codeOf, shownSecret, story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';
import { holdTime } from '../support/time.ts';

const ROUNDS = process.env.SALLYPORT_TEST_LONG ? 50 : 3;

const server = serverForAll();

describe('spent once, however many come at the same moment', () => {
  test('OID-4 P4 one authorization code by 20: one success, and then nothing of its grant works', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { landed, relying, application } = await backAtApplication(server);
      const request = relying.tokenRequest(landed.url);
      const answers = await times(20, () => askForToken(server, application, request));
      const won = answers.filter((a) => a.status === 200);
      expect(won).toHaveLength(1);
      expect(
        new Set(answers.filter((a) => a.status !== 200).map((a) => `${a.status} ${a.body.error}`)),
      ).toEqual(new Set(['400 invalid_grant']));
      expect(await relying.introspect(won[0]?.body.access_token ?? '')).toEqual({ active: false });
      expect(
        (
          await askForToken(server, application, {
            grant_type: 'refresh_token',
            refresh_token: won[0]?.body.refresh_token ?? '',
          })
        ).status,
      ).toBe(400);
    }
  });

  test('OID-4 V3 one refresh token by 20: one success, and the family is dead', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { landed, relying, application } = await backAtApplication(server);
      const tokens = await relying.exchange(landed.url);
      const answers = await times(20, () =>
        askForToken(server, application, {
          grant_type: 'refresh_token',
          refresh_token: tokens.refresh_token ?? '',
        }),
      );
      const won = answers.filter((a) => a.status === 200);
      expect(won).toHaveLength(1);
      expect(answers.filter((a) => a.status !== 200 && a.body.error !== 'invalid_grant')).toEqual([]);
      expect(
        (
          await askForToken(server, application, {
            grant_type: 'refresh_token',
            refresh_token: won[0]?.body.refresh_token ?? '',
          })
        ).body.error,
      ).toBe('invalid_grant');
    }
  });

  test('S28 MFA-15 one TOTP code by 20 attempts of 20 browsers: one gets in', async () => {
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
      const together = gate(server, 2);
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
