import { describe, expect, test } from '@jest/globals';
import { memberOf } from '../../src/capabilities/credential-events/index.ts';
import { isIn, PASSWORD, SECRET } from '../support/app.ts';
import { MULTI_FACTOR_ACR } from '../support/application.ts';
import { Browser } from '../support/browser.ts';
import type { Story } from '../support/story.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';
import { cookieOf, isAsked, TRUST_COOKIE, trustOn } from '../support/trust.ts';

const DAY = 86_400;

const server = serverForAll();

const time = clockForEach();
const { person, signIn, giveCode, trusted } = trustOn(server, time);

/** A browser that carries a copy, and nothing else. */
async function carrying(name: string, value: string): Promise<Browser> {
  const copy = new Browser(server.issuer);
  await copy.jar.setCookie(`${name}=${value}`, server.issuer);
  return copy;
}

describe('SEC-4 X5 a copy of a trust stays what it was', () => {
  const fields = (tale: Story, userName = tale.account.userName) => ({
    clientCode: tale.tenant.clientCode,
    userName,
    password: PASSWORD,
  });
  const withCopy = async (tale: Story, value: string) => {
    const copy = await carrying(TRUST_COOKIE, value);
    await copy.open(await tale.relying.request());
    return copy.submit(fields(tale), '/password');
  };

  const ENDS: [string, (tale: Story) => Promise<unknown>][] = [
    ['the person ended it', ({ account }) => server.core.trustedBrowsers.end(account, 'all')],
    ['the days were over', async () => time.move(31 * DAY)],
    [
      'a method was set up elsewhere',
      ({ account }) => server.core.secondFactors.bindKnown(account.id, SECRET),
    ],
    ['nothing ended it, and the box was ticked again', async () => {}],
  ];

  test.each(ENDS)('%s: the box, ticked again, makes a new one', async (_, end) => {
    const tale = await trusted();
    const old = await cookieOf(tale, TRUST_COOKIE);
    await end(tale);
    await signIn(tale, { acr_values: MULTI_FACTOR_ACR });
    await giveCode(tale);
    expect(isIn(await signIn(tale))).toBe(true);
    expect(await cookieOf(tale, TRUST_COOKIE)).not.toBe(old);
    expect(isAsked(await withCopy(tale, old))).toBe(true);
  });

  test('a colleague who ticks the box at the same desk leaves the copy what it was, and the trust too', async () => {
    const tale = await trusted();
    const other = await server.account(tale.tenant, { totpSecret: SECRET });
    const old = await cookieOf(tale, TRUST_COOKIE);
    await server.core.trustedBrowsers.end(tale.account, 'all');
    await tale.browser.jar.removeAllCookies();
    await tale.browser.jar.setCookie(`sallyport_trust=${old}`, server.issuer);
    await tale.begin();
    await tale.typePassword(PASSWORD, other.userName);
    await giveCode(tale);
    expect(isAsked(await withCopy(tale, old))).toBe(true);
    expect(isAsked(await signIn(tale))).toBe(true);
    await giveCode(tale);
    // And the colleague goes on to be trusted beside it.
    const trust = await cookieOf(tale, TRUST_COOKIE);
    const desk = await carrying(TRUST_COOKIE, trust);
    await desk.open(await tale.relying.request());
    expect(isIn(await desk.submit(fields(tale, other.userName), '/password'))).toBe(true);
  });

  test('V13 a value that was planted in the browser is not what the browser gets', async () => {
    const planted = 'P'.repeat(43);
    const tale = await person();
    await tale.browser.jar.setCookie(`sallyport_trust=${planted}`, server.issuer);
    await tale.begin();
    await tale.typePassword();
    await giveCode(tale);
    expect(isAsked(await withCopy(tale, planted))).toBe(true);
  });

  test('R10 a person’s change at the moment of the end brings no trust back', async () => {
    const tale = await trusted();
    const account = await server.reread(tale.account);
    const carried = await cookieOf(tale, TRUST_COOKIE);
    const kept = server.core.trustedBrowsers.keeping(carried, memberOf(account, tale.tenant));
    await server.core.trustedBrowsers.end(account, 'all');
    await kept.settle(account.epoch);
    expect(await server.core.trustedBrowsers.list(memberOf(account, tale.tenant))).toEqual([]);
  });
});
