import { describe, expect, test } from '@jest/globals';
import type { CDPSession, Page } from 'playwright-core';
import type { Account } from '../../src/capabilities/accounts/index.ts';
import type { Policy, Tenant } from '../../src/capabilities/tenants/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer } from '../support/administration.ts';
import { PASSWORD, SECRET } from '../support/app.ts';
import { browserForAll, enter, signInByLink, sound, step } from '../support/chromium.ts';
import { anAddress, mailedCodes, withMail, withRecoveryCodes } from '../support/factors.ts';
import { policyWith } from '../support/policies.ts';
import type { NewPerson } from '../support/site.ts';
import { codeOf } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';

const newPage = browserForAll();
const server = serverForAll();

interface Person {
  tenant: Tenant;
  account: Account;
  email: string;
}

async function person(
  options: NewPerson = {},
  change: (policy: Policy) => Policy = (policy) => policy,
): Promise<Person> {
  const tenant = await server.tenant('cloudcx', change);
  const email = anAddress();
  return { tenant, email, account: await server.account(tenant, { email, ...options }) };
}

const signIn = (page: Page, { tenant, email }: Person) => signInByLink(page, server, { tenant, name: email });

async function typeCode(page: Page, code: string) {
  await page.locator('input[name=code]').fill(code);
  await enter(page);
}

/** At the code page of a person who used a passkey last. */
async function signInWithPasskey(page: Page, who: Person) {
  await server.core.accounts.update(who.account.id, (a) => ({
    ...a,
    secondFactor: {
      ...a.secondFactor,
      lastUsed: 'passkey',
      authenticators: [
        ...a.secondFactor.authenticators,
        {
          id: 'passkey',
          kind: 'passkey',
          credentialId: 'AAAA',
          publicKey: 'AAAA',
          counter: 0,
          transports: [],
          isSynced: false,
          name: 'Laptop',
          boundAt: 1,
        },
      ],
    },
  }));
  await signIn(page, who);
}

const shownSecret = (page: Page) => page.locator('[data-totp-secret]').textContent();
const shownCodes = (page: Page) => page.locator('[data-recovery-codes] code').allInnerTexts();

/** An authenticator of this browser, that needs no one to touch it. */
async function withAuthenticator(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return session;
}

describe.each([{ scripts: true }, { scripts: false }])(
  'in Chromium with scripts: $scripts',
  ({ scripts }) => {
    test('MFA-10 MFA-13 an app is set up, used with a trusted browser, and turned off', async () => {
      const who = await person({}, policyWith({ secondFactor: { trustDays: 30 } }));
      const page = await newPage({ scripts });
      await signIn(page, who);
      await page.getByRole('link', { name: 'Set one up' }).click();
      await page.getByRole('link', { name: 'Set up: Authenticator app' }).click();
      await page.getByLabel('Password').fill(PASSWORD);
      await enter(page);
      await page.locator('summary', { hasText: 'I cannot scan' }).click();
      const secret = (await shownSecret(page)) ?? '';
      await typeCode(page, codeOf(secret));
      const codes = await shownCodes(page);
      expect(codes).toHaveLength(10);
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Download' }).click(),
      ]);
      expect(download.suggestedFilename()).toBe('recovery-codes.txt');
      await page.getByRole('button', { name: 'I have saved them' }).click();
      expect(await page.locator('[data-method=app] .state').innerText()).toContain('enabled');

      await page.context().clearCookies();
      await signIn(page, who);
      expect(await step(page)).toBe('second-factor');
      await page.getByLabel("Don't ask again for 30 days").check();
      await typeCode(page, codes[0] ?? '');
      expect(await step(page)).toBe('account');
      const trust = (await page.context().cookies()).filter(({ name }) => name === 'sallyport_trust');
      await page.context().clearCookies();
      await page.context().addCookies(trust);
      await signIn(page, who);
      expect(await step(page)).toBe('account');

      await page.goto(`${server.issuer}/account/second-factor`);
      expect(await page.locator('[data-trusted]').innerText()).toContain('This browser');
      await page.getByRole('link', { name: 'Turn off: Authenticator app' }).click();
      await typeCode(page, codes[1] ?? '');
      expect(await page.locator('[data-method=app] .state').innerText()).toBe('disabled');
      await page.context().close();
    });

    test('SGN-6 MFA-9 a mailed code, and another one', async () => {
      const who = await person();
      await withMail(server, who.account, who.email);
      const page = await newPage({ scripts });
      await signIn(page, who);
      expect(await page.getByRole('status').innerText()).toContain('We sent a code to p•••@site.example');
      await page.getByRole('button', { name: 'Send another code' }).click();
      expect(await page.getByRole('alert').innerText()).toContain('less than a minute');
      const [code = ''] = await mailedCodes(server, who.email);
      await typeCode(page, `${code.slice(0, 3)}-${code.slice(3)}`);
      expect(await step(page)).toBe('account');
      await page.context().close();
    });

    test('SGN-6 MFA-11 a login code, typed into the same field', async () => {
      const who = await person({ totpSecret: SECRET });
      const made = await administer(server, operations.account.makeLoginCode, who.account, {
        reason: 'lost phone',
      });
      const page = await newPage({ scripts });
      await signIn(page, who);
      await typeCode(page, made.code.toLowerCase());
      expect(await step(page)).toBe('account');
      await page.context().close();
    });
  },
);

