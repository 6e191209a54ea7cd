import { describe, expect, test } from '@jest/globals';
import { isIn, PASSWORD, SECRET } from '../support/app.ts';
import { errorOf } from '../support/application.ts';
import { Browser } from '../support/browser.ts';
import { codeOf, story } from '../support/story.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const server = serverForAll();
const time = clockForEach();

describe('tabs, browsers and endings', () => {
  test('SGN-2 two tabs of one browser sign in, each for its own request', async () => {
    const { relying, browser, tenant, account } = await story(server);
    const one = await browser.open(await relying.request());
    const two = await browser.open(await relying.request());
    const fields = { clientCode: tenant.clientCode, userName: account.userName, password: PASSWORD };
    const first = await browser.post(`${two.url}/password`, fields);
    const second = await browser.post(`${one.url}/password`, fields);
    for (const landed of [first, second])
      expect((await relying.exchange(landed.url)).claims()?.sub).toBe(account.id);
  });

  test('P2 V14 of many posts that finish one interaction, one does, and all lead to its end', async () => {
    const { begin, browser, tenant, account } = await story(server);
    const { url } = await begin();
    const fields = { clientCode: tenant.clientCode, userName: account.userName, password: PASSWORD };
    const type = { 'content-type': 'application/x-www-form-urlencoded', origin: server.issuer };
    const cookie = await browser.jar.getCookieString(url);
    const post = () =>
      fetch(`${url}/password`, {
        method: 'POST',
        body: new URLSearchParams(fields),
        headers: { ...type, cookie },
        redirect: 'manual',
      });
    const answers = await Promise.all(Array.from({ length: 8 }, post));
    const toResume = answers.filter((a) => a.headers.get('location')?.includes('/oauth2/authorize/'));
    // Each of them may be the one whose answer the browser shows; the engine was told once.
    expect(new Set(toResume.map((one) => one.headers.get('location'))).size).toBe(1);
    const entries = await server.core.audit.ofAccount(account.id, 50);
    expect(entries.filter(({ type }) => type === 'sign-in.complete')).toHaveLength(1);
  });

  test('SGN-2 the back button after the end shows the way back to the application', async () => {
    const { begin, typePassword, browser } = await story(server);
    const { url } = await begin();
    await typePassword();
    const page = await browser.open(url);
    expect(page).toMatchObject({ status: 400, step: 'expired-link' });
    expect(page.dom.querySelector('a[role=button]')?.getAttribute('href')).toBe('http://localhost:9/');
    expect((await browser.post(`${url}/password`, { userName: 'x', password: 'y' })).status).toBe(400);
  });

  test('an interaction that has expired answers 400 and names the way back, for an hour', async () => {
    const { begin, browser } = await story(server);
    const { url } = await begin();
    const cookie = await browser.jar.getCookieString(url);
    time.move(3_700);
    const late = await fetch(url, { headers: { accept: 'text/html', cookie } });
    expect(late.status).toBe(400);
    const html = await late.text();
    expect(html).toContain('data-step="expired-link"');
    expect(html).toContain('http://localhost:9/');
  });

  test('S51 V19 the address of an interaction opened in another browser is refused, posts included', async () => {
    const { begin, tenant, account } = await story(server);
    const { url } = await begin();
    const stranger = new Browser(server.issuer);
    expect(await stranger.open(url)).toMatchObject({ status: 400, step: 'expired-link' });
    const fields = { clientCode: tenant.clientCode, userName: account.userName, password: PASSWORD };
    expect((await stranger.post(`${url}/password`, fields)).status).toBe(400);
    expect(await stranger.cookies()).toEqual([]);
  });

  test('V13 a cookie that we did not sign binds nothing', async () => {
    const { begin } = await story(server);
    const { url } = await begin();
    const uid = url.split('/').pop() ?? '';
    for (const cookie of [
      `sallyport_interaction=${uid}`,
      `sallyport_interaction=${uid}; sallyport_interaction.sig=AAAAAAAAAAAAAAAAAAAAAAAAAAA`,
    ]) {
      expect((await fetch(url, { headers: { cookie, accept: 'text/html' } })).status).toBe(400);
    }
  });

  test('the person goes back to the application, which is told access_denied', async () => {
    const { begin, browser } = await story(server);
    await begin();
    const landed = await browser.submit({}, '/cancel');
    expect(errorOf(landed.url)).toBe('access_denied');
  });

  test('S76 an application that is not first-party asks for consent, and a refusal reaches it', async () => {
    const { begin, typePassword, browser, relying, account } = await story(server, { isFirstParty: false });
    await begin();
    expect((await typePassword()).step).toBe('consent');
    expect(browser.page.dom.querySelectorAll('ul.scopes li')).toHaveLength(3);
    expect(errorOf((await browser.submit({ decision: 'deny' })).url)).toBe('access_denied');
    await begin();
    const landed = await browser.submit({ decision: 'allow' });
    expect((await relying.exchange(landed.url)).claims()?.sub).toBe(account.id);
    expect(isIn(await begin())).toBe(true);
  });

  test('S50 V20 the session id changes at sign-in, and a planted one dies', async () => {
    const { begin, typePassword, browser } = await story(server);
    await begin();
    await typePassword();
    const before = (await browser.jar.getCookies(server.issuer)).find(
      (c) => c.key === 'sallyport_session',
    )?.value;
    await begin({ prompt: 'login' });
    await typePassword();
    const after = (await browser.jar.getCookies(server.issuer)).find(
      (c) => c.key === 'sallyport_session',
    )?.value;
    expect(after).not.toBe(before);
  });
});

