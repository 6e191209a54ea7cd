import { describe, expect, test } from '@jest/globals';
import { passkeysOf } from '../../src/capabilities/second-factor/index.ts';
import type { Policy } from '../../src/capabilities/tenants/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer } from '../support/administration.ts';
import { CALLBACK, isIn, PASSWORD } from '../support/app.ts';
import { MULTI_FACTOR_ACR } from '../support/application.ts';
import { passkeyOptions, SoftwarePasskey } from '../support/authenticator.ts';
import { withRecoveryCodes } from '../support/factors.ts';
import { policyWith } from '../support/policies.ts';
import { codeOf, type Story, shownSecret, story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();

const allowing = (mode: Policy['secondFactor']['mode'], byItself: boolean) =>
  policyWith({
    secondFactor: { mode, methods: ['passkey', 'app'] },
    signIn: { methods: byItself ? ['password', 'passkey'] : ['password'] },
  });

/** A person with one passkey, set up at the first sign-in. */
async function holder(options: { byItself?: boolean; isSynced?: boolean; fixTenant?: boolean } = {}) {
  const tenant = await server.tenant('vcc-live', allowing('required', options.byItself ?? false));
  const tale = await story(server, { tenant, fixTenant: options.fixTenant ?? false });
  const passkey = new SoftwarePasskey({ isSynced: options.isSynced ?? false });
  await tale.begin();
  await tale.typePassword();
  const page = await tale.browser.submit({ method: 'passkey' }, '/method');
  expect(page.step).toBe('activate');
  const answer = passkey.create(passkeyOptions(page), { origin: server.issuer });
  const landed = await tale.browser.submit({ passkey: answer, name: 'desk key' }, '/activate');
  return { ...tale, passkey, landed, account: await server.reread(tale.account) };
}

type Holder = Awaited<ReturnType<typeof holder>>;
let counter = 0;

/** A fresh sign-in to the code page. */
async function atTheCode(tale: Story) {
  await tale.browser.jar.removeAllCookies();
  await tale.begin();
  return tale.typePassword();
}

const use = (tale: Holder, more: Partial<Parameters<SoftwarePasskey['get']>[1]> = {}) =>
  tale.browser.submit(
    {
      passkey: tale.passkey.get(passkeyOptions(tale.browser.page), {
        origin: server.issuer,
        counter: ++counter,
        ...more,
      }),
    },
    '/second-factor',
  );

describe('MFA-16 a passkey as the second factor', () => {
  test.each([
    [false, 'hwk'],
    [true, 'swk'],
  ])('SGN-3 set up at the sign-in and used from then on; synced %p says %s', async (isSynced, amr) => {
    const tale = await holder({ isSynced });
    const claims = async (url: string) => (await tale.relying.exchange(url)).claims();
    expect(await claims(tale.landed.url)).toMatchObject({ acr: MULTI_FACTOR_ACR, amr: ['pwd', amr, 'mfa'] });
    const page = await atTheCode(tale);
    expect(page).toMatchObject({ step: 'second-factor', status: 200 });
    expect(page.dom.querySelector('.lead')?.text).toContain('passkey');
    expect(await claims((await use(tale)).url)).toMatchObject({
      acr: MULTI_FACTOR_ACR,
      amr: ['pwd', amr, 'mfa'],
    });
    expect(tale.account.secondFactor.authenticators).toMatchObject([
      { kind: 'passkey', name: 'desk key', isSynced },
    ]);
  });

  test('where an app is allowed too, that is offered first', async () => {
    const tenant = await server.tenant('vcc-live', allowing('required', false));
    const tale = await story(server, { tenant });
    await tale.begin();
    const secret = shownSecret(await tale.typePassword());
    expect((await tale.browser.submit({ code: codeOf(secret) }, '/activate')).url).toContain(CALLBACK);
  });

  test.each<[string, Partial<Parameters<SoftwarePasskey['get']>[1]>]>([
    ['for another origin', { origin: 'https://evil.example' }],
    ['for another relying party', { rpId: 'evil.example' }],
    ['with a counter as low as the last', { counter: 0 }],
  ])('S18 an answer %s is refused, and counts', async (_, wrong) => {
    const tale = await holder();
    await atTheCode(tale);
    counter += 10;
    expect((await use(tale)).url).toContain(CALLBACK);
    await atTheCode(tale);
    const page = await use(tale, { ...('counter' in wrong ? { counter } : {}), ...wrong });
    expect(page).toMatchObject({ step: 'second-factor', status: 200 });
    expect(page.alert).toContain('not accepted');
    expect(await server.wrongCodes(tale.account)).toBe(1);
  });

  test.each(['', '{}', 'null', '[]', '{"id":1}', 'x'.repeat(20_000), '{"id":"a","response":null}'])(
    'what is no answer is refused: %.20j',
    async (passkey) => {
      const tale = await holder();
      await atTheCode(tale);
      const page = await tale.browser.submit({ passkey }, '/second-factor');
      expect(page).toMatchObject({ step: 'second-factor', status: 200 });
      expect(page.alert).not.toBe('');
    },
  );

  test('an answer replayed, in the same attempt or another, is not looked at', async () => {
    const tale = await holder();
    const page = await atTheCode(tale);
    const passkey = tale.passkey.get(passkeyOptions(page), { origin: server.issuer, counter: ++counter });
    const wrong = tale.passkey.get(passkeyOptions(page), { origin: 'https://evil.example', counter });
    expect((await tale.browser.submit({ passkey: wrong }, '/second-factor')).step).toBe('second-factor');
    // The challenge is spent by the wrong one.
    expect((await tale.browser.submit({ passkey }, '/second-factor')).step).toBe('second-factor');
    await atTheCode(tale);
    expect((await tale.browser.submit({ passkey }, '/second-factor')).step).toBe('second-factor');
  });

  test('another person’s passkey is refused', async () => {
    const tale = await holder();
    const other = await holder();
    await atTheCode(tale);
    expect((await use({ ...tale, passkey: other.passkey })).step).toBe('second-factor');
  });

  test('V9 wrong answers and wrong codes count together, and lock', async () => {
    const tale = await holder();
    await withRecoveryCodes(server, tale.account, 2);
    for (let n = 0; n < 5; n++) {
      await atTheCode(tale);
      if (n % 2 === 0) await use(tale, { origin: 'https://evil.example' });
      else await tale.browser.submit({ code: 'AAAA-AAAA-AAAA-AAAA' }, '/second-factor');
    }
    expect((await server.reread(tale.account)).lock?.cause).toBe('second-factor');
  });

  test('a recovery code stands for it', async () => {
    const tale = await holder();
    await server.changePolicy(tale.tenant, { 'secondFactor.recoveryCodes': 10 });
    const [code = ''] = await withRecoveryCodes(server, tale.account, 2);
    const page = await atTheCode(tale);
    const forms = page.dom.querySelectorAll('form').filter((form) => form.querySelector('[name=code]'));
    expect(forms).toHaveLength(1);
    const posted = await tale.browser.post(`${page.url}/second-factor`, { code });
    expect(isIn(posted)).toBe(true);
  });
});

describe('MFA-5 MFA-16 passkeys on the page of the account', () => {
  test('added with password and passkey, named, used, and removed with a passkey', async () => {
    const tale = await holder();
    const own = '/account/second-factor';
    await tale.browser.open(`${own}/set-up/passkey`);
    const proof = tale.passkey.get(passkeyOptions(tale.browser.page), {
      origin: server.issuer,
      counter: ++counter,
    });
    const begun = await tale.browser.submit({ currentPassword: PASSWORD, passkey: proof }, '/set-up/passkey');
    const second = new SoftwarePasskey();
    const made = second.create(passkeyOptions(begun), { origin: server.issuer });
    const page = await tale.browser.submit(
      { passkey: made, name: '\ufeff\u3000 phone\u00a0\u200b\u2069' },
      '/finish',
    );
    expect(page.dom.querySelectorAll('[data-passkey-row] strong').map((e) => e.text)).toEqual([
      'desk key',
      'phone',
    ]);
    // One of two may go, in a mode that requires a factor: the other stays.
    const link = page.dom.querySelector('[data-passkey-row] a')?.getAttribute('href') ?? '';
    const off = await tale.browser.open(link);
    const by = second.get(passkeyOptions(off), { origin: server.issuer, counter: 1 });
    const after = await tale.browser.submit({ passkey: by }, link);
    expect(after.dom.querySelectorAll('[data-passkey-row] strong').map((e) => e.text)).toEqual(['phone']);
    expect(after.dom.querySelector('[data-passkey-row] a')).toBeNull();
    await atTheCode(tale);
    expect((await use({ ...tale, passkey: second }, { counter: 2 })).url).toContain(CALLBACK);
  });

  test('the same one twice, or an answer to another challenge, binds nothing', async () => {
    const tale = await holder();
    const own = '/account/second-factor/set-up/passkey';
    const begin = async () => {
      await tale.browser.open(own);
      const proof = tale.passkey.get(passkeyOptions(tale.browser.page), {
        origin: server.issuer,
        counter: ++counter,
      });
      return tale.browser.submit({ currentPassword: PASSWORD, passkey: proof }, '/set-up/passkey');
    };
    const page = await begin();
    const same = tale.passkey.create(passkeyOptions(page), { origin: server.issuer });
    expect((await tale.browser.submit({ passkey: same, name: 'x' }, '/finish')).alert).toContain(
      'not accepted',
    );
    const fresh = new SoftwarePasskey();
    const stale = fresh.create(passkeyOptions(page), { origin: server.issuer });
    await tale.browser.open(own);
    expect((await tale.browser.submit({ passkey: stale, name: 'x' }, '/finish')).alert).toContain(
      'not accepted',
    );
    await tale.browser.open(own);
    const foreign = fresh.create(passkeyOptions(tale.browser.page), { origin: 'https://evil.example' });
    expect((await tale.browser.submit({ passkey: foreign, name: 'x' }, '/finish')).alert).toContain(
      'not accepted',
    );
    expect((await server.reread(tale.account)).secondFactor.authenticators).toHaveLength(1);
  });
});

describe('MFA-16 a passkey as the whole sign-in', () => {
  const signInWith = (tale: Holder, more: Partial<Parameters<SoftwarePasskey['get']>[1]> = {}) =>
    tale.browser.submit(
      {
        passkey: tale.passkey.get(passkeyOptions(tale.browser.page), {
          origin: server.issuer,
          counter: ++counter,
          ...more,
        }),
      },
      '/passkey',
    );
  const fresh = async (tale: Story) => {
    await tale.browser.jar.removeAllCookies();
    return tale.begin();
  };

  test('SGN-3 where the site allows it: no name, no password, no code; acr and amr tell it', async () => {
    const tale = await holder({ byItself: true, fixTenant: true });
    expect((await fresh(tale)).step).toBe('password');
    const landed = await signInWith(tale);
    expect((await tale.relying.exchange(landed.url)).claims()).toMatchObject({
      sub: tale.account.id,
      acr: MULTI_FACTOR_ACR,
      amr: ['hwk', 'user', 'mfa'],
    });
  });

  test('a browser in which a passkey was used is offered it where the application asks for the client code', async () => {
    const tale = await holder({ byItself: true });
    await tale.browser.open('/account');
    expect((await fresh(tale)).dom.querySelector('[data-passkey-options]')).toBeNull();
    await tale.browser.jar.setCookie('sallyport_passkey=1', server.issuer);
    await tale.begin();
    expect((await signInWith(tale)).url).toContain(CALLBACK);
  });

  test('it must verify the person: possession by itself is one factor', async () => {
    const tale = await holder({ byItself: true, fixTenant: true });
    await fresh(tale);
    const page = await signInWith(tale, { userVerified: false });
    expect(page).toMatchObject({ step: 'password', status: 200 });
    expect(page.alert).toContain('not accepted');
  });

  test('S40 where the site does not allow it, the page offers none, and an answer signs no one in', async () => {
    const tale = await holder({ fixTenant: true });
    const page = await fresh(tale);
    expect(page.dom.querySelector('[data-passkey-options]')).toBeNull();
    await tale.browser.jar.setCookie('sallyport_passkey=1', server.issuer);
    const options = JSON.stringify({ challenge: 'A'.repeat(43), rpId: 'localhost' });
    const passkey = tale.passkey.get(options, { origin: server.issuer, counter: ++counter });
    expect((await tale.browser.post(`${page.url}/passkey`, { passkey })).step).toBe('password');
    expect(await server.wrongCodes(tale.account)).toBe(0);
  });

  test.each<[string, (tale: Holder) => Promise<unknown>, string]>([
    [
      'locked',
      ({ account }) =>
        server.core.accounts.update(account.id, (a) => ({ ...a, lock: { cause: 'password', at: 1 } })),
      'password',
    ],
    ['disabled', ({ account }) => administer(server, operations.account.disable, account, {}), 'password'],
    ['reset', ({ account }) => administer(server, operations.account.resetFactor, account, {}), 'password'],
  ])('S18 an account that is %s does not get in', async (_, event, step) => {
    const tale = await holder({ byItself: true, fixTenant: true });
    await event(tale);
    await fresh(tale);
    expect((await signInWith(tale)).step).toBe(step);
  });

  test('TEN-1 an application of another tenant or population takes it not', async () => {
    const tale = await holder({ byItself: true, fixTenant: true });
    const other = await story(server, {
      tenant: await server.tenant('vcc-live', allowing('required', true)),
      fixTenant: true,
    });
    await other.begin();
    expect((await signInWith({ ...tale, browser: other.browser })).step).toBe('password');
    const agents = await story(server, { tenant: tale.tenant, fixTenant: true, population: 'agent' });
    await agents.begin();
    expect((await signInWith({ ...tale, browser: agents.browser })).step).toBe('password');
  });

  test('S17 the answer to every passkey that does not do is the same', async () => {
    const tale = await holder({ byItself: true, fixTenant: true });
    const masked = (html: string) =>
      html.replace(/sign-in\/[\w-]+/g, 'sign-in/UID').replace(/data-passkey-options="[^"]*"/, '');
    await fresh(tale);
    const unknown = await signInWith({ ...tale, passkey: new SoftwarePasskey() });
    await fresh(tale);
    const garbage = await tale.browser.submit({ passkey: '{}' }, '/passkey');
    expect(masked(unknown.html)).toBe(masked(garbage.html));
    // The id of an account is known to every application: posted by a stranger it names no account, and counts on none.
    const forge = (credentialId: string) => {
      const response = { userHandle: Buffer.from(tale.account.id).toString('base64url') };
      return JSON.stringify({ id: credentialId, rawId: credentialId, type: 'public-key', response });
    };
    const [known] = passkeysOf(tale.account);
    for (const id of ['AAAA', known?.credentialId ?? '']) {
      await fresh(tale);
      const forged = await tale.browser.submit({ passkey: forge(id) }, '/passkey');
      expect(masked(forged.html)).toBe(masked(garbage.html));
      expect(await tale.browser.cookies()).not.toContain('sallyport_passkey');
      expect(await server.wrongCodes(tale.account)).toBe(id === 'AAAA' ? 0 : 1);
    }
  });
});
