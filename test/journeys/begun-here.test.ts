import { describe, expect, test } from '@jest/globals';
import { isIn, PASSWORD, SECRET } from '../support/app.ts';
import { passkeyOptions, SoftwarePasskey } from '../support/authenticator.ts';
import { Browser } from '../support/browser.ts';
import { anAddress, mailedCodes, shownCodes } from '../support/factors.ts';
import { policyWith } from '../support/policies.ts';
import { codeOf, type Story, shownSecret, story } from '../support/story.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const server = serverForAll();
const time = clockForEach();

const voluntary = policyWith({
  secondFactor: { mode: 'voluntary', methods: ['app', 'mail', 'passkey'], recoveryCodes: 10 },
});

async function signedIn(totpSecret?: string) {
  const tenant = await server.tenant('vcc-live', voluntary);
  const tale = await story(server, {
    tenant,
    person: { email: anAddress(), ...(totpSecret ? { totpSecret } : {}) },
  });
  await tale.begin();
  await tale.typePassword();
  if (totpSecret) await tale.browser.submit({ code: codeOf(SECRET) }, '/second-factor');
  expect(isIn(tale.browser.page)).toBe(true);
  // Each code is good once.
  time.move(60);
  return tale;
}

/** A copy of the session cookie, and nothing else, in a browser of its own. */
async function copyOf({ browser }: Story): Promise<Browser> {
  const copy = new Browser(server.issuer);
  for (const cookie of await browser.jar.getCookies(server.issuer))
    if (cookie.key.startsWith('sallyport_session')) await copy.jar.setCookie(cookie, server.issuer);
  return copy;
}

describe('SEC-4 X3 what one browser began, a copied session cookie neither sees nor ends', () => {
  const BASE = '/account/second-factor';
  const METHODS = ['app', 'mail', 'passkey'] as const;

  test.each(METHODS)('the set-up of %s', async (method) => {
    const tale = await signedIn();
    const page = `${BASE}/set-up/${method}`;
    await tale.browser.open(page);
    const begun = await tale.browser.submit({ currentPassword: PASSWORD }, `/set-up/${method}`);
    const passkey =
      method === 'passkey'
        ? new SoftwarePasskey().create(passkeyOptions(begun), { origin: server.issuer })
        : '';
    const secret = shownSecret(begun);
    const code =
      method === 'mail' ? (await mailedCodes(server, tale.account.email ?? ''))[0] : secret && codeOf(secret);
    const fields: Record<string, string> = passkey ? { passkey, name: 'mine' } : { code: code ?? '' };

    const copy = await copyOf(tale);
    const seen = await copy.open(page);
    expect(shownSecret(seen)).toBe('');
    expect(seen.dom.querySelectorAll('form').map((form) => form.getAttribute('action'))).not.toContain(
      `${page}/finish`,
    );
    await copy.post(`${server.issuer}${page}/finish`, fields);
    expect((await server.reread(tale.account)).secondFactor.status).toBe('none');

    await tale.browser.open(page);
    await tale.browser.submit(fields, '/finish');
    expect((await server.reread(tale.account)).secondFactor.status).toBe('active');
  });

  test('new recovery codes, on the page and as a file', async () => {
    const tale = await signedIn(SECRET);
    const page = `${BASE}/recovery-codes`;
    await tale.browser.open(page);
    const made = await tale.browser.submit(
      { currentPassword: PASSWORD, code: codeOf(SECRET) },
      '/recovery-codes',
    );
    expect(shownCodes(made)).toHaveLength(10);
    const copy = await copyOf(tale);
    expect(shownCodes(await copy.open(page))).toEqual([]);
    const file = await copy.post(`${server.issuer}${page}/file`, {});
    expect(file.html).not.toContain(shownCodes(made)[0]);
    expect(shownCodes(await tale.browser.open(page))).toEqual(shownCodes(made));
  });

  test('nor the copy that opened the page of the set-up before its owner did', async () => {
    const tale = await signedIn();
    const page = `${BASE}/set-up/app`;
    const copy = await copyOf(tale);
    await copy.open(page);
    await tale.browser.open(page);
    const begun = await tale.browser.submit({ currentPassword: PASSWORD }, '/set-up/app');
    expect(shownSecret(begun)).not.toBe('');
    expect(shownSecret(await copy.open(page))).toBe('');
  });
});
