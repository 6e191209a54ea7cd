import type { Account } from '../../src/capabilities/accounts/index.ts';
import type { StartedApp } from './app.ts';
import type { Shown } from './browser.ts';
import { eventually } from './eventually.ts';
import { PASSWORD } from './site.ts';
import { story } from './story.ts';

/** The recovery codes that a page shows. */
export function shownCodes(page: Shown): string[] {
  return page.dom.querySelectorAll('[data-recovery-codes] code').map((code) => code.text);
}

/** The codes that were mailed to an address, the newest first; waits until there are so many. */
export async function mailedCodes(server: StartedApp, email: string, count = 1): Promise<string[]> {
  const read = async () =>
    server.mailbox.messages
      .filter(({ to, subject }) => to === email && subject === 'Your code')
      .map(({ text }) => /\b\d{6}\b/.exec(text)?.[0] ?? '');
  return eventually(read, (codes) => codes.length >= count);
}

/** The text of a mail to an address; waits until it is there. */
export async function mailTo(server: StartedApp, email: string, subject: string): Promise<string> {
  const find = () => server.mailbox.messages.find((m) => m.to === email && m.subject === subject)?.text;
  return (await eventually(find, (text) => text !== undefined)) ?? '';
}

/** Adds codes by mail to what the account has. */
export async function withMail(server: StartedApp, account: Account, email: string): Promise<void> {
  await server.core.accounts.update(account.id, (current) => ({
    ...current,
    email,
    secondFactor: {
      ...current.secondFactor,
      status: 'active',
      authenticators: [...current.secondFactor.authenticators, server.core.mailedCodes.authenticator(email)],
    },
  }));
}

/** Gives the account recovery codes. */
export async function withRecoveryCodes(
  server: StartedApp,
  account: Account,
  count: number,
): Promise<string[]> {
  const { codes, kept } = await server.core.keptCodes.makeRecoveryCodes(count);
  await server.core.accounts.update(account.id, (current) => ({
    ...current,
    secondFactor: { ...current.secondFactor, recoveryCodes: kept },
  }));
  return codes;
}

let people = 0;
/** An address that no other person has. */
export function anAddress(): string {
  people += 1;
  return `person${people}@site.example`;
}

/** A person past the password, with what they hold. */
export async function atTheCode(
  server: StartedApp,
  options: { totpSecret?: string; mail?: boolean; recovery?: number; preset?: string } = {},
) {
  const email = anAddress();
  const { totpSecret, preset = 'cloudcx' } = options;
  const tale = await story(server, {
    preset,
    person: { email, ...(totpSecret ? { totpSecret } : {}) },
  });
  if (options.mail) await withMail(server, tale.account, email);
  const codes = options.recovery ? await withRecoveryCodes(server, tale.account, options.recovery) : [];
  const name = preset === 'cloudcx' ? email : tale.account.userName;
  const signIn = async (extra: Record<string, string> = {}) => {
    await tale.browser.jar.removeAllCookies();
    await tale.begin(extra);
    return tale.typePassword(PASSWORD, name);
  };
  return { ...tale, email, name, codes, signIn, page: await signIn() };
}
