import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { PNG } from 'pngjs';
import type { Account } from '../../src/capabilities/accounts/index.ts';
import type { Tenant } from '../../src/capabilities/tenants/index.ts';
import { BACKCHANNEL_LOGOUT_PATH } from '../../src/doors/demo/backchannel-logout.ts';
import { type SampleApplication, startSampleApplication } from '../../src/doors/demo/sample-application.ts';
import { createLog } from '../../src/foundation/base/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer } from '../support/administration.ts';
import { PASSWORD, SECRET } from '../support/app.ts';
import { MULTI_FACTOR_ACR } from '../support/application.ts';
import { broken, browserForAll, enter, picture, step } from '../support/chromium.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/port.ts';
import type { NewPerson } from '../support/site.ts';
import { codeOf } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';

const jsQR = createRequire(import.meta.url)('jsqr') as typeof import('jsqr').default;

const newPage = browserForAll();
const server = serverForAll({ SALLYPORT_OUTBOUND_ALLOWED_NETWORKS: '127.0.0.0/8,::1/128' });
let sample: SampleApplication;
let home: string;

beforeAll(async () => {
  const port = await freePort();
  home = `http://localhost:${port}`;
  const application = await server.application({
    id: 'sample',
    name: 'the sample application',
    redirectUris: [`${home}/callback`],
    postLogoutRedirectUris: [`${home}/`],
    backchannelLogoutUri: `${home}${BACKCHANNEL_LOGOUT_PATH}`,
    population: 'any',
  });
  sample = await startSampleApplication({
    log: createLog('silent'),
    issuer: server.issuer,
    port,
    clientId: 'sample',
    secret: application.secret,
  });
});
afterAll(async () => {
  await sample.close();
});

interface Person {
  tenant: Tenant;
  account: Account;
}

async function person(options: NewPerson = {}, preset = 'livevox'): Promise<Person> {
  const tenant = await server.tenant(preset);
  return { tenant, account: await server.account(tenant, options) };
}

/** From the application to the password page, by keyboard where there are fields. */
async function toPassword(page: Page, who: Person, password: string) {
  await page.goto(home);
  await page
    .getByRole('button', { name: 'Sign in' })
    .or(page.getByRole('link', { name: 'Sign in' }))
    .first()
    .click();
  await picture(page, 'identify');
  await page.getByRole('button', { name: who.account.population === 'agent' ? /agent/ : /portal/ }).click();
  expect(await step(page)).toBe('password');
  await page.getByLabel('Client Code').fill(who.tenant.clientCode);
  await page.keyboard.press('Tab');
  await page.keyboard.type(who.account.userName);
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await picture(page, 'password');
  await enter(page);
}

async function claim(page: Page, name: string): Promise<string> {
  return page.locator(`[data-claim="${name}"]`).innerText();
}

async function typeCode(page: Page, code: string) {
  await page.locator('input[name=code]').fill(code);
  await enter(page);
}

