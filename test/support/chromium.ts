import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findService } from '../services.ts';

/** Debian's Chromium without anything that reaches for the network. */
export async function launchChromium(): Promise<Browser> {
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

/** A page in a profile of its own. */
export async function newPage(
  browser: Browser,
  options: { scripts?: boolean; width?: number } = {},
): Promise<Page> {
  const context = await browser.newContext({
    javaScriptEnabled: options.scripts ?? true,
    viewport: { width: options.width ?? 1280, height: options.width && options.width < 600 ? 844 : 800 },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  return page;
}

/** Where SALLYPORT_SCREENSHOTS names a folder, keeps pictures of a page at both widths for whoever wants to look. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.SALLYPORT_SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  const before = page.viewportSize();
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 800 });
    await page.screenshot({ path: join(folder, `${name}-${width}.png`), fullPage: true });
  }
  if (before) await page.setViewportSize(before);
}
