import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Policy } from '../../src/capabilities/tenants/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer, administratorOf, passwordLink } from '../support/administration.ts';
import { isIn, PASSWORD, SECRET } from '../support/app.ts';
import { Browser, type Shown } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { mailedCodes, withMail, withRecoveryCodes } from '../support/factors.ts';
import { policyWith } from '../support/policies.ts';
import { codeOf, type Story, story } from '../support/story.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const NEW = 'brand new words 4';
const LINK = /(http:\S+)\/recover\/set\?token=(\S+)/;

const server = serverForAll();
const time = clockForEach();
let serial = 0;
let hours = 0;
beforeEach(() => {
  // Each test has hours of its own: the budgets of the network are shared.
  hours += 4;
  time.move(hours * 3_600);
});

const allowed = policyWith({ password: { forgottenByMail: true } });

/** A person with a mailbox, at a site that allows it. */
async function forgetful(person: { totpSecret?: string } = {}, change = allowed) {
  serial += 1;
  const email = `person${serial}@site.example`;
  const tenant = await server.tenant('livevox', change);
  return { tale: await story(server, { tenant, person: { ...person, email } }), email };
}

async function ask({ tenant, account }: Story, userName = account.userName): Promise<Shown> {
  const browser = new Browser(server.issuer);
  await browser.open('/recover?population=user');
  return browser.submit({ clientCode: tenant.clientCode, userName, population: 'user' });
}

const mailsTo = (email: string) => server.mailbox.messages.filter((m) => m.to === email && LINK.test(m.text));

/** The token of the newest link that was mailed, once there are so many. */
async function mailed(email: string, count = 1): Promise<string> {
  const found = await eventually(
    () => mailsTo(email),
    (mails) => mails.length === count,
  );
  return LINK.exec(found[0]?.text ?? '')?.[2] ?? '';
}

async function opened(token: string): Promise<Browser> {
  const browser = new Browser(server.issuer);
  await browser.open(`/recover/set?token=${token}`);
  return browser;
}

const setTo = (browser: Browser, newPassword = NEW, more: Record<string, string> = {}) =>
  browser.submit({ newPassword, newPasswordAgain: newPassword, ...more });

