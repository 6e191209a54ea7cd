import type { Account, Population } from '../../../capabilities/accounts/index.ts';
import { passwordExpiresAt } from '../../../capabilities/passwords/index.ts';
import { mustHaveFactor } from '../../../capabilities/second-factor/index.ts';
import type { Policy, Spread } from '../../../capabilities/tenants/index.ts';

/** What a preview knows of one account. */
export interface AccountFacts {
  account: Account;
  /** Live browser sessions, each with the applications that are signed on through it. */
  sessions: readonly { applications: readonly string[] }[];
  /** Live sessions of the session API. */
  apiSessions: number;
}

export interface PolicyState {
  policy: Policy;
  spread: Spread | null;
}

/** The table of effects (PWD-16). Numbers of accounts unless the name says otherwise. */
export interface PolicyPreview {
  accounts: Record<Population, number>;
  /** Passwords that are expired under the new policy and were not under the old one. */
  expireNow: number;
  /** Of those that expire within the next 7 days and did not. */
  expireWithin7Days: number;
  /** Passwords that were expired and no longer are. */
  noLongerExpired: number;
  /** Of `expireNow`: signed in at this moment; their sessions go on, as hygiene waits for the next sign-in. */
  expiredAndSignedIn: number;
  /** Accounts that must set up a second factor at their next sign-in and need not now. */
  mustSetUpFactor: number;
  signedIn: Record<Population, number>;
  /** Sessions of the session API that end, as their password expires (API-6). */
  apiSessionsThatEnd: number;
  /** Live sessions by application. */
  applications: Record<string, number>;
}

const WEEK = 7 * 86_400;

export function emptyPreview(): PolicyPreview {
  return {
    accounts: { user: 0, agent: 0 },
    expireNow: 0,
    expireWithin7Days: 0,
    noLongerExpired: 0,
    expiredAndSignedIn: 0,
    mustSetUpFactor: 0,
    signedIn: { user: 0, agent: 0 },
    apiSessionsThatEnd: 0,
    applications: {},
  };
}

function isExpiredBy(account: Account, { policy, spread }: PolicyState, at: number): boolean {
  const expiresAt = passwordExpiresAt(account, policy, spread);
  return expiresAt !== null && at >= expiresAt;
}

function withSessions(counted: Record<string, number>, facts: AccountFacts): Record<string, number> {
  const applications = facts.sessions.flatMap((session) => session.applications);
  const next = { ...counted };
  for (const id of applications) next[id] = (next[id] ?? 0) + 1;
  return next;
}

/** The table with one account more: what a change of policy would do to it at `now`. Pure; folded over any number of accounts. */
export function previewChange(
  table: PolicyPreview,
  facts: AccountFacts,
  before: PolicyState,
  after: PolicyState,
  now: number,
): PolicyPreview {
  const { account, sessions, apiSessions } = facts;
  const { population } = account;
  const was = isExpiredBy(account, before, now);
  const is = isExpiredBy(account, after, now);
  const soon = !is && isExpiredBy(account, after, now + WEEK) && !isExpiredBy(account, before, now + WEEK);
  const isNew = is && !was;
  const isSignedIn = sessions.length > 0;
  const owes = (policy: Policy) => mustHaveFactor(account, policy);
  const one = (holds: boolean) => (holds ? 1 : 0);
  return {
    accounts: { ...table.accounts, [population]: table.accounts[population] + 1 },
    expireNow: table.expireNow + one(isNew),
    expireWithin7Days: table.expireWithin7Days + one(soon),
    noLongerExpired: table.noLongerExpired + one(was && !is),
    expiredAndSignedIn: table.expiredAndSignedIn + one(isNew && isSignedIn),
    mustSetUpFactor: table.mustSetUpFactor + one(owes(after.policy) && !owes(before.policy)),
    signedIn: { ...table.signedIn, [population]: table.signedIn[population] + one(isSignedIn) },
    apiSessionsThatEnd: table.apiSessionsThatEnd + (isNew ? apiSessions : 0),
    applications: withSessions(table.applications, facts),
  };
}
