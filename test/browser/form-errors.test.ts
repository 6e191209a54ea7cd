import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { Account } from '../../src/capabilities/accounts/index.ts';
import type { Tenant } from '../../src/capabilities/tenants/index.ts';
import { passwordLink } from '../support/administration.ts';
import { PASSWORD, SECRET } from '../support/app.ts';
import { browserForAll, enter, signInByLink, soundInBothColours } from '../support/chromium.ts';
import { anAddress, withRecoveryCodes } from '../support/factors.ts';
import { policyWith } from '../support/policies.ts';
import type { NewPerson } from '../support/site.ts';
import { serverForAll } from '../support/suite.ts';

const NEW = 'brand new words 4';
const WRONG = 'wrong 12345';
const SET_UP = 'a first password 12';

const newPage = browserForAll();
const server = serverForAll();

interface Person {
  tenant: Tenant;
  account: Account;
}

const open = policyWith({
  lockout: { user: 9, secondFactor: 9 },
  secondFactor: { methods: ['app', 'mail', 'passkey'], recoveryCodes: 10 },
});

async function person(options: NewPerson = {}): Promise<Person> {
  const tenant = await server.tenant('cloudcx', open);
  return { tenant, account: await server.account(tenant, { email: anAddress(), ...options }) };
}

const signIn = (page: Page, { tenant, account }: Person, password = PASSWORD) =>
  signInByLink(page, server, { tenant, name: account.email ?? '', password });

/** Fills fields by their names, and sends the form. */
async function send(page: Page, fields: Record<string, string>) {
  for (const [name, value] of Object.entries(fields))
    await page.locator(`input[name=${name}]:visible`).fill(value);
  await enter(page);
}

/** Signed in with a second factor, which a recovery code stood for. */
async function signedIn(page: Page): Promise<Person> {
  const who = await person({ totpSecret: SECRET });
  const [code = ''] = await withRecoveryCodes(server, who.account, 3);
  await signIn(page, who);
  await send(page, { code });
  return who;
}

const recoverLink = async ({ account }: Person) =>
  `${server.issuer}/recover/set?token=${await passwordLink(server, account)}`;
const own = (path: string) => `${server.issuer}/account/${path}`;
const passwords = (currentPassword: string, newPassword: string, newPasswordAgain = newPassword) => ({
  currentPassword,
  newPassword,
  newPasswordAgain,
});

const setUpLink = async () => `${server.issuer}/set-up?token=${await server.app.setUp.newToken()}`;