describe.each([{ scripts: true }, { scripts: false }])(
  'in Chromium with scripts: $scripts',
  ({ scripts }) => {
    test('SES-3 an administrator ends the session: the application shows it at the next look', async () => {
      const who = await person();
      const page = await newPage({ scripts });
      await toPassword(page, who, PASSWORD);
      expect(await page.getByRole('status').innerText()).toBe('Signed in.');
      await administer(server, operations.account.endAllSessions, who.account, {});
      await eventually(
        async () => {
          await page.goto(home);
          return page.getByRole('status').innerText();
        },
        (said) => said === 'Your session has ended: the identity provider said so.',
      );
      expect(await page.locator('[data-claim]').count()).toBe(0);
      await page.context().close();
    });

    test('SGN-6 SGN-1 signing in with a password only, refreshing, userinfo and signing out', async () => {
      const who = await person();
      const page = await newPage({ scripts });
      await toPassword(page, who, PASSWORD);
      expect(await page.getByRole('status').innerText()).toBe('Signed in.');
      expect([await claim(page, 'sub'), await claim(page, 'amr')]).toEqual([who.account.id, 'pwd']);
      expect(Number(await claim(page, 'auth_time'))).toBeGreaterThan(1_700_000_000);
      await picture(page, 'sample-application');
      await page.getByRole('button', { name: 'Refresh the tokens' }).click();
      expect(await page.getByRole('status').innerText()).toBe('New tokens were issued.');
      await page.getByRole('button', { name: 'Call userinfo' }).click();
      expect(await page.locator('[data-userinfo]').innerText()).toContain(who.tenant.clientCode);
      await page.getByRole('button', { name: 'Sign out' }).click();
      expect(await step(page)).toBe('logout');
      await picture(page, 'logout');
      await page.getByRole('button', { name: 'Sign out' }).click();
      expect(page.url()).toBe(`${home}/`);
      await page.goto(`${home}/sign-in?prompt=none`);
      expect(await page.getByRole('status').innerText()).toBe('Not signed in: login_required');
      await page.context().close();
    });

    test('SGN-6 MFA-15 signing in with an active authenticator', async () => {
      const who = await person({ totpSecret: SECRET, population: 'agent' });
      const page = await newPage({ scripts });
      await toPassword(page, who, PASSWORD);
      expect(await step(page)).toBe('second-factor');
      await picture(page, 'second-factor');
      await typeCode(page, '000 000');
      expect(await page.getByRole('alert').innerText()).toContain('not accepted');
      const code = codeOf(SECRET);
      await typeCode(page, `${code.slice(0, 3)} ${code.slice(3)}`);
      expect([await claim(page, 'acr'), await claim(page, 'amr')]).toEqual([MULTI_FACTOR_ACR, 'pwd otp mfa']);
      await page.context().close();
    });

    test('MFA-2 MFA-4 activating an authenticator at the first sign-in: the picture and the text hold one secret', async () => {
      const who = await person({ isEnrolled: true });
      const page = await newPage({ scripts });
      await toPassword(page, who, PASSWORD);
      expect(await step(page)).toBe('activate');
      const image = PNG.sync.read(await page.locator('img.qr').screenshot());
      const uri = jsQR(new Uint8ClampedArray(image.data), image.width, image.height)?.data ?? '';
      await page.locator('summary').click();
      const secret = (await page.locator('[data-totp-secret]').innerText()).replace(/\s/g, '');
      await picture(page, 'activate');
      expect(new URL(uri).searchParams.get('secret')).toBe(secret);
      expect(decodeURIComponent(uri)).toContain(`${who.tenant.name}:${who.account.userName}`);
      await typeCode(page, codeOf(secret));
      expect(await claim(page, 'amr')).toBe('pwd otp mfa');
      await page.context().close();
    });

    test('SGN-6 PWD-9 changing a temporary password', async () => {
      const who = await person({ isTemporary: true });
      const page = await newPage({ scripts });
      await toPassword(page, who, PASSWORD);
      expect(await step(page)).toBe('change-password');
      const change = async (password: string) => {
        await page.getByLabel('Old Password').fill(PASSWORD);
        await page.getByLabel('New Password').fill(password);
        await page.getByLabel('Retype Password').fill(password);
        await page.getByRole('button', { name: 'CHANGE' }).click();
      };
      await change('short');
      expect(await page.getByRole('alert').locator('li').allInnerTexts()).toEqual([
        'It has fewer than 8 characters.',
        'It has no digit (0 to 9).',
      ]);
      await picture(page, 'change-password');
      await change('a better one 2');
      expect(await page.getByRole('status').innerText()).toBe('Signed in.');
      await page.context().close();
    });

    test('LCK-4 LCK-5 wrong passwords up to the lock, and in again after the unlock', async () => {
      const who = await person();
      const page = await newPage({ scripts });
      await toPassword(page, who, 'wrong 123456');
      for (let i = 0; i < 4; i++) {
        if (i === 0) await picture(page, 'password-wrong');
        expect(await page.getByRole('alert').innerText()).toContain('did not work');
        expect(await page.getByLabel('User Name').inputValue()).toBe(who.account.userName);
        await page.getByLabel('Password').fill('wrong 123456');
        await enter(page);
      }
      expect(await step(page)).toBe('locked');
      await picture(page, 'locked');
      await server.core.lockout.unlock(who.account.id);
      await toPassword(page, who, PASSWORD);
      expect(await page.getByRole('status').innerText()).toBe('Signed in.');
      await page.context().close();
    });

    test('SGN-2 the back button after signing in shows the way back, and two tabs both arrive', async () => {
      const who = await person();
      const page = await newPage({ scripts });
      const second = await page.context().newPage();
      await second.goto(`${home}/sign-in`);
      await toPassword(page, who, PASSWORD);
      await page.goBack();
      await page.reload();
      expect(await step(page)).toBe('expired-link');
      await picture(page, 'expired');
      await page.getByRole('button', { name: /Back to/ }).click();
      expect(page.url()).toBe(`${home}/`);
      await second.getByRole('button', { name: /portal/ }).click();
      await second.getByLabel('Client Code').fill(who.tenant.clientCode);
      await second.getByLabel('User Name').fill(who.account.userName);
      await second.getByLabel('Password').fill(PASSWORD);
      await second.getByRole('button', { name: 'Login' }).click();
      expect(second.url().startsWith(home)).toBe(true);
      await page.context().close();
    });
  },
);

