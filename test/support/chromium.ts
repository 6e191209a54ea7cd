import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Tenant } from '../../src/capabilities/tenants/index.ts';
import { findService } from '../services.ts';
import { HANG_MS } from './pace.ts';
import { PASSWORD } from './site.ts';

const WIDTHS = [1280, 390];
const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Debian's Chromium without anything that reaches for the network. */
async function launchChromium(): Promise<Browser> {
  const executablePath = findService('Chromium');
  if (!executablePath) throw new Error('Chromium is missing: npm run services');
  return chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}

export interface PageOptions {
  scripts?: boolean;
  width?: number;
}

/**
 * Chromium for all tests of a file; there from the first test on. It ends before what is set up after it: a server closes when its
 * browser is gone.
 * @returns opens a page in a profile of its own
 */
export function browserForAll(): (options?: PageOptions) => Promise<Page> {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());
  return async ({ scripts = true, width = 1280 } = {}) => {
    const context = await browser.newContext({
      javaScriptEnabled: scripts,
      viewport: { width, height: width < 600 ? 844 : 800 },
    });
    const page = await context.newPage();
    page.setDefaultTimeout(HANG_MS);
    return page;
  };
}

/** Types the password of a person at the link for users. @param name what the tenant identifies people by */
export async function signInByLink(
  page: Page,
  { issuer }: { issuer: string },
  person: { tenant: Tenant; name: string; password?: string },
) {
  await page.goto(`${issuer}/go/user`);
  await page.getByLabel('Client Code').fill(person.tenant.clientCode);
  await page.getByLabel('User Name').fill(person.name);
  await page.getByLabel('Password').fill(person.password ?? PASSWORD);
  await enter(page);
}

/** Where SALLYPORT_SCREENSHOTS names a folder, keeps pictures of a page at both widths for those who want to look. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.SALLYPORT_SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  const before = page.viewportSize();
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 800 });
    await page.screenshot({ path: join(folder, `${name}-${width}.png`), fullPage: true });
  }
  if (before) await page.setViewportSize(before);
}

/** The `data-step` of the page. */
export async function step(page: Page): Promise<string> {
  return (await page.locator('main').getAttribute('data-step')) ?? '';
}

/** Sends the form in which the cursor stands. */
export async function enter(page: Page) {
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
}

/** What axe knows of WCAG 2.2 AA to be broken. It runs through the debugger, which the page's policy does not bind. */
export async function broken(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return (await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target).join(' ')))`,
  )) as string[];
}

/** As `sound`, in dark colours too. */
export async function soundInBothColours(page: Page, name: string) {
  await sound(page, name);
  // A colour that still fades from the one to the other would be measured half-way.
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await sound(page, `${name}-dark`);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'no-preference' });
}

/** Nothing is broken, and nothing wider than the screen, at both widths; with a picture for those who look. */
export async function sound(page: Page, name: string) {
  const before = page.viewportSize();
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 844 });
    expect({ name, width, broken: await broken(page) }).toEqual({ name, width, broken: [] });
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
  }
  if (before) await page.setViewportSize(before);
  await picture(page, name);
}
