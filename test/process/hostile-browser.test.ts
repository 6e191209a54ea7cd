import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { memberOf } from '../../src/capabilities/credential-events/index.ts';
import { PASSWORD, type StartedApp, startApp } from '../support/app.ts';
import { runCommand } from '../support/command.ts';
import { type Story, story } from '../support/story.ts';

/** As a header may carry it, byte by byte: a C1 sequence that clears the screen, and a no-break space. */
const SENT = 'Mozilla/5.0 \x9b2J\x9d0;owned\x9c\u00ad end';
/** What another door, or an earlier version, may have stored. */
const STORED = 'Mozilla/5.0 \x1b[2J\x9b31m \u202eevil\u2066\u200b\u2028\r\nforged\x7f end';
const ACTS = /[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]--\n]/v;

let server: StartedApp;
let tale: Story;
let environment: Record<string, string>;
beforeAll(async () => {
  server = await startApp();
  const { stores, data, masterKey } = server.core.settings;
  environment = {
    SALLYPORT_ISSUER: server.issuer,
    SALLYPORT_DATA: data,
    SALLYPORT_DOCUMENTS: stores.documents,
    SALLYPORT_EPHEMERAL: stores.ephemeral,
    ...(masterKey ? { SALLYPORT_MASTER_KEY: masterKey } : {}),
  };
  tale = await story(server);
  const { clientCode } = tale.tenant;
  const policy = ['policy', 'set', '--tenant', clientCode, 'secondFactor.trustDays=30'];
  expect((await runCommand(policy, environment)).code).toBe(0);
  const { browser } = tale;
  await browser.open(await tale.relying.request(), { 'user-agent': SENT });
  const fields = { clientCode, userName: tale.account.userName, password: PASSWORD };
  const headers = { origin: server.issuer, 'user-agent': SENT };
  await browser.post(`${browser.page.url}/password`, fields, headers);
  const tenant = await server.core.tenants.byClientCode(clientCode);
  if (!tenant) throw new Error('the tenant is missing');
  const account = await server.reread(tale.account);
  const visitor = { address: '192.0.2.1', browser: STORED };
  await server.core.trustedBrowsers.begin(undefined, memberOf(account, tenant), visitor);
});
afterAll(() => server.close());

async function printed(name: string, ...more: string[]) {
  const person = ['--tenant', tale.tenant.clientCode, '--population', 'user', '--user-name'];
  const argv = ['account', name, ...person, tale.account.userName, ...more];
  const ended = await runCommand(argv, environment);
  expect([ended.code, ended.stderr]).toEqual([0, '']);
  return ended.stdout;
}

describe.each(['sessions', 'trusted-browsers', 'why'])('account %s', (name) => {
  test('SEC-4 X12 shows a hostile User-Agent without acting on the terminal', async () => {
    const shown = await printed(name);
    expect(shown).toContain('Mozilla/5.0');
    expect(shown).not.toMatch(ACTS);
    expect(shown).not.toMatch(/^forged/m);
  });

  test('SEC-4 X12 gives JSON that does not act on the terminal either', async () => {
    const json = await printed(name, '--json');
    expect(json).toContain('Mozilla/5.0');
    expect(json).not.toMatch(ACTS);
    expect(() => JSON.parse(json)).not.toThrow();
  });
});
