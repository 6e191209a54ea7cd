import { describe, expect, test } from '@jest/globals';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer, administratorOf } from '../support/administration.ts';
import { PASSWORD, SECRET } from '../support/app.ts';
import { RelyingApplication } from '../support/application.ts';
import { Browser } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { codeOf, type Story, story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';
import { holdTime } from '../support/time.ts';

const NEW = 'brand new words 4';

const server = serverForAll();

/** Signs in on the application, and opens the account pages with the session of that. */
async function signedIn(options: Parameters<typeof story>[1] = {}) {
  const tale = await story(server, options);
  await tale.begin();
  const landed = await tale.typePassword();
  const tokens = await tale.relying.exchange(landed.url);
  return { tale, tokens };
}

const change = (tale: Story, fields: Record<string, string> = {}) =>
  tale.browser.submit(
    { currentPassword: PASSWORD, newPassword: NEW, newPasswordAgain: NEW, ...fields },
    '/account/password',
  );

describe('the links of a tenant', () => {
  test('TEN-2 the user link asks for the client code, and leads to the account pages when no application sent the person', async () => {
    const tenant = await server.tenant();
    const account = await server.account(tenant);
    const browser = new Browser(server.issuer);
    const page = await browser.open('/go/user');
    expect(page.step).toBe('password');
    expect(page.dom.querySelector('[name=clientCode]')).not.toBeNull();
    const fields = { clientCode: tenant.clientCode, userName: account.userName, password: PASSWORD };
    const own = await browser.submit(fields, '/password');
    expect(own).toMatchObject({ step: 'account', status: 200 });
    expect(new URL(own.url).pathname).toBe('/account');
    expect(own.html).toContain(tenant.name);
  });

  test('TEN-2 the agent link fixes the tenant, in any case of the code', async () => {
    const tenant = await server.tenant();
    const account = await server.account(tenant, { population: 'agent' });
    const browser = new Browser(server.issuer);
    const page = await browser.open(`/go/agent/${tenant.clientCode.toLowerCase()}`);
    expect(page.dom.querySelector('[name=clientCode]')).toBeNull();
    expect(page.html).toContain('Login ID');
    const own = await browser.submit({ userName: account.userName, password: PASSWORD }, '/password');
    expect(own.step).toBe('account');
  });

  test('TEN-1 the agent link of an unknown code makes the same page, and lets no one in', async () => {
    const browser = new Browser(server.issuer);
    const page = await browser.open('/go/agent/NO-SUCH-SITE');
    expect(page).toMatchObject({ step: 'password', status: 200 });
    const tried = await browser.submit({ userName: 'anybody', password: PASSWORD }, '/password');
    expect(tried).toMatchObject({ step: 'password', alert: expect.stringContaining('did not work') });
    expect((await browser.open('/go/agent/%20')).status).toBe(404);
    // To the byte, whatever the rules of the sites that exist.
    const bytes = new Set<string>();
    for (const preset of ['livevox', 'cloudcx', 'modern', '']) {
      const code = preset === '' ? 'NO-SUCH-SITE' : (await server.tenant(preset)).clientCode;
      const shown = await new Browser(server.issuer).open(`/go/agent/${code}`);
      const uid = new URL(shown.url).pathname.split('/')[2] ?? '';
      bytes.add(shown.html.replaceAll(uid, 'UID').replaceAll(code, 'CODE'));
    }
    expect(bytes.size).toBe(1);
  });

  test('SEC-4 X15 wrong passwords at the link of a site, of any preset, look like those at codes of no site', async () => {
    const told = async (code: string) => {
      const browser = new Browser(server.issuer);
      const steps: string[] = [];
      let page = await browser.open(`/go/agent/${code}`);
      for (let n = 0; n < 6; n++) {
        page = await browser.post(`${page.url.replace(/\/password$/, '')}/password`, {
          userName: 'anybody',
          password: 'wrong password 1',
        });
        steps.push(`${page.step}: ${page.alert}`);
      }
      return steps.join(' | ');
    };
    const bySite = new Set<string>();
    for (const preset of ['livevox', 'cloudcx', 'modern'])
      bySite.add(await told((await server.tenant(preset)).clientCode));
    const byNone = new Set<string>();
    for (let n = 0; n < 30 && byNone.size < bySite.size; n++) byNone.add(await told(`NO-SITE-${n}`));
    expect(bySite.size).toBe(2);
    expect([...byNone].sort()).toEqual([...bySite].sort());
  });

  test('TEN-1 a session of another tenant or population opens neither', async () => {
    const { tale } = await signedIn();
    const elsewhere = await server.tenant();
    expect((await tale.browser.open(`/go/agent/${elsewhere.clientCode}`)).step).toBe('password');
    const desk = await server.application({ population: 'user', tenantId: elsewhere.id });
    const relying = await RelyingApplication.discover(server.issuer, desk.id, desk.secret);
    expect((await tale.browser.open(await relying.request())).step).toBe('password');
    // The application itself goes on as before.
    expect((await tale.begin()).url).toContain('code=');
  });

  test('going back from the sign-in says that no one is signed in', async () => {
    const browser = new Browser(server.issuer);
    await browser.open('/go/user');
    const page = await browser.submit({}, '/cancel');
    expect(page.html).toContain('You are not signed in');
  });
});

describe('PWD-10 the voluntary change', () => {
  test('the person menu leads there: users through Edit User, agents directly', async () => {
    const user = (await signedIn()).tale;
    const page = await user.browser.open('/account');
    const menu = page.dom.querySelector('details.menu');
    expect(menu?.text).toMatch(/Edit User\s*Change Password/);
    const agent = (await signedIn({ population: 'agent', person: { population: 'agent' } })).tale;
    const own = await agent.browser.open('/account');
    const text = own.dom.querySelector('details.menu')?.text ?? '';
    expect(text).toContain('Change Password');
    expect(text).not.toContain('Edit User');
    expect(own.dom.querySelector('details.menu a[href="/account/password"]')).not.toBeNull();
  });

  test('SES-4 it counts at once, keeps this session with its tokens, and ends every other one', async () => {
    const { tale, tokens } = await signedIn({ person: { email: 'ada@site.example' } });
    const elsewhere = await story(server, { tenant: tale.tenant });
    const relying = elsewhere.relying;
    const browser = new Browser(server.issuer);
    await browser.open(await relying.request());
    await browser.submit(
      { clientCode: tale.tenant.clientCode, userName: tale.account.userName, password: PASSWORD },
      '/password',
    );
    const others = await relying.exchange(browser.page.url);

    await tale.browser.open('/account/password');
    const done = await change(tale);
    expect(done).toMatchObject({ step: 'account', status: 200 });
    expect(done.dom.querySelector('[role=status]')?.text).toContain('signed out everywhere except here');

    await expect(relying.refresh(others)).rejects.toThrow();
    expect(await relying.introspect(others.access_token)).toEqual({ active: false });
    const fresh = await tale.relying.refresh(tokens);
    expect(await tale.relying.introspect(fresh.access_token)).toMatchObject({ active: true });
    expect((await tale.begin()).url).toContain('code=');
    expect((await tale.browser.open('/account')).step).toBe('account');

    await tale.begin({ prompt: 'login' });
    expect((await tale.typePassword(PASSWORD)).step).toBe('password');
    expect((await tale.typePassword(NEW)).url).toContain('code=');
    const mails = await eventually(
      () => server.mailbox.messages.filter(({ to }) => to === 'ada@site.example'),
      (found) => found.length > 0,
    );
    expect(mails[0]?.subject).toBe('Your password was changed');
  });

  test('SES-4 twice in one session, and then an event that another person makes ends it', async () => {
    const { tale, tokens } = await signedIn();
    await tale.browser.open('/account/password');
    await change(tale);
    await tale.browser.open('/account/password');
    const second = {
      currentPassword: NEW,
      newPassword: 'yet another 55',
      newPasswordAgain: 'yet another 55',
    };
    expect((await change(tale, second)).step).toBe('account');
    const fresh = await tale.relying.refresh(tokens);
    await administer(server, operations.account.setPassword, tale.account, {}, administratorOf(tale.tenant));
    await expect(tale.relying.refresh(fresh)).rejects.toThrow();
    expect((await tale.browser.open('/account')).step).toBe('identify');
  });

  test('SES-4 R10 a refresh at the very moment of the person’s own change is never refused', async () => {
    for (let round = 0; round < 8; round++) {
      const { tale, tokens } = await signedIn();
      await tale.browser.open('/account/password');
      const [done, refreshed] = await Promise.all([change(tale), tale.relying.refresh(tokens)]);
      expect(done.step).toBe('account');
      const introspected = await tale.relying.introspect(refreshed.access_token);
      expect(introspected).toMatchObject({ active: true });
    }
  });

  test('SES-4 R10 the person’s own change at the moment of another’s reset keeps nothing', async () => {
    for (let round = 0; round < 6; round++) {
      const { tale, tokens } = await signedIn();
      await tale.browser.open('/account/password');
      await Promise.all([
        change(tale),
        administer(server, operations.account.setPassword, tale.account, {}, administratorOf(tale.tenant)),
      ]);
      await expect(tale.relying.refresh(tokens)).rejects.toThrow();
      expect(await tale.relying.introspect(tokens.access_token)).toEqual({ active: false });
      expect((await tale.browser.open('/account')).step).toBe('identify');
    }
  });

  test('S7 PWD-8 the current password is asked for, counted on the one counter, and every broken rule is told', async () => {
    const { tale } = await signedIn();
    await tale.browser.open('/account/password');
    expect(await change(tale, { currentPassword: 'wrong 12345' })).toMatchObject({
      step: 'change-password',
      status: 200,
      alert: expect.stringContaining('current password is wrong'),
    });
    expect((await change(tale, { newPasswordAgain: 'x' })).alert).toContain('not the same');
    const short = await change(tale, { newPassword: 'abc', newPasswordAgain: 'abc' });
    expect(short.dom.querySelectorAll('[role=alert] li').length).toBe(2);
    // A reload says nothing twice, and repeats nothing.
    expect((await tale.browser.open('/account/password')).alert).toBe('');
    for (let i = 0; i < 5; i++) await change(tale, { currentPassword: 'wrong 12345' });
    expect((await server.reread(tale.account)).lock?.cause).toBe('password');
    expect((await change(tale)).alert).toContain('locked');
    // The running session is left as it is (D7).
    expect((await tale.browser.open('/account')).step).toBe('account');
  });

  test('PWD-11 S7 with an active factor a fresh code is needed, which counts and is spent like any other', async () => {
    const time = holdTime();
    try {
      const tale = await story(server, { person: { totpSecret: SECRET } });
      await tale.begin();
      await tale.typePassword();
      await tale.browser.submit({ code: codeOf(SECRET) }, '/second-factor');
      await tale.browser.open('/account/password');
      // Nothing was typed: nothing is counted.
      expect((await change(tale, { code: '' })).alert).toContain('Type a code');
      expect((await change(tale, { code: '000 000' })).alert).toContain('code was not accepted');
      // The code of the sign-in is used already.
      expect((await change(tale, { code: codeOf(SECRET) })).alert).toContain('code was not accepted');
      expect(await server.wrongCodes(tale.account)).toBe(2);
      time.move(60);
      expect((await change(tale, { code: codeOf(SECRET) })).step).toBe('account');
    } finally {
      time.release();
    }
  });

  test('S59 a post from another site changes nothing; without a session it leads to the sign-in', async () => {
    const { tale } = await signedIn();
    await tale.browser.open('/account/password');
    const fields = { currentPassword: PASSWORD, newPassword: NEW, newPasswordAgain: NEW };
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'same-site' }, {}])
      expect((await tale.browser.post('/account/password', fields, headers)).status).toBe(403);
    const stranger = new Browser(server.issuer);
    await stranger.open('/account');
    expect((await stranger.post('/account/password', fields)).step).toBe('identify');
    expect((await server.reread(tale.account)).password?.hash).toBe(tale.account.password?.hash);
  });
});
