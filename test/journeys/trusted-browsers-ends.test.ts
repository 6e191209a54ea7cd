import { describe, expect, test } from '@jest/globals';
import { memberOf } from '../../src/capabilities/credential-events/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer } from '../support/administration.ts';
import { isIn, PASSWORD, SECRET } from '../support/app.ts';
import { Browser } from '../support/browser.ts';
import { shownCodes } from '../support/factors.ts';
import { codeOf, type Story } from '../support/story.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';
import { isAsked, trustOn } from '../support/trust.ts';

const DAY = 86_400;

const server = serverForAll();

const time = clockForEach();
const { signIn, giveCode, trusted } = trustOn(server, time);

describe('MFA-13 what ends trust', () => {
  test.each<[string, (tale: Story) => Promise<unknown>, string]>([
    [
      'a lock, once it is unlocked',
      async ({ account }) => {
        await server.core.accounts.update(account.id, (a) => ({ ...a, lock: { cause: 'password', at: 1 } }));
        await administer(server, operations.account.unlock, account, {});
      },
      PASSWORD,
    ],
    [
      'a reset, set up again',
      async ({ account }) => {
        await administer(server, operations.account.resetFactor, account, {});
        await server.core.secondFactors.bindKnown(account.id, SECRET);
      },
      PASSWORD,
    ],
    [
      'turned off by an administrator, set up again',
      async ({ account }) => {
        await administer(server, operations.account.turnFactorOff, account, {});
        await server.core.secondFactors.bindKnown(account.id, SECRET);
      },
      PASSWORD,
    ],
    [
      'a password that another person set',
      async ({ account }) => {
        const choice = { password: 'another pass 7', permanent: true };
        await administer(server, operations.account.setPassword, account, choice);
      },
      'another pass 7',
    ],
    [
      'a new password under a mailed link',
      async ({ account, tenant }) => {
        await server.core.ownPassword.set(
          { ...memberOf(account, tenant), browser: 'stranger', where: {} },
          { newPassword: 'another pass 7', isStillProved: () => true, kind: 'reset' },
        );
      },
      'another pass 7',
    ],
    [
      'another method, set up elsewhere',
      ({ account }) => server.core.secondFactors.bindKnown(account.id, SECRET),
      PASSWORD,
    ],
    [
      'the end of all sessions of the population',
      ({ tenant }) => server.core.sessions.endPopulation(tenant, 'user', { actor: 'command-line' }),
      PASSWORD,
    ],
    [
      'the person disabled, and enabled again',
      async ({ account }) => {
        await administer(server, operations.account.disable, account, {});
        await administer(server, operations.account.enable, account, {});
      },
      PASSWORD,
    ],
    [
      'a policy of every sign-in',
      (tale) => server.changePolicy(tale.tenant, { 'secondFactor.trustDays': 'every-sign-in' }),
      PASSWORD,
    ],
    [
      'a policy without it',
      (tale) => server.changePolicy(tale.tenant, { 'secondFactor.trustDays': 'off' }),
      PASSWORD,
    ],
    [
      'desks that are shared from now on',
      (tale) => server.changePolicy(tale.tenant, { 'session.sharedDesk': true }),
      PASSWORD,
    ],
    [
      'an administrator',
      ({ account }) => administer(server, operations.account.endTrust, account, { browser: 'all' }),
      PASSWORD,
    ],
  ])('%s', async (_, event, password) => {
    const tale = await trusted();
    expect(isIn(await signIn(tale))).toBe(true);
    await event(tale);
    expect(isAsked(await signIn(tale, {}, password))).toBe(true);
  });

  test('a policy that goes back to every sign-in ends it for good', async () => {
    const tale = await trusted();
    await server.changePolicy(tale.tenant, { 'secondFactor.trustDays': 'every-sign-in' });
    time.move(1);
    await server.changePolicy(tale.tenant, { 'secondFactor.trustDays': 30 }, 2);
    expect(isAsked(await signIn(tale))).toBe(true);
    await giveCode(tale);
    expect(isIn(await signIn(tale))).toBe(true);
  });

  test('a shorter policy cuts what there is, a longer one does not extend it', async () => {
    const tale = await trusted(30);
    await server.changePolicy(tale.tenant, { 'secondFactor.trustDays': 90 });
    time.move(14 * DAY - 100);
    expect(isIn(await signIn(tale))).toBe(true);
    await server.changePolicy(tale.tenant, { 'secondFactor.trustDays': 14 }, 2);
    expect(isIn(await signIn(tale))).toBe(true);
    time.move(100);
    expect(isAsked(await signIn(tale))).toBe(true);
  });

  test('the person sees the trusted browsers and ends them', async () => {
    const tale = await trusted();
    await signIn(tale);
    const page = await tale.browser.open('/account/second-factor');
    const rows = page.dom.querySelectorAll('[data-trusted]');
    expect(rows.map((row) => row.querySelector('strong')?.text)).toEqual(['This browser']);
    await tale.browser.submit({}, '/account/trusted-browsers');
    expect(tale.browser.page.dom.querySelector('[data-trusted]')).toBeNull();
    expect(isAsked(await signIn(tale))).toBe(true);
  });

  test('TEN-1 no one ends or lists another person’s trust', async () => {
    const tale = await trusted();
    const { trustedBrowsers } = await administer(
      server,
      operations.account.trustedBrowsers,
      tale.account,
      {},
    );
    const [one] = trustedBrowsers;
    const stranger = await trusted();
    await signIn(stranger);
    await stranger.browser.open('/account/second-factor');
    await stranger.browser.post(`${server.issuer}/account/trusted-browsers`, { id: one?.id ?? '' });
    expect(isIn(await signIn(tale))).toBe(true);
  });
});