test('SGN-6 every page of the sign-in passes axe at both widths', async () => {
  const who = await person({ isEnrolled: true, isTemporary: true });
  for (const width of [1280, 390]) {
    const page = await newPage({ width });
    await page.goto(`${home}/sign-in`);
    expect(await broken(page)).toEqual([]);
    await page.getByRole('button', { name: /portal/ }).click();
    expect(await broken(page)).toEqual([]);
    await page.getByLabel('Client Code').fill(who.tenant.clientCode);
    await page.getByLabel('User Name').fill(who.account.userName);
    await page.getByLabel('Password').fill('wrong 123456');
    await enter(page);
    expect(await broken(page)).toEqual([]);
    await page.getByLabel('Password').fill(PASSWORD);
    await enter(page);
    expect(await broken(page)).toEqual([]);
    if ((await step(page)) === 'activate') {
      await page.locator('summary').click();
      const secret = await page.locator('[data-totp-secret]').innerText();
      await typeCode(page, codeOf(secret));
      expect(await step(page)).toBe('change-password');
      expect(await broken(page)).toEqual([]);
    }
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
    await page.context().close();
  }
});

test('S60 the pages load nothing that their policy refuses, and say nothing on the console', async () => {
  const who = await person();
  const page = await newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('requestfailed', (request) => complaints.push(request.url()));
  await toPassword(page, who, 'wrong 123456');
  expect(complaints).toEqual([]);
  await page.context().close();
});

test('S76 SGN-6 consent is asked for an application that is not first-party', async () => {
  const who = await person();
  const port = await freePort();
  const { id, secret } = await server.application({
    isFirstParty: false,
    name: 'Wallboard',
    redirectUris: [`http://localhost:${port}/callback`],
  });
  const other = await startSampleApplication({
    issuer: server.issuer,
    port,
    clientId: id,
    secret,
    log: createLog('silent'),
  });
  const page = await newPage({ scripts: false });
  await page.goto(`http://localhost:${port}/sign-in`);
  await page.getByLabel('Client Code').fill(who.tenant.clientCode);
  await page.getByLabel('User Name').fill(who.account.userName);
  await page.getByLabel('Password').fill(PASSWORD);
  await enter(page);
  expect(await step(page)).toBe('consent');
  await picture(page, 'consent');
  await page.getByRole('button', { name: 'Allow', exact: true }).click();
  expect(await page.getByRole('status').innerText()).toBe('Signed in.');
  await page.context().close();
  await other.close();
});
