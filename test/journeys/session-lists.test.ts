import { describe, expect, test } from '@jest/globals';
import { memberOf } from '../../src/capabilities/credential-events/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer, refusalOf } from '../support/administration.ts';
import { PASSWORD } from '../support/app.ts';
import { Browser } from '../support/browser.ts';
import { Program } from '../support/program.ts';
import { type Story, story } from '../support/story.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0';
const EDGE =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0';

const server = serverForAll();
const time = clockForEach();

/** Signs the person of a story in, in a browser of its own. */
async function signIn(tale: Story, userAgent: string, extra: Record<string, string> = {}) {
  const browser = new Browser(server.issuer);
  await browser.open(await tale.relying.request(extra), { 'user-agent': userAgent });
  const fields = {
    clientCode: tale.tenant.clientCode,
    userName: tale.account.userName,
    password: PASSWORD,
  };
  const headers = { origin: server.issuer, 'user-agent': userAgent };
  const landed = await browser.post(`${browser.page.url}/password`, fields, headers);
  return { browser, tokens: await tale.relying.exchange(landed.url) };
}

const rowsOf = async (browser: Browser) => {
  const page = await browser.open('/account/sessions');
  return page.dom.querySelectorAll('[data-session]').map((row) => row.text.replace(/\s+/g, ' ').trim());
};