describe('PWD-15 a forgotten password', () => {
  test('S46 a mailed link sets a new one, ends what the old one began, and says so by mail', async () => {
    const { tale, email } = await forgetful();
    await tale.begin();
    const tokens = await tale.relying.exchange((await tale.typePassword()).url);
    const sent = await ask(tale);
    expect(sent.html).toContain('Check your email');
    const browser = await opened(await mailed(email));
    const done = await setTo(browser);
    expect(done).toMatchObject({ status: 200, step: 'recover' });
    expect(done.dom.querySelector('a[role=button]')?.getAttribute('href')).toBe('/go/user');
    expect(await browser.cookies()).not.toContain('sallyport_session');
    expect((await browser.open('/account')).step).toBe('identify');
    await expect(tale.relying.refresh(tokens)).rejects.toThrow();
    await tale.begin();
    expect((await tale.typePassword(PASSWORD)).step).toBe('password');
    expect(isIn(await tale.typePassword(NEW))).toBe(true);
    await eventually(
      () => server.mailbox.messages.filter((m) => m.to === email),
      (mails) => mails[0]?.subject === 'Your password was changed',
    );
  });

  test('S41 a link works once, for 30 minutes, and is voided by a newer one and by any change of the password', async () => {
    const { tale, email } = await forgetful();
    await ask(tale);
    const first = await mailed(email);
    await ask(tale);
    const second = await mailed(email, 2);
    expect((await (await opened(first)).page).status).toBe(400);
    time.move(1_799);
    expect((await opened(second)).page.status).toBe(200);
    time.move(1);
    expect((await opened(second)).page).toMatchObject({ status: 400, step: 'expired-link' });
    time.move(3_600);
    await ask(tale);
    const third = await mailed(email, 3);
    const browser = await opened(third);
    await setTo(browser);
    expect((await opened(third)).page.status).toBe(400);
    await ask(tale);
    const fourth = await mailed(email, 4);
    await administer(server, operations.account.setPassword, tale.account, {}, administratorOf(tale.tenant));
    expect((await opened(fourth)).page.status).toBe(400);
  });

  test('SEC-4 X17 a stranger who asks for a link to an invited person takes nothing from the 72 hours', async () => {
    const { tale, email } = await forgetful();
    await passwordLink(server, tale.account);
    time.move(3_600);
    await ask(tale);
    await eventually(
      async () => (await server.core.audit.ofAccount(tale.account.id, 10)).map(({ type }) => type),
      (types) => types.includes('link.requested'),
    );
    const token = await mailed(email, 1);
    time.move(70 * 3_600);
    const browser = await opened(token);
    expect(browser.page.status).toBe(200);
    expect((await setTo(browser)).status).toBe(200);
    expect((await server.reread(tale.account)).link).toBeNull();
  });

  test('S41 V29 the token is of one account: with the id of another it is nothing', async () => {
    const { tale, email } = await forgetful();
    const other = await server.account(tale.tenant, { email: 'other@site.example' });
    await ask(tale);
    const token = await mailed(email);
    const forged = token.replace(tale.account.id, other.id);
    for (const tried of [forged, token.slice(0, -1), `${token}x`, '', 'x'.repeat(500), `${other.id}.`])
      expect((await opened(tried)).page.status).toBe(400);
    expect((await opened(token)).page.status).toBe(200);
  });

  test('R2 of 20 who post one link at once one sets the password', async () => {
    const { tale, email } = await forgetful();
    await ask(tale);
    const token = await mailed(email);
    const browsers = await Promise.all(Array.from({ length: 20 }, () => opened(token)));
    const pages = await Promise.all(browsers.map((browser, i) => setTo(browser, `brand new words ${i}`)));
    expect(pages.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(pages.filter(({ status }) => status === 400)).toHaveLength(19);
    const winner = pages.findIndex(({ status }) => status === 200);
    await tale.begin();
    expect(isIn(await tale.typePassword(`brand new words ${winner}`))).toBe(true);
  });

  test('S42 V15 an enrolled account gives its code, which counts on the counter of the sign-in; the factor stays', async () => {
    const { tale, email } = await forgetful({ totpSecret: SECRET });
    await ask(tale);
    const browser = await opened(await mailed(email));
    expect(browser.page.dom.querySelector('[name=code]')).not.toBeNull();
    expect(await setTo(browser, NEW)).toMatchObject({
      status: 200,
      alert: expect.stringContaining('Type a code'),
    });
    for (const code of ['000000', '12345'])
      expect((await setTo(browser, NEW, { code })).alert).toContain('code was not accepted');
    expect(await server.wrongCodes(tale.account)).toBe(2);
    // Accepted once, the code is not asked for again under this link, whatever is wrong with the password.
    const short = await setTo(browser, 'short', { code: codeOf(SECRET) });
    expect(short.alert).toContain('fewer than 8 characters');
    expect(short.dom.querySelector('[name=code]')).toBeNull();
    expect((await setTo(browser)).status).toBe(200);
    expect((await server.reread(tale.account)).secondFactor.status).toBe('active');
    await tale.begin();
    expect((await tale.typePassword(NEW)).step).toBe('second-factor');
  });

  test('SEC-4 X3 a code that was given under a link holds only in the browser in which it was given', async () => {
    const { tale, email } = await forgetful({ totpSecret: SECRET });
    await ask(tale);
    const token = await mailed(email);
    const owner = await opened(token);
    // Too short: the link lives on, and the code is kept for the next try.
    await setTo(owner, 'short', { code: codeOf(SECRET) });
    const reader = await opened(token);
    expect(reader.page.dom.querySelector('[name=code]')).not.toBeNull();
    await setTo(reader);
    expect((await server.reread(tale.account)).password).toEqual(tale.account.password);
    await setTo(owner);
    expect((await server.reread(tale.account)).password).not.toEqual(tale.account.password);
  });

  test('SEC-4 X3 a code that was given under a link holds only for the factors of then', async () => {
    const { tale, email } = await forgetful({ totpSecret: SECRET });
    await ask(tale);
    const owner = await opened(await mailed(email));
    await setTo(owner, 'short', { code: codeOf(SECRET) });
    await server.core.secondFactors.bindKnown(tale.account.id, SECRET);
    await server.core.accounts.update(tale.account.id, (a) => ({
      ...a,
      secondFactor: { ...a.secondFactor, round: a.secondFactor.round + 1 },
    }));
    await owner.open('/recover/set');
    await setTo(owner);
    expect((await server.reread(tale.account)).password).toEqual(tale.account.password);
  });

  test('S42 V15 a recovery or login code does, a mailed one does not: the link came by mail already', async () => {
    const withCodes = (policy: Policy): Policy => ({
      ...allowed(policy),
      secondFactor: { ...policy.secondFactor, recoveryCodes: 10, loginCodes: true },
    });
    const { tale, email } = await forgetful({ totpSecret: SECRET }, withCodes);
    await withMail(server, tale.account, email);
    const [recovery = ''] = await withRecoveryCodes(server, tale.account, 1);
    // A sign-in under way: the person holds a code that was mailed for it.
    await tale.begin();
    await tale.typePassword();
    await tale.browser.submit({ method: 'mail' }, '/method');
    const [sixDigits = ''] = await mailedCodes(server, email);
    await ask(tale);
    const browser = await opened(await mailed(email));
    expect((await setTo(browser, NEW, { code: sixDigits })).alert).toContain('code was not accepted');
    expect((await setTo(browser, NEW, { code: recovery })).status).toBe(200);

    const again = await forgetful({ totpSecret: SECRET }, withCodes);
    const made = await administer(server, operations.account.makeLoginCode, again.tale.account, {
      reason: 'lost phone and password',
    });
    await ask(again.tale);
    const second = await opened(await mailed(again.email));
    expect((await setTo(second, NEW, { code: made.code })).status).toBe(200);
    expect((await server.reread(again.tale.account)).secondFactor).toMatchObject({
      status: 'active',
      loginCode: null,
    });
  });

  test('S42 without the code nothing is learnt of former passwords', async () => {
    const { tale, email } = await forgetful({ totpSecret: SECRET });
    await ask(tale);
    const browser = await opened(await mailed(email));
    expect((await setTo(browser, PASSWORD)).alert).toBe((await setTo(browser, 'never used 55')).alert);
  });

  test('it never unlocks', async () => {
    const { tale, email } = await forgetful();
    await server.core.accounts.update(tale.account.id, (a) => ({ ...a, lock: { cause: 'password', at: 1 } }));
    await ask(tale);
    expect((await setTo(await opened(await mailed(email)))).status).toBe(200);
    await tale.begin();
    expect((await tale.typePassword(NEW)).step).toBe('locked');
  });

  test('S45 S64 the token leaves the address on the first load, and the pages say no referrer', async () => {
    const { tale, email } = await forgetful();
    await ask(tale);
    const browser = await opened(await mailed(email));
    expect(new URL(browser.page.url).search).toBe('');
    expect(browser.page.headers.get('referrer-policy')).toBe('no-referrer');
    const html = browser.page.html;
    for (const [, address = ''] of html.matchAll(/(?:src|href|action)="([^"]+)"/g))
      expect(address.startsWith('/')).toBe(true);
    const [cookie] = (await browser.jar.getCookies(`${server.issuer}/recover/set`)).filter(
      ({ key }) => key === 'sallyport_recover',
    );
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'lax', path: '/recover' });
  });

  test('S48 what scanners do with the address spends nothing', async () => {
    const { tale, email } = await forgetful();
    await ask(tale);
    const token = await mailed(email);
    for (const method of ['GET', 'HEAD', 'GET'])
      await fetch(`${server.issuer}/recover/set?token=${token}`, { method });
    await opened(token);
    expect((await setTo(await opened(token))).status).toBe(200);
  });

  test('S44 V26 the link is built from the public address, whatever the request says', async () => {
    const { tale, email } = await forgetful();
    const fields = {
      clientCode: tale.tenant.clientCode,
      userName: tale.account.userName,
      population: 'user',
    };
    for (const headers of [
      { 'x-forwarded-host': 'evil.example' },
      { forwarded: 'host=evil.example;proto=https' },
      { 'x-forwarded-proto': 'gopher', 'x-forwarded-port': '1' },
    ]) {
      const response = await fetch(`${server.issuer}/recover`, {
        method: 'POST',
        body: new URLSearchParams(fields),
        headers: { origin: server.issuer, ...headers },
      });
      expect(response.status).toBe(200);
    }
    await mailed(email, 3);
    for (const { text } of mailsTo(email)) expect(LINK.exec(text)?.[1]).toBe(server.issuer);
  });
});

