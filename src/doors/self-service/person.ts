import type { Account, Accounts } from '../../capabilities/accounts/index.ts';
import { loadMember, type Member } from '../../capabilities/credential-events/index.ts';
import { daysUntil, passwordExpiresAt } from '../../capabilities/passwords/index.ts';
import { maySetUp, modeFor, recoveryCodesLeft } from '../../capabilities/second-factor/index.ts';
import type { Tenants } from '../../capabilities/tenants/index.ts';
import { type Clock, longDate } from '../../foundation/base/index.ts';
import { type BrowserCookies, type Pages, visitorOf, type WebContext } from '../../foundation/web/index.ts';
import type { Claimant } from '../../use-cases/credentials/index.ts';
import type { BrowserSession, BrowserSessions } from '../oidc/index.ts';

/** The person that this browser is signed in as. */
export interface Person extends Member {
  ctx: WebContext;
  session: BrowserSession;
}

export interface PersonParts {
  browserSessions: BrowserSessions;
  accounts: Accounts;
  tenants: Tenants;
  pages: Pages;
  clock: Clock;
  cookies: BrowserCookies;
}

/** @returns undefined when this browser is not signed in */
export async function findPerson(parts: PersonParts, ctx: WebContext): Promise<Person | undefined> {
  const session = await parts.browserSessions.current(ctx);
  const member = session && (await loadMember(parts, session.accountId));
  return member && { ctx, session, ...member };
}

/**
 * The key of something half-done: one session of one person, as another person may later use the session of the same
 * browser.
 */
export function placeOf({ session, account }: Person, what: 'proof' | 'set-up' | 'codes' | 'form'): string {
  return `${what}:${session.uid}:${account.id}`;
}

/** The browser carries a session of this account: it is no stranger (LCK-7). */
export function claimantOf({ cookies }: PersonParts, { ctx, account, tenant, epoch }: Person): Claimant {
  const where = { tenantId: tenant.id, accountId: account.id, ...visitorOf(ctx) };
  return { account, tenant, epoch, browser: 'known', where, trustToken: cookies.trust.read(ctx) };
}

/** What every page of the person carries: who they are, and what the menu at the upper right offers (PWD-10). */
export function shell({ account, tenant }: Person) {
  return {
    person: account.name ?? account.userName,
    userName: account.userName,
    isAgent: account.population === 'agent',
    tenantName: tenant.name,
    // The entry tells the state (MFA-5); there is none where no one has a second factor.
    factorEntry:
      account.secondFactor.status === 'active'
        ? 'enabled'
        : modeFor(account, tenant.policy) === 'off'
          ? ''
          : 'disabled',
  };
}

/** Recovery codes were made, and all are used: new ones are offered (MFA-10). */
function hasRunOut(factor: Account['secondFactor']): boolean {
  return factor.recoveryCodes !== null && recoveryCodesLeft(factor) === 0;
}

/** `GET /account` */
export async function overview({ pages, clock }: PersonParts, person: Person): Promise<void> {
  const { ctx, account, tenant } = person;
  const { timeZone } = tenant.policy.locale;
  const expiresAt = passwordExpiresAt(account, tenant.policy, tenant.spread);
  pages.render(ctx, 'account/overview', {
    title: 'account.title',
    step: 'account',
    ...shell(person),
    email: account.email,
    clientCode: tenant.clientCode,
    population: account.population,
    factor: account.secondFactor.status,
    suggestsFactor: account.secondFactor.status === 'none' && maySetUp(account, tenant.policy),
    hasNoRecoveryCodes: hasRunOut(account.secondFactor),
    changed: ctx.query.changed === 'password',
    passwordSetAt: account.password ? longDate(account.password.setAt, timeZone) : '',
    passwordExpires: expiresAt === null ? undefined : longDate(expiresAt, timeZone),
    daysLeft: expiresAt === null ? undefined : daysUntil(expiresAt, clock.now()),
    warnDays: tenant.policy.password.warnDays,
  });
}
