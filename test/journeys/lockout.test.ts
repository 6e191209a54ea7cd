import { describe, expect, test } from '@jest/globals';
import { isIn, PASSWORD, SECRET } from '../support/app.ts';
import { Browser, type Shown } from '../support/browser.ts';
import { policyWith } from '../support/policies.ts';
import { codeOf, type Story, story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';
import { holdTime } from '../support/time.ts';

const server = serverForAll();

/** A page with everything masked that may differ: uid, request id, the echoed name. */
function masked(page: Shown, name: string): string {
  const uid = new URL(page.url).pathname.split('/')[2] ?? '';
  return page.html.replaceAll(uid, 'UID').replaceAll(name, 'NAME');
}

function headersOf(page: Shown): Record<string, string> {
  const varying = new Set(['date', 'x-request-id', 'content-length']);
  return Object.fromEntries([...page.headers].filter(([name]) => !varying.has(name)));
}

async function wrong(story: Story, times: number): Promise<Shown> {
  for (let i = 0; i < times; i++) await story.typePassword('wrong 123456');
  return story.browser.page;
}

describe('wrong passwords', () => {
  test('S20 V10 the fifth locks and itself answers with the lock page; then every try does, right or wrong', async () => {
    const tale = await story(server);
    await tale.begin();
    expect(await wrong(tale, 4)).toMatchObject({
      step: 'password',
      status: 200,
      alert: expect.stringContaining('did not work'),
    });
    const locked = await wrong(tale, 1);
    expect(locked).toMatchObject({ step: 'locked', status: 200 });
    expect(locked.html).toContain('contact your administrator');
    expect((await server.reread(tale.account)).lock?.cause).toBe('password');
    await tale.begin();
    expect(await tale.typePassword(PASSWORD)).toMatchObject({ step: 'locked' });
    expect(await tale.browser.open(tale.browser.page.url)).toMatchObject({ step: 'locked' });
    expect((await tale.browser.submit({}, '/restart')).step).toBe('password');
  });

  test('LCK-1 users and agents have limits of their own, and a right password clears the count', async () => {
    const tenant = await server.tenant(
      'livevox',
      policyWith({ lockout: { user: 2, agent: 3, contactLine: 'Call 1234' } }),
    );
    const user = await story(server, { tenant });
    await user.begin();
    expect((await wrong(user, 1)).step).toBe('password');
    expect(isIn(await user.typePassword())).toBe(true);
    await user.begin({ prompt: 'login' });
    expect((await wrong(user, 1)).step).toBe('password');
    expect((await wrong(user, 1)).html).toContain('Call 1234');
    const agent = await story(server, { tenant, person: { population: 'agent' } });
    await agent.begin();
    expect((await wrong(agent, 2)).step).toBe('password');
    expect((await wrong(agent, 1)).step).toBe('locked');
  });

  test('LCK-5 V6 after an unlock the sign-in starts at the password, in an old tab too', async () => {
    const tale = await story(server, { person: { totpSecret: SECRET } });
    await tale.begin();
    await tale.typePassword();
    for (let i = 0; i < 5; i++) await tale.browser.submit({ code: '000000' }, '/second-factor');
    expect(tale.browser.page.step).toBe('locked');
    const { url } = tale.browser.page;
    expect(await server.core.lockout.unlock(tale.account.id)).toBe(true);
    expect((await tale.browser.open(url)).step).toBe('password');
    expect((await tale.browser.post(`${url}/second-factor`, { code: codeOf(SECRET) })).step).toBe('password');
    expect((await tale.typePassword()).step).toBe('second-factor');
    expect(isIn(await tale.browser.submit({ code: codeOf(SECRET) }))).toBe(true);
  });

  test('V31 D8 an unknown name answers to the byte like a wrong password, lock page and cookies included', async () => {
    const known = await story(server);
    const unknown = await story(server, { tenant: known.tenant });
    await known.begin();
    await unknown.begin();
    for (let n = 1; n <= 7; n++) {
      const a = await known.typePassword('wrong 123456');
      const b = await unknown.typePassword('wrong 123456', 'Unknown-at-all');
      expect(a.step).toBe(n < 5 ? 'password' : 'locked');
      expect(masked(a, known.account.userName)).toBe(masked(b, 'Unknown-at-all'));
      expect([a.status, headersOf(a)]).toEqual([b.status, headersOf(b)]);
      expect(await known.browser.cookies()).toEqual(await unknown.browser.cookies());
      if (n >= 5) {
        await known.browser.submit({}, '/restart');
        await unknown.browser.submit({}, '/restart');
      }
    }
  });

  test('LCK-4 an unknown name stays “locked” for 30 days after the last try', async () => {
    const time = holdTime();
    try {
      const tale = await story(server);
      const type = () => tale.typePassword(PASSWORD, 'ghost');
      await tale.begin();
      for (let i = 0; i < 5; i++) await type();
      time.move(29 * 86_400);
      await tale.begin();
      expect((await type()).step).toBe('locked');
      time.move(30 * 86_400 + 1);
      await tale.begin();
      expect((await type()).step).toBe('password');
    } finally {
      time.release();
    }
  });

  test('D8 S15 where the lock is not revealed, a locked account, a disabled one and a wrong password look alike', async () => {
    const tenant = await server.tenant(
      'modern',
      policyWith({
        secondFactor: { mode: 'off' },
        lockout: { splitBudgets: false, waitFrom: null },
      }),
    );
    const tales = await Promise.all([
      story(server, { tenant }),
      story(server, { tenant }),
      story(server, { tenant }),
    ]);
    const [lockedOut, disabled, mistyped] = tales as [Story, Story, Story];
    await lockedOut.begin();
    await wrong(lockedOut, 6);
    expect((await server.reread(lockedOut.account)).lock).not.toBeNull();
    await server.core.accounts.update(disabled.account.id, (a) => ({ ...a, status: 'disabled' }));
    await lockedOut.begin();
    await disabled.begin();
    await mistyped.begin();
    const pages = [
      await lockedOut.typePassword(),
      await disabled.typePassword(),
      await mistyped.typePassword('wrong 123456'),
    ];
    const bytes = pages.map((page, i) => masked(page, tales[i]?.account.userName ?? ''));
    expect(new Set(bytes).size).toBe(1);
    expect(pages[0]).toMatchObject({ step: 'password', status: 200 });
  });

  test('S2 PWD-3 a password of more than 1,024 characters is refused alike, uncounted and unchecked', async () => {
    const tale = await story(server);
    await tale.begin();
    for (let i = 0; i < 6; i++) {
      const page = await tale.typePassword('x1'.repeat(1_000));
      expect(page).toMatchObject({ step: 'password', status: 200, alert: expect.stringContaining('1,024') });
    }
    expect((await server.core.audit.ofAccount(tale.account.id, 10)).length).toBe(0);
    expect(isIn(await tale.typePassword())).toBe(true);
  });
});

test('SES-4 LCK-2 where the site wants it, a lock ends what is running too, and the audit says what', async () => {
  const tenant = await server.tenant('livevox', policyWith({ lockout: { endsSessions: true, user: 2 } }));
  const tale = await story(server, { tenant });
  await tale.begin();
  const tokens = await tale.relying.exchange((await tale.typePassword()).url);
  const stranger = new Browser(server.issuer);
  await stranger.open(await tale.relying.request());
  const fields = { clientCode: tenant.clientCode, userName: tale.account.userName, password: 'wrong 12345' };
  for (const step of ['password', 'locked'])
    expect((await stranger.submit(fields, '/password')).step).toBe(step);
  await expect(tale.relying.refresh(tokens)).rejects.toThrow();
  expect(await tale.relying.introspect(tokens.access_token)).toEqual({ active: false });
  const [event] = (await server.core.audit.ofAccount(tale.account.id, 20)).filter(
    ({ type }) => type === 'credential.event',
  );
  expect(event).toMatchObject({
    actor: 'system',
    reason: 'locked',
    detail: { kind: 'locked', browserSessions: 1 },
  });
});

test('ACC-2 where a population’s names have no case, every spelling signs in, and counts on the one account', async () => {
  const tenant = await server.tenant('livevox', policyWith({ signIn: { caseSensitiveNames: ['agent'] } }));
  const user = await story(server, { tenant, person: { userName: 'Zoë' } });
  for (const typed of ['Zoë', 'zoë', 'ZOË', 'Zoe\u0308']) {
    await user.begin({ prompt: 'login' });
    expect(isIn(await user.typePassword(PASSWORD, typed))).toBe(true);
  }
  const agent = await story(server, {
    tenant,
    population: 'agent',
    person: { userName: 'Zoë', population: 'agent' },
  });
  await agent.begin();
  expect((await agent.typePassword(PASSWORD, 'zoë')).step).toBe('password');
  expect(isIn(await agent.typePassword(PASSWORD, 'Zoe\u0308'))).toBe(true);
});

test('ACC-1 a name is unique in tenant and population, and an account starts with role Agent', async () => {
  const tenant = await server.tenant();
  const account = await server.account(tenant, { userName: 'Ruth' });
  expect(account.role).toBe('Agent');
  await expect(server.account(tenant, { userName: 'ruth' })).rejects.toThrow('taken');
  expect((await server.account(tenant, { userName: 'Ruth', population: 'agent' })).role).toBe('Agent');
  expect((await server.account(await server.tenant(), { userName: 'Ruth' })).userName).toBe('Ruth');
});

describe('wrong codes', () => {
  test('LCK-3 S21 codes have a count of their own over all interactions, and lead to the same lock', async () => {
    const tale = await story(server, { person: { totpSecret: SECRET } });
    for (const round of [1, 2]) {
      await tale.begin();
      await tale.typePassword();
      for (let i = 0; i < 2; i++) await tale.browser.submit({ code: `00000${round}` }, '/second-factor');
      expect(tale.browser.page).toMatchObject({
        step: 'second-factor',
        status: 200,
        alert: expect.stringContaining('not accepted'),
      });
    }
    // LCK-2: the right password in between cleared nothing here.
    await tale.begin();
    await tale.typePassword();
    expect((await tale.browser.submit({ code: 'abcdef' })).step).toBe('locked');
    expect((await server.reread(tale.account)).lock?.cause).toBe('second-factor');
  });

  test('LCK-3 codes during an activation count too', async () => {
    const tale = await story(server, { person: { isEnrolled: true } });
    await tale.begin();
    await tale.typePassword();
    for (let i = 0; i < 5; i++) await tale.browser.submit({ code: '000000' }, '/activate');
    expect(tale.browser.page.step).toBe('locked');
    expect((await server.reread(tale.account)).secondFactor.status).toBe('pending');
  });

  test('LCK-2 a right code clears the count of codes and leaves that of passwords', async () => {
    const time = holdTime();
    try {
      time.toStepStart();
      const tale = await story(server, { person: { totpSecret: SECRET } });
      await tale.begin();
      await tale.typePassword();
      for (let i = 0; i < 4; i++) await tale.browser.submit({ code: '000000' }, '/second-factor');
      expect(isIn(await tale.browser.submit({ code: codeOf(SECRET) }))).toBe(true);
      time.move(30);
      await tale.begin({ prompt: 'login' });
      await tale.typePassword();
      for (let i = 0; i < 4; i++) await tale.browser.submit({ code: '000000' }, '/second-factor');
      expect(tale.browser.page.step).toBe('second-factor');
    } finally {
      time.release();
    }
  });
});

test('D7 SES-4 a lock refuses new sign-ins and leaves the running session as it is', async () => {
  const tale = await story(server);
  await tale.begin();
  const tokens = await tale.relying.exchange((await tale.typePassword()).url);
  const stranger = new Browser(server.issuer);
  await stranger.open(await tale.relying.request());
  for (let i = 0; i < 5; i++) {
    await stranger.submit(
      { clientCode: tale.tenant.clientCode, userName: tale.account.userName, password: 'wrong 123456' },
      '/password',
    );
  }
  expect(stranger.page.step).toBe('locked');
  expect((await tale.relying.refresh(tokens)).access_token).toBeTruthy();
  expect(isIn(await tale.begin())).toBe(true);
});

test('AUD-1 S80 every try leaves who, whom, where, outcome and count, and no password', async () => {
  const tale = await story(server);
  await tale.begin();
  await tale.typePassword('a marked secret 1');
  await tale.typePassword();
  const entries = await server.core.audit.ofAccount(tale.account.id, 10);
  expect(entries.map((e) => [e.type, e.outcome])).toEqual([
    ['sign-in.password', 'failure'],
    ['sign-in.password', 'success'],
    ['sign-in.complete', 'success'],
  ]);
  expect(entries[0]).toMatchObject({
    tenantId: tale.tenant.id,
    applicationId: tale.application.id,
    address: '127.0.0.1',
    factor: 'password',
    reason: 'wrong',
    detail: { failures: 1, limit: 5 },
  });
  expect(JSON.stringify(entries)).not.toContain('marked secret');
});
