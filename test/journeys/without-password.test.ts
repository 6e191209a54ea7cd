import { describe, expect, test } from '@jest/globals';
import type { Account, PasswordRecord } from '../../src/capabilities/accounts/index.ts';
import type { Policy } from '../../src/capabilities/tenants/index.ts';
import { CALLBACK, PASSWORD } from '../support/app.ts';
import { passkeyOptions, SoftwarePasskey } from '../support/authenticator.ts';
import { Browser } from '../support/browser.ts';
import { anAddress, mailTo, withRecoveryCodes } from '../support/factors.ts';
import { story } from '../support/story.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';
import { nowSeconds } from '../support/time.ts';

const DAY = 86_400;
const server = serverForAll();
const time = clockForEach();

const byPasskeyToo = (policy: Policy): Policy => ({
  ...policy,
  password: { ...policy.password, forgottenByMail: true },
  secondFactor: {
    ...policy.secondFactor,
    mode: 'voluntary',
    methods: ['passkey'],
    recoveryCodes: 10,
  },
  session: { ...policy.session, idleMinutes: 10_080, absoluteMinutes: 43_200 },
  signIn: { ...policy.signIn, methods: ['password', 'passkey'] },
});

/** A person with a passkey, at a site that lets people in by it. */
async function holder(options: { isFirstParty?: boolean } = {}) {
  const email = anAddress();
  const tenant = await server.tenant('vcc-live', byPasskeyToo);
  const tale = await story(server, {
    tenant,
    fixTenant: true,
    person: { email, isEnrolled: true },
    ...options,
  });
  const passkey = new SoftwarePasskey();
  await tale.begin();
  const page = await tale.typePassword();
  const made = passkey.create(passkeyOptions(page), { origin: server.issuer });
  await tale.browser.submit({ passkey: made, name: 'desk key' }, '/activate');
  await tale.browser.jar.removeAllCookies();
  let counter = 0;
  const answer = (browser = tale.browser) => {
    counter += 1;
    return passkey.get(passkeyOptions(browser.page), { origin: server.issuer, counter });
  };
  const byPasskey = async (extra: Record<string, string> = {}) => {
    await tale.begin(extra);
    return tale.browser.submit({ passkey: answer() }, '/passkey');
  };
  const withPassword = (change: (password: PasswordRecord | null) => PasswordRecord | null) =>
    server.core.accounts.update(tale.account.id, (a: Account) => ({ ...a, password: change(a.password) }));
  return { ...tale, email, answer, byPasskey, withPassword };
}

const PASSWORDS: [string, (password: PasswordRecord | null) => PasswordRecord | null][] = [
  ['that is expired', (password) => password && { ...password, setAt: 1 }],
  ['that someone else set', (password) => password && { ...password, temporary: { expiresAt: 9e9 } }],
  ['that someone else may know', (password) => password && { ...password, compromisedAt: 1 }],
  ['that is gone', () => null],
];

describe('SGN-7 reasons about the password hold where it was the first proof', () => {
  test.each(PASSWORDS)('a passkey signs in past a password %s, and the session lives', async (_, change) => {
    const tale = await holder();
    await server.changePolicy(tale.tenant, { 'password.expireAfterDays': 10 });
    await tale.withPassword(change);
    const landed = await tale.byPasskey();
    expect(landed.url).toContain(CALLBACK);
    const tokens = await tale.relying.exchange(landed.url);
    expect(tokens.claims()).toMatchObject({ sub: tale.account.id, amr: ['hwk', 'user', 'mfa'] });
    const fresh = await tale.relying.refresh(tokens);
    expect(await tale.relying.userinfo(fresh)).toMatchObject({ sub: tale.account.id });
    expect(await tale.relying.introspect(fresh.access_token)).toMatchObject({ active: true });
    expect((await tale.browser.open('/account')).step).toBe('account');
    expect((await tale.begin()).url).toContain(CALLBACK);
  });

  test.each(PASSWORDS.slice(0, 3))(
    'the password %s is still changed where it comes first',
    async (_, change) => {
      const tale = await holder();
      await server.changePolicy(tale.tenant, { 'password.expireAfterDays': 10 });
      await tale.withPassword(change);
      await tale.begin();
      expect((await tale.typePassword()).step).toBe('second-factor');
      expect((await tale.browser.submit({ passkey: tale.answer() }, '/second-factor')).step).toBe(
        'change-password',
      );
    },
  );

  test('PWD-14 no warning of a password that expires soon', async () => {
    const tale = await holder();
    await server.changePolicy(tale.tenant, { 'password.expireAfterDays': 10, 'password.warnDays': 9 });
    time.move(2 * DAY);
    expect((await tale.byPasskey()).url).toContain(CALLBACK);
  });

  test.each([true, false])(
    'D18 at a deadline only the session of the password ends; first party: %s',
    async (isFirstParty) => {
      const tale = await holder({ isFirstParty });
      const agreed = async (page: { step: string; url: string }) =>
        page.step === 'consent'
          ? (await tale.browser.submit({ decision: 'allow' }, '/consent')).url
          : page.url;
      const other = new Browser(server.issuer);
      await other.open(await tale.relying.request());
      await other.submit({ userName: tale.account.userName, password: PASSWORD }, '/password');
      const passkey = tale.answer(other);
      const typed = await other.submit({ passkey }, '/second-factor');
      const landed = typed.step === 'consent' ? await other.submit({ decision: 'allow' }, '/consent') : typed;
      const ofPassword = await tale.relying.exchange(landed.url);
      const ofPasskey = await tale.relying.exchange(await agreed(await tale.byPasskey()));
      time.move(DAY);
      const deadline = nowSeconds() + DAY;
      const outcome = await server.core.tenants.changePolicy({
        tenantId: tale.tenant.id,
        expectedRevision: 1,
        values: { 'password.expireAfterDays': 1 },
        by: 'command-line',
        reason: '',
        isOperator: true,
        rollout: { deadline },
      });
      expect(outcome).toHaveProperty('changed');
      time.move(DAY);
      await expect(tale.relying.refresh(ofPassword)).rejects.toThrow();
      expect((await other.open('/account')).step).not.toBe('account');
      const fresh = await tale.relying.refresh(ofPasskey);
      expect(await tale.relying.introspect(fresh.access_token)).toMatchObject({ active: true });
      expect((await tale.browser.open('/account')).step).toBe('account');
    },
  );
});

describe('SGN-7 PWD-15 an account without a password', () => {
  test('no password signs it in, and no one is told why', async () => {
    const tale = await holder();
    await tale.withPassword(() => null);
    await tale.begin();
    const page = await tale.typePassword();
    expect(page).toMatchObject({ step: 'password', status: 200 });
    expect(page.alert).not.toBe('');
  });

  test('a recovery link gives it one again, with a recovery code in place of the passkey', async () => {
    const tale = await holder();
    await tale.withPassword(() => null);
    const [code = ''] = await withRecoveryCodes(server, tale.account, 2);
    const browser = new Browser(server.issuer);
    await browser.open('/recover?population=user');
    const { clientCode } = tale.tenant;
    await browser.submit({ clientCode, userName: tale.account.userName, population: 'user' });
    const link = /http:\S+\/recover\/set\?token=\S+/.exec(
      await mailTo(server, tale.email, 'Set a new password'),
    );
    await browser.open(link?.[0] ?? '');
    const words = 'brand new words 4';
    const done = await browser.submit({ newPassword: words, newPasswordAgain: words, code });
    expect(done).toMatchObject({ status: 200, step: 'recover' });
    await tale.begin();
    expect((await tale.typePassword(words)).step).toBe('second-factor');
  });
});