const withPasskeys = policyWith({
  secondFactor: { methods: ['passkey', 'app'] },
  signIn: { methods: ['password', 'passkey'] },
});

describe('MFA-16 passkeys in Chromium', () => {
  test('set up on the page of the account, used as the second factor, as the whole sign-in, and to turn itself off', async () => {
    const who = await person({}, withPasskeys);
    const page = await newPage();
    const session = await withAuthenticator(page);
    await signIn(page, who);
    await page.goto(`${server.issuer}/account/second-factor`);
    await page.getByRole('link', { name: 'Add a passkey' }).click();
    await page.getByLabel('Password').fill(PASSWORD);
    await enter(page);
    await page.getByLabel('Name of this passkey').fill('Laptop');
    await page.getByRole('button', { name: 'Create the passkey' }).click();
    await page.getByRole('button', { name: 'I have saved them' }).click();
    expect(await page.locator('[data-passkey-row] strong').innerText()).toBe('Laptop');

    const keep = async () => {
      const cookies = await page.context().cookies();
      await page.context().clearCookies();
      await page.context().addCookies(cookies.filter(({ name }) => name === 'sallyport_passkey'));
    };
    await keep();
    await signIn(page, who);
    expect(await step(page)).toBe('second-factor');
    await page.getByRole('button', { name: 'Use my passkey' }).click();
    await page.waitForURL(`${server.issuer}/account`);

    await keep();
    await page.goto(`${server.issuer}/go/user`);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.waitForURL(`${server.issuer}/account`);

    await page.goto(`${server.issuer}/account/second-factor`);
    await page.getByRole('link', { name: 'Remove: Laptop' }).click();
    await page.getByRole('button', { name: 'Use my passkey' }).click();
    await page.waitForURL(`${server.issuer}/account/second-factor`);
    expect(await page.locator('[data-passkey-row]').count()).toBe(0);
    await session.detach();
    await page.context().close();
  });

  test('where it does not work the page says so, and there is another way; without scripts it says what it needs', async () => {
    const who = await person({ isEnrolled: true }, withPasskeys);
    const page = await newPage();
    await withAuthenticator(page);
    await signIn(page, who);
    expect(await step(page)).toBe('activate');
    await page.getByRole('button', { name: 'Use a passkey instead' }).click();
    await page.getByRole('button', { name: 'Create the passkey' }).click();
    await page.getByRole('button', { name: 'I have saved them' }).click();
    // This device has one already: the browser refuses another.
    await page.goto(`${server.issuer}/account/second-factor/set-up/passkey`);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Use my passkey' }).click();
    await page.getByRole('button', { name: 'Create the passkey' }).click();
    await page.locator('[data-passkey-failed]:not([hidden])').waitFor();
    expect(await page.getByRole('button', { name: 'Create the passkey' }).isEnabled()).toBe(true);
    await page.context().close();

    const plain = await newPage({ scripts: false });
    const another = await person({ isEnrolled: true }, withPasskeys);
    await signIn(plain, another);
    await plain.getByRole('button', { name: 'Use a passkey instead' }).click();
    expect(await plain.getByText('Passkeys need JavaScript').isVisible()).toBe(true);
    await plain.getByRole('button', { name: 'Set up an authenticator app instead' }).click();
    await plain.locator('summary', { hasText: 'I cannot scan' }).click();
    await typeCode(plain, codeOf((await shownSecret(plain)) ?? ''));
    expect(await step(plain)).toBe('recovery-codes');
    await plain.context().close();
  });
});