describe('what a form cannot do', () => {
  test('V33 SEC-3 fields that belong to the server are ignored', async () => {
    const { begin, browser, tenant, account } = await story(server, { person: { isEnrolled: true } });
    const page = await begin();
    const answered = await browser.post(`${page.url}/password`, {
      clientCode: tenant.clientCode,
      userName: account.userName,
      password: PASSWORD,
      firstProof: '1',
      factorProof: '1',
      population: 'agent',
      accountId: account.id,
      role: 'SysAdmin',
      status: 'active',
    });
    expect(answered.step).toBe('activate');
    expect(await server.reread(account)).toMatchObject({
      role: 'Agent',
      population: 'user',
      secondFactor: { status: 'pending' },
    });
  });

  test('S24 S7 wrong current passwords on the change page count on the one counter, and lock', async () => {
    const { begin, typePassword, browser, account } = await story(server, { person: { isTemporary: true } });
    await begin();
    await typePassword();
    for (let i = 0; i < 5; i++) {
      await browser.submit(
        { currentPassword: 'wrong', newPassword: 'a new pass 1', newPasswordAgain: 'a new pass 1' },
        '/change-password',
      );
    }
    expect(browser.page.step).toBe('locked');
    expect((await server.reread(account)).lock?.cause).toBe('password');
  });

  test('S64 no address that we make carries a password, a code of the authenticator, a session id or a token', async () => {
    const { begin, typePassword, browser } = await story(server, { person: { totpSecret: SECRET } });
    const seen: string[] = [];
    await begin();
    seen.push(browser.page.url, browser.page.html);
    await typePassword();
    seen.push(browser.page.url, browser.page.html);
    const code = codeOf(SECRET);
    const landed = await browser.submit({ code });
    seen.push(landed.url);
    const session =
      (await browser.jar.getCookies(server.issuer)).find((c) => c.key === 'sallyport_session')?.value ??
      'none';
    for (const text of seen) {
      for (const secret of [PASSWORD, SECRET, code, session]) expect(text).not.toContain(secret);
    }
    expect([...new URL(landed.url).searchParams.keys()].sort()).toEqual(['code', 'iss', 'state']);
  });
});
