import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { PASSWORD } from '../support/app.ts';
import { RelyingApplication } from '../support/application.ts';
import { browserForAll, enter, sound, step } from '../support/chromium.ts';
import { freePort } from '../support/port.ts';
import { serverForAll } from '../support/suite.ts';

const newPage = browserForAll();
const server = serverForAll();
/** The application: it keeps what is posted to its callback. */
let callback: Server;
let home: string;
let relying: RelyingApplication;
let posted: string[] = [];

beforeAll(async () => {
  const port = await freePort();
  home = `http://localhost:${port}`;
  callback = createServer(async (request, response) => {
    if (request.method === 'POST') posted.push(await text(request));
    response.writeHead(200, { 'content-type': 'text/html' }).end('<title>The application</title>');
  });
  await new Promise<void>((resolve) => callback.listen(port, 'localhost', resolve));
  const { id, secret } = await server.application({
    name: 'the desk',
    redirectUris: [`${home}/callback`],
    postLogoutRedirectUris: [`${home}/`],
    population: 'any',
  });
  relying = await RelyingApplication.discover(server.issuer, id, secret);
});
afterAll(async () => {
  await new Promise((resolve) => callback.close(resolve));
});

const request = (extra: Record<string, string> = {}) =>
  relying.request({ redirect_uri: `${home}/callback`, ...extra });

/** The code that the application was given, once. */
async function subject(): Promise<string | undefined> {
  expect(posted).toHaveLength(1);
  const landed = `${home}/callback?${posted[0]}`;
  posted = [];
  return (await relying.exchange(landed)).claims()?.sub;
}

async function people() {
  const tenant = await server.tenant('livevox');
  const [first, second] = [await server.account(tenant), await server.account(tenant)];
  const typePassword = async (page: Page, { userName }: { userName: string }) => {
    await page.getByLabel('Client Code').fill(tenant.clientCode);
    await page.getByLabel('Login ID').or(page.getByLabel('User Name')).fill(userName);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await enter(page);
  };
  return { first, second, typePassword };
}

/** Waits for the page that Chromium ends on. */
const landed = (page: Page) => page.waitForURL(`${home}/callback`);

/** Where scripts run, the page goes by itself; where they do not, by its button. */
async function passOn(page: Page, scripts: boolean, next: Promise<unknown>) {
  if (!scripts) await page.getByRole('button', { name: 'Continue' }).click();
  await next;
}

async function chooseUser(page: Page) {
  if ((await step(page)) === 'identify') await page.getByRole('button', { name: /portal/ }).click();
}

describe.each([{ scripts: true }, { scripts: false }])(
  'in Chromium with scripts: $scripts',
  ({ scripts }) => {
    test('OID-1 form_post takes the code to the application, once', async () => {
      const { first, typePassword } = await people();
      const page = await newPage({ scripts });
      await page.goto(await request({ response_mode: 'form_post' }));
      await chooseUser(page);
      await typePassword(page, first);
      await passOn(page, scripts, landed(page));
      expect(await page.title()).toBe('The application');
      expect(await subject()).toBe(first.id);
      await page.context().close();
    });

    test('SGN-3 a sign-in as another person signs the first one out and ends at the application', async () => {
      const { first, second, typePassword } = await people();
      const page = await newPage({ scripts });
      await page.goto(await request());
      await chooseUser(page);
      await typePassword(page, first);
      await page.goto(await request({ prompt: 'login' }));
      await chooseUser(page);
      await typePassword(page, second);
      const back = page.waitForURL(/callback\?code=/);
      await passOn(page, scripts, back);
      expect((await relying.exchange(page.url())).claims()?.sub).toBe(second.id);
      await page.context().close();
    });

    test('SES-3 signing out where no session is ends on our page', async () => {
      const page = await newPage({ scripts });
      await page.goto(`${server.issuer}/oauth2/logout`);
      await passOn(page, scripts, page.waitForURL(/logout\/success/));
      expect(await step(page)).toBe('logged-out');
      if (scripts) await sound(page, 'logged-out');
      await page.context().close();
    });
  },
);

test.each(['light', 'dark'] as const)(
  'SGN-6 without the file of the script, the pages are sound and their buttons work (%s)',
  async (colorScheme) => {
    const { first, second, typePassword } = await people();
    const page = await newPage();
    await page.emulateMedia({ colorScheme });
    await page.route('**/assets/send.*', (route) => route.abort());
    const looked = async (name: string) => {
      expect(await step(page)).toBe(name);
      await sound(page, `passed-on-${name}-${colorScheme}`);
      await page.getByRole('button', { name: 'Continue' }).click();
    };
    await page.goto(`${server.issuer}/oauth2/logout`);
    await looked('signOut');
    await page.waitForURL(/logout\/success/);
    await page.goto(await request({ response_mode: 'form_post' }));
    await chooseUser(page);
    await typePassword(page, first);
    await looked('application');
    await landed(page);
    expect(await subject()).toBe(first.id);
    await page.goto(await request({ prompt: 'login' }));
    await chooseUser(page);
    await typePassword(page, second);
    await looked('change');
    await page.waitForURL(/callback\?code=/);
    expect((await relying.exchange(page.url())).claims()?.sub).toBe(second.id);
    await page.goto(`${server.issuer}/oauth2/logout`);
    await sound(page, `passed-on-logout-${colorScheme}`);
    await page.context().close();
  },
);