describe('strangers', () => {
  test('S17 V31 the same answer for every name, and the same work: one job', async () => {
    const { tale } = await forgetful();
    const off = await forgetful({}, (policy) => policy);
    const unknown = await ask(tale, 'unknown-at-all');
    const answers = [
      await ask(tale),
      await ask(off.tale),
      await ask({ ...tale, tenant: { ...tale.tenant, clientCode: 'NO-SITE' } }),
      await ask(tale, ''),
    ];
    for (const { html, status } of answers) expect([html, status]).toEqual([unknown.html, 200]);
  });

  test('PWD-15 no mail is sent where the site does not allow it, or the account is disabled or has no address', async () => {
    const off = await forgetful({}, (policy) => policy);
    const disabled = await forgetful();
    await server.core.accounts.update(disabled.tale.account.id, (a) => ({ ...a, status: 'disabled' }));
    const without = await server.account(disabled.tale.tenant);
    const last = await forgetful();
    for (const tale of [off.tale, disabled.tale, { ...disabled.tale, account: without }, last.tale])
      await ask(tale);
    await mailed(last.email);
    expect([...mailsTo(off.email), ...mailsTo(disabled.email)]).toEqual([]);
  });

  test('S49 so many mails an hour for one account and for one name, and the answer does not say so', async () => {
    const { tale, email } = await forgetful();
    for (let i = 0; i < 3; i++) {
      await ask(tale);
      await mailed(email, i + 1);
    }
    const more = await ask(tale);
    expect(more.html).toContain('Check your email');
    await ask(tale);
    const other = await forgetful();
    await ask(other.tale);
    await mailed(other.email);
    expect(mailsTo(email)).toHaveLength(3);
    const entries = await server.core.audit.ofAccount(tale.account.id, 50);
    expect(
      entries.filter((e) => e.type === 'link.requested' && e.outcome === 'refused').length,
    ).toBeGreaterThan(0);
    time.move(3_600);
    await ask(tale);
    await mailed(email, 4);
  });

  test('S49 one network asks only so often an hour, for any name', async () => {
    const { tale, email } = await forgetful();
    for (let i = 0; i < 30; i++) await ask(tale, `ghost-${i}`);
    await ask(tale);
    time.move(3_600);
    await ask(tale);
    await mailed(email);
    expect(mailsTo(email)).toHaveLength(1);
  });

  test('PWD-15 the sign-in offers it where the site allows it, and where it does not know the site yet', async () => {
    const link = async (tale: Story) =>
      (await tale.begin()).dom.querySelector('a[href^="/recover"]')?.getAttribute('href');
    const tenant = await server.tenant('livevox', allowed);
    const strict = await server.tenant('livevox');
    expect(await link(await story(server, { tenant, fixTenant: true }))).toBe(
      `/recover?population=user&client=${tenant.clientCode}`.replace('&', '&'),
    );
    expect(await link(await story(server, { tenant: strict, fixTenant: true }))).toBeUndefined();
    expect(await link(await story(server, { tenant: strict }))).toBe('/recover?population=user');
  });
});
