import { describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { Account } from '../../src/capabilities/accounts/index.ts';
import type { Policy, Tenant } from '../../src/capabilities/tenants/index.ts';
import { passwordLink } from '../support/administration.ts';
import { PASSWORD, SECRET } from '../support/app.ts';
import { browserForAll, enter, signInByLink, sound, step } from '../support/chromium.ts';
import { eventually } from '../support/eventually.ts';
import { policyWith } from '../support/policies.ts';
import type { NewPerson } from '../support/site.ts';
import { serverForAll } from '../support/suite.ts';
import { nowSeconds } from '../support/time.ts';

const DAY = 86_400;
const NEW = 'a better one 2';

const newPage = browserForAll();
const server = serverForAll();

interface Person {
  tenant: Tenant;
  account: Account;
}

async function person(
  options: NewPerson = {},
  change: (policy: Policy) => Policy = (p) => p,
): Promise<Person> {
  const tenant = await server.tenant('livevox', change);
  return { tenant, account: await server.account(tenant, options) };
}

/** The password as old as that. */
async function aged(who: Person, days: number): Promise<Person> {
  const setAt = nowSeconds() - days * DAY;
  await server.core.accounts.update(who.account.id, (a) => ({
    ...a,
    password: a.password && { ...a.password, setAt },
  }));
  return who;
}

/** By the links of the tenant, to the account pages or to the page that comes before them. */
async function signIn(page: Page, { tenant, account }: Person, password = PASSWORD) {
  const { population, userName } = account;
  if (population === 'user') return signInByLink(page, server, { tenant, name: userName, password });
  await page.goto(`${server.issuer}/go/agent/${tenant.clientCode}`);
  await page.getByLabel('Login ID').fill(userName);
  await page.getByLabel('Password').fill(password);
  await enter(page);
}

async function change(page: Page, current: string, next: string) {
  await page.locator('input[name=currentPassword]').fill(current);
  await page.locator('input[name=newPassword]').fill(next);
  await page.locator('input[name=newPasswordAgain]').fill(next);
  await enter(page);
}

describe.each([{ scripts: true }, { scripts: false }])(
  'in Chromium with scripts: $scripts',
  ({ scripts }) => {
    test('PWD-5 PWD-9 an expired password is changed, by keyboard', async () => {
      const who = await aged(await person(), 90);
      const page = await newPage({ scripts });
      await signIn(page, who);
      expect(await step(page)).toBe('change-password');
      expect(await page.locator('.note').innerText()).toContain('has expired');
      await page.keyboard.type(PASSWORD);
      await page.keyboard.press('Tab');
      await page.keyboard.type(NEW);
      await page.keyboard.press('Tab');
      await page.keyboard.type(NEW);
      await enter(page);
      expect(await step(page)).toBe('account');
      await page.context().close();
    });

    test('PWD-10 PWD-14 the warning, the account page, the person menu and the voluntary change', async () => {
      const who = await aged(await person({ name: 'Anneliese Vormärz' }), 80);
      const page = await newPage({ scripts });
      await signIn(page, who);
      expect(await step(page)).toBe('expires-soon');
      await page.getByRole('button', { name: 'Continue' }).click();
      expect(await step(page)).toBe('account');
      expect(await page.locator('.note').innerText()).toContain('expires on');
      await page.locator('details.menu summary').click();
      await page.locator('details.menu').getByRole('link', { name: 'Change Password' }).click();
      await change(page, 'not my password 1', NEW);
      expect(await page.getByRole('alert').innerText()).toContain('is wrong');
      await change(page, PASSWORD, NEW);
      expect(await page.getByRole('status').innerText()).toContain('was changed');
      await page.locator('details.menu summary').click();
      await page.getByRole('link', { name: 'Sign out' }).click();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await signIn(page, who, NEW);
      expect(await step(page)).toBe('account');
      await page.context().close();
    });

    test('SGN-6 PWD-15 a forgotten password, from the sign-in through the mail and back', async () => {
      const email = `forgetful-${scripts}@site.example`;
      const who = await person({ email }, policyWith({ password: { forgottenByMail: true } }));
      const page = await newPage({ scripts });
      await page.goto(`${server.issuer}/go/user`);
      await page.getByRole('link', { name: 'Forgot your password?' }).click();
      await page.getByLabel('Client Code').fill(who.tenant.clientCode);
      await page.getByLabel('User Name').fill(who.account.userName);
      await page.getByRole('button', { name: 'Send the link' }).click();
      expect(await page.getByRole('status').innerText()).toContain('we sent a link');
      const [mail] = await eventually(
        () => server.mailbox.messages.filter(({ to }) => to === email),
        (mails) => mails.length > 0,
      );
      await page.goto(/http:\S+/.exec(mail?.text ?? '')?.[0] ?? '');
      expect(page.url()).toBe(`${server.issuer}/recover/set`);
      await page.getByLabel('New Password').fill(NEW);
      await page.getByLabel('Retype Password').fill(NEW);
      await enter(page);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByLabel('Client Code').fill(who.tenant.clientCode);
      await page.getByLabel('User Name').fill(who.account.userName);
      await page.getByLabel('Password').fill(NEW);
      await enter(page);
      expect(await step(page)).toBe('account');
      await page.context().close();
    });

    test('SGN-6 LCK-7 the wait says how long, and Try again goes on', async () => {
      const who = await person(
        { population: 'agent' },
        policyWith({ lockout: { waitFrom: 1, waitSeconds: 2 } }),
      );
      const page = await newPage({ scripts });
      await signIn(page, who, 'wrong 123456');
      expect(await step(page)).toBe('wait');
      expect(await page.getByRole('alert').innerText()).toMatch(/^Please try again in about 10 seconds\.$/);
      await eventually(
        async () => {
          if ((await step(page)) === 'wait') await page.getByRole('button', { name: 'Try again' }).click();
          return step(page);
        },
        (shown) => shown === 'password',
      );
      await page.getByLabel('Password').fill(PASSWORD);
      await enter(page);
      expect(await step(page)).toBe('account');
      await page.context().close();
    });
  },
);

test('SGN-6 every one of these pages passes axe at both widths', async () => {
  const page = await newPage();
  const temporary = await person({ isTemporary: true, population: 'agent' });
  await signIn(page, temporary);
  await sound(page, 'temporary-agent');
  await change(page, PASSWORD, 'short');
  await sound(page, 'temporary-agent-refused');
  await page.context().clearCookies();
  await signIn(page, await aged(await person(), 200));
  await sound(page, 'expired-password');
  await page.context().clearCookies();
  await signIn(
    page,
    await aged(await person({ name: 'Anneliese Vormärz', email: 'anneliese@site.example' }), 80),
  );
  await sound(page, 'expires-soon');
  await page.locator('summary').click();
  await change(page, 'wrong 12345', NEW);
  await sound(page, 'expires-soon-refused');
  await page.getByRole('button', { name: 'Continue' }).click();
  await sound(page, 'account');
  await page.locator('details.menu summary').click();
  await sound(page, 'account-menu');
  await page.goto(`${server.issuer}/account/password`);
  await sound(page, 'account-password');
  await change(page, PASSWORD, 'short');
  await sound(page, 'account-password-refused');
  await change(page, PASSWORD, NEW);
  await sound(page, 'account-changed');
  await page.context().clearCookies();
  const waiting = await person({}, policyWith({ lockout: { waitFrom: 1, waitSeconds: 300, user: 2 } }));
  await signIn(page, waiting, 'wrong 12345');
  await sound(page, 'wait');
  const locked = await person(
    {},
    policyWith({ lockout: { user: 1, contactLine: 'Service desk, extension 4410' } }),
  );
  await signIn(page, locked, 'wrong 12345');
  await sound(page, 'locked-contact');
  await page.goto(`${server.issuer}/go/user`);
  await sound(page, 'password-forgotten-link');
  await page.goto(`${server.issuer}/recover?population=agent`);
  await sound(page, 'recover');
  await page.getByLabel('Client Code').fill('ANY');
  await page.getByLabel('Login ID').fill('anybody');
  await enter(page);
  await sound(page, 'recover-sent');
  const { account } = await person({ totpSecret: SECRET });
  const token = await passwordLink(server, account);
  await page.goto(`${server.issuer}/recover/set?token=${token}`);
  await sound(page, 'recover-set');
  await page.goto(`${server.issuer}/recover/set?token=spent`);
  await sound(page, 'recover-invalid');
  await page.goto(`${server.issuer}/go/user`);
  await page.getByRole('button', { name: /Back to/ }).click();
  await sound(page, 'account-not-signed-in');
  await page.context().close();
});