describe('SES-1 a person sees and ends their own sessions', () => {
  test('browser, address, applications, since and last use; this one first', async () => {
    const tale = await story(server);
    const first = await signIn(tale, FIREFOX);
    time.move(600);
    const second = await signIn(tale, EDGE);
    time.move(600);
    await first.browser.open(await tale.relying.request());
    const rows = await rowsOf(second.browser);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatch(
      /^Microsoft Edge on macOS \(this browser\) .* since .* \(UTC\), last used .* \(UTC\) Applications: the desk$/,
    );
    expect(rows[1]).toMatch(/^Firefox on Windows .*Applications: the desk End$/);
    const live = await server.core.sessions.live(memberOf(tale.account, tale.tenant));
    expect(live.map(({ usedAt, signedInAt }) => usedAt - signedInAt)).toEqual([1_200, 0]);
    expect(live[0]).toMatchObject({ browser: FIREFOX, applications: [tale.application.id] });
  });

  test('SES-4 ending one ends its tokens, refresh too, and no other', async () => {
    const tale = await story(server, { isFirstParty: true });
    const offline = { scope: 'openid offline_access', prompt: 'login' };
    const there = await signIn(tale, FIREFOX, offline);
    const here = await signIn(tale, EDGE, offline);
    const page = await here.browser.open('/account/sessions');
    expect(page.dom.querySelectorAll('form[action="/account/sessions"]')).toHaveLength(1);
    const after = await here.browser.submit({}, '/account/sessions');
    expect(after.dom.querySelector('[role=status]')?.text).toContain('has ended');
    await expect(tale.relying.userinfo(there.tokens)).rejects.toMatchObject({ status: 401 });
    if (there.tokens.refresh_token)
      await expect(tale.relying.refresh(there.tokens)).rejects.toMatchObject({ error: 'invalid_grant' });
    expect((await there.browser.open('/account')).step).not.toBe('account');
    expect(await tale.relying.userinfo(here.tokens)).toMatchObject({ sub: tale.account.id });
    expect(await rowsOf(here.browser)).toHaveLength(1);
    const ended = (await server.core.audit.ofAccount(tale.account.id, 50)).filter(
      ({ type }) => type === 'session.ended',
    );
    expect(ended).toMatchObject([{ actor: tale.account.id, detail: { applications: tale.application.id } }]);
  });

  test('all the others at once', async () => {
    const tale = await story(server);
    const others = [await signIn(tale, FIREFOX), await signIn(tale, FIREFOX)];
    const here = await signIn(tale, EDGE);
    await here.browser.open('/account/sessions');
    const page = await here.browser.submit({}, '/account/other-sessions');
    expect(new URL(page.url).pathname).toBe('/account/sessions');
    expect(await rowsOf(here.browser)).toHaveLength(1);
    for (const { tokens } of others)
      await expect(tale.relying.userinfo(tokens)).rejects.toMatchObject({ status: 401 });
  });

  test('API-5 a session of a program stands beside them, and is ended like them', async () => {
    const tale = await story(server, { person: { permissions: ['use-session-api'] } });
    const program = new Program(server.issuer, await server.apiToken(tale.tenant));
    const { userName } = tale.account;
    await program.login({ clientName: tale.tenant.clientCode, userName, password: PASSWORD });
    const here = await signIn(tale, EDGE);
    const rows = await rowsOf(here.browser);
    expect(rows[1]).toMatch(
      /^A program with the API token reports .*, since .* \(UTC\), last used .* \(UTC\) End$/,
    );
    const page = await here.browser.submit({}, '/account/sessions');
    expect(page.dom.querySelector('[role=status]')?.text).toContain('has ended');
    expect((await program.validate()).status).toBe(404);
    expect(await rowsOf(here.browser)).toHaveLength(1);
    await program.login({ clientName: tale.tenant.clientCode, userName, password: PASSWORD });
    await here.browser.open('/account/sessions');
    await here.browser.submit({}, '/account/other-sessions');
    expect((await program.validate()).status).toBe(404);
  });

  test('TEN-1 another person’s id, an unknown one, or that of this very session ends nothing', async () => {
    const tale = await story(server);
    const other = await story(server);
    const [mine, theirs] = [await signIn(tale, EDGE), await signIn(other, FIREFOX)];
    const [session] = await server.core.sessions.live(memberOf(other.account, other.tenant));
    const [own] = await server.core.sessions.live(memberOf(tale.account, tale.tenant));
    await mine.browser.open('/account/sessions');
    for (const id of [session?.uid ?? '', own?.uid ?? '', '', 'x', '__proto__', 'a'.repeat(4_000)])
      await mine.browser.post(`${server.issuer}/account/sessions`, { session: id });
    expect(await other.relying.userinfo(theirs.tokens)).toMatchObject({ sub: other.account.id });
    expect(await tale.relying.userinfo(mine.tokens)).toMatchObject({ sub: tale.account.id });
  });

  test('what ended by an epoch is not listed, swept or not; the session that the person’s own change kept is', async () => {
    const tale = await story(server);
    const there = await signIn(tale, FIREFOX);
    const here = await signIn(tale, EDGE);
    await here.browser.open('/account/password');
    const fields = {
      currentPassword: PASSWORD,
      newPassword: 'brand new 44',
      newPasswordAgain: 'brand new 44',
    };
    await here.browser.submit(fields, '/account/password');
    expect(await rowsOf(here.browser)).toHaveLength(1);
    await expect(tale.relying.userinfo(there.tokens)).rejects.toMatchObject({ status: 401 });
    // Of the whole population: nothing is swept, and nothing listed.
    await server.core.sessions.endPopulation(tale.tenant, 'user', { actor: 'command-line' });
    const { sessions, tenants } = server.core;
    const tenant = (await tenants.byId(tale.tenant.id)) ?? tale.tenant;
    expect(await sessions.live(memberOf(await server.reread(tale.account), tenant))).toEqual([]);
  });

  test('SES-4 what an event ended is not taken along by an event of the person that comes after it', async () => {
    const tale = await story(server);
    const here = await signIn(tale, EDGE);
    const { sessions, tenants } = server.core;
    const seen = await server.reread(tale.account);
    const keep = { member: memberOf(seen, tale.tenant) };
    const own = (between: () => Promise<unknown>) => {
      // Between the look at the account and the write another event comes, as of an administrator.
      const session = {
        prepare: async () => {
          await between();
          return new Map();
        },
        settle: async () => {},
        drop: async () => {},
      };
      return sessions.credentialEvent({
        accountId: seen.id,
        kind: 'other-sessions-ended',
        change: (current) => current,
        context: { actor: seen.id },
        keep: { ...keep, session },
      });
    };
    expect(await own(() => administer(server, operations.account.endAllSessions, seen, {}))).toBeUndefined();
    expect((await server.reread(seen)).epoch).toBe(seen.epoch + 1);
    await expect(tale.relying.userinfo(here.tokens)).rejects.toMatchObject({ status: 401 });

    // The end of a population: its number is the tenant's, and the kept session must not jump over it.
    const again = await story(server);
    const there = await signIn(again, EDGE);
    await there.browser.open('/account/second-factor');
    const before = await server.reread(again.account);
    await sessions.endPopulation(again.tenant, 'user', { actor: 'command-line' });
    const ended = await there.browser.post(`${server.issuer}/account/other-sessions`, {});
    expect(ended.step).not.toBe('account');
    expect((await server.reread(before)).epoch).toBe(before.epoch);
    expect(await tenants.byId(again.tenant.id)).toMatchObject({ epochs: { user: 1 } });
  });

  test('SES-1 a session that is ended while it is used does not come back', async () => {
    const tale = await story(server);
    const there = await signIn(tale, FIREFOX);
    const [session] = await server.core.sessions.live(memberOf(tale.account, tale.tenant));
    const uses = Array.from({ length: 10 }, async () => there.browser.open(await tale.relying.request()));
    await administer(server, operations.account.endSession, tale.account, { session: session?.uid ?? '' });
    await Promise.all(uses);
    expect(await server.core.sessions.live(memberOf(tale.account, tale.tenant))).toEqual([]);
    expect((await there.browser.open('/account')).step).not.toBe('account');
  });
});

describe('SES-1 an administrator', () => {
  test('ends one, or everything at once, with a reason', async () => {
    const tale = await story(server);
    const { browser, tokens } = await signIn(tale, FIREFOX);
    expect(await refusalOf(server, operations.account.endSession, tale.account, { session: 'x' })).toEqual({
      code: 'session_unknown',
      values: {},
    });
    await administer(server, operations.account.endAllSessions, tale.account, { reason: 'left the company' });
    await expect(tale.relying.userinfo(tokens)).rejects.toMatchObject({ status: 401 });
    expect((await browser.open('/account')).step).not.toBe('account');
    const events = (await server.core.audit.ofAccount(tale.account.id, 50)).filter(
      ({ type }) => type === 'credential.event',
    );
    expect(events).toMatchObject([{ reason: 'left the company', detail: { kind: 'sessions-ended' } }]);
  });
});