/** What leads to each error: the page, the field that is in error, and what a person does. */
const ERRORS: [string, string, (page: Page) => Promise<void>][] = [
  ['sign-in', 'password', async (page) => signIn(page, await person(), WRONG)],
  [
    'code',
    'code',
    async (page) => {
      await signIn(page, await person({ totpSecret: SECRET }));
      await send(page, { code: '000000' });
    },
  ],
  [
    'activation',
    'code',
    async (page) => {
      await signIn(page, await person({ isEnrolled: true }));
      await send(page, { code: '000000' });
    },
  ],
  [
    'temporary-password',
    'currentPassword',
    async (page) => {
      await signIn(page, await person({ isTemporary: true }));
      await send(page, passwords(WRONG, NEW));
    },
  ],
  [
    'recover-refused',
    'newPassword',
    async (page) => {
      await page.goto(await recoverLink(await person()));
      await send(page, { newPassword: 'short', newPasswordAgain: 'short' });
    },
  ],
  [
    'recover-differ',
    'newPasswordAgain',
    async (page) => {
      await page.goto(await recoverLink(await person()));
      await send(page, { newPassword: NEW, newPasswordAgain: `${NEW}5` });
    },
  ],
  [
    'recover-code',
    'code',
    async (page) => {
      await page.goto(await recoverLink(await person({ totpSecret: SECRET })));
      await send(page, { newPassword: NEW, newPasswordAgain: NEW, code: '000000' });
    },
  ],
  [
    'set-up-name',
    'userName',
    async (page) => {
      await page.goto(await setUpLink());
      await send(page, { userName: '\u200b', newPassword: SET_UP, newPasswordAgain: SET_UP });
    },
  ],
  [
    'set-up-refused',
    'newPassword',
    async (page) => {
      await page.goto(await setUpLink());
      await send(page, { userName: 'olga', newPassword: 'short', newPasswordAgain: 'short' });
    },
  ],
  [
    'set-up-differ',
    'newPasswordAgain',
    async (page) => {
      await page.goto(await setUpLink());
      await send(page, { userName: 'olga', newPassword: NEW, newPasswordAgain: `${NEW}5` });
    },
  ],
  [
    'own-password-current',
    'currentPassword',
    async (page) => {
      await signIn(page, await person());
      await page.goto(own('password'));
      await send(page, passwords(WRONG, NEW));
    },
  ],
  [
    'own-password-new',
    'newPassword',
    async (page) => {
      await signIn(page, await person());
      await page.goto(own('password'));
      await send(page, passwords(PASSWORD, 'short'));
    },
  ],
  [
    'own-password-again',
    'newPasswordAgain',
    async (page) => {
      await signIn(page, await person());
      await page.goto(own('password'));
      await send(page, passwords(PASSWORD, NEW, `${NEW}5`));
    },
  ],
  [
    'factor-set-up',
    'currentPassword',
    async (page) => {
      await signIn(page, await person());
      await page.goto(own('second-factor/set-up/app'));
      await send(page, { currentPassword: WRONG });
    },
  ],
  [
    'factor-set-up-code',
    'code',
    async (page) => {
      await signIn(page, await person());
      await page.goto(own('second-factor/set-up/app'));
      await send(page, { currentPassword: PASSWORD });
      await send(page, { code: '000000' });
    },
  ],
  [
    'factor-turn-off',
    'code',
    async (page) => {
      await signedIn(page);
      await page.goto(own('second-factor'));
      await page.getByRole('link', { name: 'Turn off: Authenticator app' }).click();
      await send(page, { code: '000000' });
    },
  ],
  [
    'recovery-codes-password',
    'currentPassword',
    async (page) => {
      await signedIn(page);
      await page.goto(own('second-factor/recovery-codes'));
      await send(page, { currentPassword: WRONG, code: '000000' });
    },
  ],
  [
    'recovery-codes-code',
    'code',
    async (page) => {
      await signedIn(page);
      await page.goto(own('second-factor/recovery-codes'));
      await send(page, { currentPassword: PASSWORD, code: '000000' });
    },
  ],
];

/** What a person who looks, and one who listens, is told of the error. */
async function told(page: Page) {
  const focused = page.locator(':focus');
  const described = page.locator(`#${await focused.getAttribute('aria-describedby')}`);
  return {
    title: (await page.title()).startsWith('Error: '),
    focused: await focused.getAttribute('name'),
    invalid: await page
      .locator('[aria-invalid=true]')
      .evaluateAll((fields) => fields.map((field) => field.getAttribute('name'))),
    isSaid: (await described.isVisible()) && (await described.innerText()).trim().length > 10,
  };
}

test.each(ERRORS)('SGN-6 an error of %s is told at its field: %s', async (name, field, lead) => {
  const page = await newPage();
  await lead(page);
  expect(await told(page)).toEqual({ title: true, focused: field, invalid: [field], isSaid: true });
  await soundInBothColours(page, `error-${name}`);
  await page.context().close();
});

test.each(['/recover/set?token=spent', '/set-up?token=spent'])(
  'SGN-6 a link that no longer works, %s, says so and what to do, on a sound page',
  async (path) => {
    const page = await newPage();
    await page.goto(`${server.issuer}${path}`);
    expect(await page.locator('h1').innerText()).toBe('This link no longer works');
    expect(await page.locator('.lead').innerText()).toContain('Ask for a new one');
    await soundInBothColours(page, `link${path.replaceAll(/[^a-z]/g, '-')}`);
    await page.context().close();
  },
);
