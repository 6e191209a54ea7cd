import type { Policy } from '../../src/capabilities/tenants/index.ts';
import { PASSWORD, SECRET, type StartedApp } from './app.ts';
import type { Shown } from './browser.ts';
import { anAddress } from './factors.ts';
import { policyWith } from './policies.ts';
import { codeOf, type Story, story } from './story.ts';
import type { HeldTime } from './time.ts';

export type TrustDays = Policy['secondFactor']['trustDays'];

export const TRUST_COOKIE = 'sallyport_trust';

/** The page asks for the code: the browser is not trusted. */
export const isAsked = ({ step }: { step: string }): boolean => step === 'second-factor';

/** The browser's cookie of this name, as it may be copied. */
export async function cookieOf({ browser }: Pick<Story, 'browser'>, name: string): Promise<string> {
  const all = await browser.jar.getCookies(browser.origin);
  return all.find(({ key }) => key === name)?.value ?? '';
}

/** What people do with trusted browsers, on a server whose clock is held. */
export function trustOn(server: StartedApp, time: HeldTime) {
  /** A person with an app, who has not signed in yet. */
  async function person(trustDays: TrustDays = 30): Promise<Story> {
    const tenant = await server.tenant(
      'vcc-live',
      policyWith({ secondFactor: { trustDays, mode: 'voluntary', recoveryCodes: 10 } }),
    );
    const tale = await story(server, { tenant, person: { totpSecret: SECRET, email: anAddress() } });
    return { ...tale, account: await server.reread(tale.account) };
  }

  /** A sign-in to the code page or the application; the session before it is forgotten, as after a day. */
  async function signIn(
    tale: Story,
    extra: Record<string, string> = {},
    password = PASSWORD,
    userName = tale.account.userName,
  ): Promise<Shown> {
    const { jar } = tale.browser;
    const trust = (await jar.getCookies(server.issuer)).find(({ key }) => key === TRUST_COOKIE);
    await jar.removeAllCookies();
    if (trust) await jar.setCookie(trust, server.issuer);
    await tale.begin(extra);
    return tale.typePassword(password, userName);
  }

  async function giveCode(tale: Story, trustBrowser = true): Promise<Shown> {
    time.move(60);
    return tale.browser.submit(
      { code: codeOf(SECRET), ...(trustBrowser ? { trustBrowser: 'yes' } : {}) },
      '/second-factor',
    );
  }

  /** A person who signed in once, with the box ticked. */
  async function trusted(days: TrustDays = 30): Promise<Story> {
    const tale = await person(days);
    await signIn(tale);
    await giveCode(tale);
    return tale;
  }

  return { person, signIn, giveCode, trusted };
}
