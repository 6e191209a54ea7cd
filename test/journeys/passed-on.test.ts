import { describe, expect, test } from '@jest/globals';
import type { Shown } from '../support/browser.ts';
import { CALLBACK, PASSWORD } from '../support/site.ts';
import { story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();

/** The hidden fields of a form that is passed on. */
function fieldsOf({ dom }: Shown): Record<string, string> {
  const inputs = dom.querySelectorAll('form input[type=hidden]');
  return Object.fromEntries(
    inputs.map((input) => [input.getAttribute('name') ?? '', input.getAttribute('value') ?? '']),
  );
}

/** In our look, with a button that everybody sees, and with no script but a file of ours. */
function expectOurPage(page: Shown) {
  expect(page.dom.querySelector('link[rel=stylesheet]')).not.toBeNull();
  expect(page.dom.querySelector('form button[type=submit]')?.text).toBe('Continue');
  expect(page.dom.querySelector('noscript')).toBeNull();
  for (const script of page.dom.querySelectorAll('script')) {
    expect(script.text).toBe('');
    expect(script.getAttribute('src')).toMatch(/^\/assets\/send\./);
  }
  const policy = page.headers.get('content-security-policy') ?? '';
  expect(policy).not.toMatch(/sha256|unsafe|form-action/);
  expect(policy).toContain("script-src 'self'");
}

/** What the application would read at its callback. */
function posted(page: Shown): string {
  return `${CALLBACK}?${new URLSearchParams(fieldsOf(page))}`;
}

describe('an answer by form_post', () => {
  test('OID-1 is a page of ours whose form takes the code to the application', async () => {
    const { begin, typePassword, relying, account } = await story(server);
    await begin({ response_mode: 'form_post' });
    const page = await typePassword();
    expect([page.status, page.step]).toEqual([200, 'application']);
    expectOurPage(page);
    expect(page.dom.querySelector('main')?.text).toContain('the desk');
    expect(page.dom.querySelector('form')?.getAttribute('action')).toBe(CALLBACK);
    expect(Object.keys(fieldsOf(page)).sort()).toEqual(['code', 'iss', 'state']);
    expect((await relying.exchange(posted(page))).claims()?.sub).toBe(account.id);
  });

  test('OID-1 comes as the same page to a person who is signed in already', async () => {
    const { begin, typePassword, relying, account } = await story(server);
    await begin();
    await typePassword();
    const page = await begin({ response_mode: 'form_post' });
    expectOurPage(page);
    expect((await relying.exchange(posted(page))).claims()?.sub).toBe(account.id);
  });

  test('OID-1 takes an error to the application too', async () => {
    const { begin } = await story(server);
    const page = await begin({ response_mode: 'form_post', prompt: 'none' });
    expect([page.status, page.step, fieldsOf(page).error]).toEqual([400, 'application', 'login_required']);
    expectOurPage(page);
  });

  test('SEC-3 writes what an application sent as text', async () => {
    const { begin } = await story(server);
    const state = `"><script>alert(1)</script>'&lt;`;
    const page = await begin({ response_mode: 'form_post', prompt: 'none', state });
    expectOurPage(page);
    expect(page.html).not.toContain('<script>alert');
    expect(page.dom.querySelectorAll('script')).toHaveLength(1);
    expect(page.dom.querySelectorAll('form')).toHaveLength(1);
  });

  test('SES-1 takes the cookies of its sign-in along', async () => {
    const { begin, browser, typePassword } = await story(server);
    await begin({ response_mode: 'form_post' });
    const { pathname } = new URL(browser.page.url);
    await typePassword();
    expect(await browser.cookies(`${server.issuer}${pathname}`)).not.toContain('sallyport_interaction');
    expect((await browser.cookies(`${server.issuer}/oauth2/authorize`)).join()).not.toContain('begun');
  });
});

describe('a sign-in as another person', () => {
  test('SGN-3 says that the other account is signed out, and goes on by its button', async () => {
    const { begin, browser, typePassword, relying, tenant } = await story(server);
    await begin();
    await typePassword();
    const other = await server.account(tenant);
    await begin({ prompt: 'login' });
    const page = await typePassword(PASSWORD, other.userName);
    expect([page.status, page.step]).toEqual([200, 'change']);
    expectOurPage(page);
    expect((await relying.exchange((await browser.submit()).url)).claims()?.sub).toBe(other.id);
  });

  test('SGN-3 answers by form_post after it, where the application asked so', async () => {
    const { begin, browser, typePassword, relying, tenant } = await story(server);
    await begin();
    await typePassword();
    const other = await server.account(tenant);
    await begin({ prompt: 'login', response_mode: 'form_post' });
    expect((await typePassword(PASSWORD, other.userName)).step).toBe('change');
    const page = await browser.submit();
    expect(page.step).toBe('application');
    expect((await relying.exchange(posted(page))).claims()?.sub).toBe(other.id);
  });

  test('SEC-3 a confirmation with a secret of another browser signs no one out', async () => {
    const { begin, browser, typePassword, tenant, relying, account } = await story(server);
    await begin();
    await typePassword();
    const other = await server.account(tenant);
    await begin({ prompt: 'login' });
    const page = await typePassword(PASSWORD, other.userName);
    await browser.post('/oauth2/logout/confirm', { ...fieldsOf(page), xsrf: 'x'.repeat(21) });
    expect((await relying.exchange((await begin()).url)).claims()?.sub).toBe(account.id);
  });
});

describe('signing out', () => {
  test('SES-3 a browser that is not signed in goes on by a button, to where the application wants it', async () => {
    const { begin, browser, typePassword, relying } = await story(server);
    await begin();
    const { id_token } = await relying.exchange((await typePassword()).url);
    await browser.jar.removeAllCookies();
    const page = await browser.open(relying.logoutUrl(id_token));
    expect([page.status, page.step]).toEqual([200, 'signOut']);
    expectOurPage(page);
    expect((await browser.submit()).url).toBe('http://localhost:9/');
  });

  test('SES-3 a browser that is not signed in ends on our page where no application asked', async () => {
    const { browser } = await story(server);
    await browser.open('/oauth2/logout');
    expectOurPage(browser.page);
    expect((await browser.submit()).step).toBe('logged-out');
  });

  test('SES-3 a person who is signed in is asked, and meets our pages to the end', async () => {
    const { begin, browser, typePassword } = await story(server);
    await begin();
    await typePassword();
    expect((await browser.open('/oauth2/logout')).step).toBe('logout');
    expect((await browser.submit({ logout: 'yes' })).step).toBe('logged-out');
    expect((await begin()).step).toBe('password');
  });

  test('SES-3 a person who stays signed in is not told that they are signed out', async () => {
    const { begin, browser, typePassword, relying, account } = await story(server);
    await begin();
    await typePassword();
    await browser.open('/oauth2/logout');
    const page = await browser.submit({});
    expect(page.dom.querySelector('h1')?.text).toBe('You are still signed in');
    expect((await relying.exchange((await begin()).url)).claims()?.sub).toBe(account.id);
    await browser.open('/oauth2/logout');
    expect((await browser.submit({ logout: 'yes' })).dom.querySelector('h1')?.text).toBe(
      'You are signed out',
    );
  });
});