describe('MFA-13 SES-4 the person’s own change spares this browser, and no other', () => {
  /** A second browser of the same person, trusted too. */
  async function elsewhere(tale: Story) {
    const other = { ...tale, browser: new Browser(server.issuer) };
    const begin = async (extra: Record<string, string> = {}) =>
      other.browser.open(await tale.relying.request(extra));
    const typePassword = (password = PASSWORD, userName = tale.account.userName) =>
      other.browser.submit({ clientCode: tale.tenant.clientCode, userName, password }, '/password');
    const there = { ...other, begin, typePassword };
    await signIn(there);
    await giveCode(there);
    expect(isIn(await signIn(there))).toBe(true);
    return there;
  }

  test('of the password', async () => {
    const tale = await trusted();
    const there = await elsewhere(tale);
    await signIn(tale);
    time.move(60);
    await tale.browser.open('/account/password');
    await tale.browser.submit(
      {
        currentPassword: PASSWORD,
        newPassword: 'brand new 44',
        newPasswordAgain: 'brand new 44',
        code: codeOf(SECRET),
      },
      '/account/password',
    );
    expect(tale.browser.page.step).toBe('account');
    expect(isIn(await signIn(tale, {}, 'brand new 44'))).toBe(true);
    expect(isAsked(await signIn(there, {}, 'brand new 44'))).toBe(true);
  });

  test('of the factors', async () => {
    const tale = await trusted();
    const there = await elsewhere(tale);
    await signIn(tale);
    time.move(60);
    await tale.browser.open('/account/second-factor/set-up/app');
    await tale.browser.submit({ currentPassword: PASSWORD, code: codeOf(SECRET) }, '/set-up/app');
    const secret = tale.browser.page.dom.querySelector('[data-totp-secret]')?.text ?? '';
    time.move(60);
    const done = await tale.browser.submit({ code: codeOf(secret) }, '/finish');
    expect(shownCodes(done)).toEqual([]);
    expect(isIn(await signIn(tale))).toBe(true);
    expect(isAsked(await signIn(there))).toBe(true);
  });

  test('of the sessions elsewhere', async () => {
    const tale = await trusted();
    const there = await elsewhere(tale);
    await signIn(tale);
    await tale.browser.open('/account/second-factor');
    await tale.browser.submit({}, '/account/other-sessions');
    expect(isIn(await signIn(tale))).toBe(true);
    expect(isAsked(await signIn(there))).toBe(true);
  });

  test('and brings back no trust that had ended before', async () => {
    const tale = await trusted();
    await server.core.secondFactors.bindKnown(tale.account.id, SECRET);
    await signIn(tale);
    await giveCode(tale, false);
    await tale.browser.open('/account/second-factor');
    await tale.browser.submit({}, '/account/other-sessions');
    expect(isAsked(await signIn(tale))).toBe(true);
  });
});
