import { generateSync } from 'otplib';
import type { Account } from '../../src/capabilities/accounts/index.ts';
import type { Tenant } from '../../src/capabilities/tenants/index.ts';

import { RelyingApplication } from './application.ts';
import { Browser, type Shown } from './browser.ts';
import { type NewPerson, PASSWORD, type Site } from './site.ts';

/** What nearly every story begins with. */
export interface Story {
  tenant: Tenant;
  account: Account;
  application: { id: string; secret: string };
  relying: RelyingApplication;
  browser: Browser;
  /** Opens the application's authorization request. */
  begin(extra?: Record<string, string>): Promise<Shown>;
  typePassword(password?: string, userName?: string): Promise<Shown>;
}

export async function story(
  server: Site & { issuer: string },
  options: {
    preset?: string;
    person?: NewPerson;
    tenant?: Tenant;
    population?: 'user' | 'agent' | 'any';
    isFirstParty?: boolean;
    fixTenant?: boolean;
  } = {},
): Promise<Story> {
  const tenant = options.tenant ?? (await server.tenant(options.preset));
  const account = await server.account(tenant, options.person);
  const application = await server.application({
    population: options.population ?? options.person?.population ?? 'user',
    name: 'the desk',
    isFirstParty: options.isFirstParty ?? true,
    tenantId: options.fixTenant ? tenant.id : null,
  });
  const relying = await RelyingApplication.discover(server.issuer, application.id, application.secret);
  const browser = new Browser(server.issuer);
  return {
    tenant,
    account,
    application,
    relying,
    browser,
    begin: async (extra = {}) => browser.open(await relying.request(extra)),
    typePassword: (password = options.person?.password ?? PASSWORD, userName = account.userName) =>
      browser.submit({ clientCode: tenant.clientCode, userName, password }, '/password'),
  };
}

/** A story whose person has signed in; the application has not asked for the tokens yet. */
export async function backAtApplication(
  server: Site & { issuer: string },
  options: Parameters<typeof story>[1] = {},
): Promise<Story & { landed: Shown }> {
  const tale = await story(server, options);
  await tale.begin();
  await tale.typePassword();
  if (options.person?.totpSecret) await tale.browser.submit({ code: codeOf(options.person.totpSecret) });
  return { ...tale, landed: tale.browser.page };
}

/** A story whose person is signed in, with the tokens that the application got. */
export async function signedIn(
  server: Site & { issuer: string },
  options: Parameters<typeof story>[1] = {},
): Promise<Story & { tokens: Awaited<ReturnType<RelyingApplication['exchange']>> }> {
  const { landed, ...tale } = await backAtApplication(server, options);
  return { ...tale, tokens: await tale.relying.exchange(landed.url) };
}

/** The code that an authenticator shows, `steps` away from now. */
export function codeOf(secret: string, steps = 0): string {
  return generateSync({
    secret: secret.replace(/\s/g, ''),
    epoch: Math.floor(Date.now() / 1000) + steps * 30,
  });
}

/** The secret of an activation page. */
export function shownSecret(page: Shown): string {
  return page.dom.querySelector('[data-totp-secret]')?.text.replace(/\s/g, '') ?? '';
}