test('SGN-6 every one of these pages passes axe at both widths', async () => {
  const page = await newPage();
  const all = (policy: Policy): Policy => ({
    ...withPasskeys(policy),
    lockout: { ...policy.lockout, contactLine: 'Service desk, extension 4410' },
    secondFactor: { ...policy.secondFactor, methods: ['app', 'mail', 'passkey'], trustDays: 30 },
  });
  const pending = await person({ isEnrolled: true }, all);
  await signIn(page, pending);
  await sound(page, 'activate-app');
  await page.getByRole('button', { name: 'Use codes by email instead' }).click();
  await sound(page, 'activate-mail');
  await page.getByRole('button', { name: 'Send me a code' }).click();
  await sound(page, 'activate-mail-sent');
  await page.getByRole('button', { name: 'Use a passkey instead' }).click();
  await sound(page, 'activate-passkey');
  await page.getByRole('button', { name: 'Set up an authenticator app instead' }).click();
  await page.locator('summary', { hasText: 'I cannot scan' }).click();
  await sound(page, 'activate-app-by-hand');
  await typeCode(page, codeOf((await shownSecret(page)) ?? ''));
  await sound(page, 'recovery-codes');
  await page.context().clearCookies();

  const slip = await person({}, all);
  await administer(server, operations.account.makeSlip, slip.account, {});
  await signIn(page, slip);
  await sound(page, 'activate-slip');
  await page.context().clearCookies();

  const nothing = await person({ isEnrolled: true }, (policy) => ({
    ...all(policy),
    secondFactor: { ...policy.secondFactor, methods: ['hardware'] },
  }));
  await signIn(page, nothing);
  await sound(page, 'activate-none');
  await page.context().clearCookies();

  const rich = await person({ totpSecret: SECRET }, all);
  await withMail(server, rich.account, rich.email);
  const [last = ''] = await withRecoveryCodes(server, rich.account, 1);
  await signIn(page, rich);
  await sound(page, 'second-factor-app');
  await page.locator('summary', { hasText: 'Having trouble?' }).click();
  await typeCode(page, '000000');
  await sound(page, 'second-factor-wrong');
  await page.getByRole('button', { name: 'Email me a code instead' }).click();
  await sound(page, 'second-factor-mail');
  await page.locator('summary').click();
  await sound(page, 'second-factor-help');
  await page.getByLabel("Don't ask again").check();
  await typeCode(page, last);
  await sound(page, 'recovery-codes-used-up');
  await page.getByRole('button', { name: 'Not now' }).click();
  await sound(page, 'account-no-recovery-codes');
  await page.goto(`${server.issuer}/account/second-factor`);
  await sound(page, 'factors');
  await page.getByRole('link', { name: 'Generate new codes' }).click();
  await sound(page, 'factors-recovery-codes');
  await page.getByRole('button', { name: /Email a code to/ }).click();
  await sound(page, 'factors-recovery-codes-mailed');
  await page.goto(`${server.issuer}/account/second-factor`);
  await page.getByRole('link', { name: 'Turn off: Authenticator app' }).click();
  await sound(page, 'factors-turn-off');
  await page.goto(`${server.issuer}/account/second-factor/set-up/passkey`);
  await sound(page, 'factors-set-up');
  await page.goto(`${server.issuer}/account/password`);
  await sound(page, 'account-password-with-factor');
  await page.context().clearCookies();

  await signInWithPasskey(page, await person({ totpSecret: SECRET }, all));
  await sound(page, 'second-factor-passkey');
  await page.locator('summary', { hasText: 'Use a recovery code' }).click();
  await typeCode(page, '000000');
  await sound(page, 'second-factor-passkey-wrong');
  await page.context().clearCookies();

  const fresh = await person({}, all);
  await signIn(page, fresh);
  await sound(page, 'account-suggests');
  const elsewhere = await newPage();
  await signIn(elsewhere, fresh);
  await page.goto(`${server.issuer}/account/sessions`);
  await sound(page, 'sessions');
  await page.getByRole('button', { name: /End the session of/ }).click();
  await sound(page, 'sessions-ended');
  await elsewhere.reload();
  expect(await step(elsewhere)).not.toBe('account');
  await elsewhere.context().close();
  await page.goto(`${server.issuer}/account`);
  await page.getByRole('link', { name: 'Set one up' }).click();
  await sound(page, 'factors-none');
  for (const method of ['app', 'mail', 'passkey']) {
    await page.goto(`${server.issuer}/account/second-factor/set-up/${method}`);
    await page.getByLabel('Password').fill(PASSWORD);
    await enter(page);
    await sound(page, `factors-set-up-${method}`);
  }
  await page.context().clearCookies();
  await page.context().addCookies([{ name: 'sallyport_passkey', value: '1', url: server.issuer }]);
  await page.goto(`${server.issuer}/go/user`);
  await sound(page, 'password-with-passkey');
  await page.context().close();
});
