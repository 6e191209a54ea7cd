import {
  browserToken,
  type Clock,
  fingerprint,
  newId,
  withNewBrowserToken,
} from '../../foundation/base/index.ts';
import type { Ephemeral } from '../../foundation/stores/index.ts';
import type { Account } from '../accounts/index.ts';
import type { KeptSession, Member } from '../credential-events/index.ts';
import type { Policy, Tenant } from '../tenants/index.ts';

/** A browser in which a person gave the code once, and need not for some days (MFA-13). */
export interface TrustedBrowser {
  id: string;
  accountId: string;
  /** Epoch seconds of the factor that began it: never extended. */
  beganAt: number;
  days: number;
  /** The credentials for which it holds: any event that ends trust changes them. */
  mark: string;
  address: string;
  browser: string;
}

export interface TrustedBrowsers {
  /** Days that the code page offers to this account; 0: none. Administrators enter the code every time (S40). */
  daysFor(account: Pick<Account, 'role'>, policy: Policy): number;
  /** @param carried what the browser carries; with a forged or foreign token nothing is trusted */
  isTrusted(carried: string | undefined, member: Member): Promise<boolean>;
  /**
   * Begins trust by a new token, and ends what this browser had for the account: a copy of the former token stays dead.
   * @returns what the browser must carry; the trust of others at the desk is in it as it was
   */
  begin(
    carried: string | undefined,
    member: Member,
    visitor: Pick<TrustedBrowser, 'address' | 'browser'>,
  ): Promise<string>;
  /** Those that hold now, the newest first. @param carried what the browser carries: its own is marked */
  list(member: Member, carried?: string): Promise<(TrustedBrowser & { endsAt: number; isThis: boolean })[]>;
  /** Ends one by its id, or all. @returns how many there were */
  end(account: Account, id: string | 'all'): Promise<number>;
  /** Lets the trust of this browser, where it holds, live through the person's own change (SES-4). */
  keeping(carried: string | undefined, member: Member): KeptSession;
  /** After a change of the factors by the person, here: this browser's trust is of the new round, and of no newer epoch. */
  follow(carried: string | undefined, before: Account, after: Member): Promise<void>;
}

const KIND = 'TrustedBrowser';
const DAY = 86_400;

/**
 * Epoch seconds from which a trust no longer holds: fixed where it began, cut by a shorter policy, and by one that was
 * shorter for a while (MFA-13).
 */
export function trustEndsAt(
  { beganAt, days }: Pick<TrustedBrowser, 'beganAt' | 'days'>,
  allowedDays: number,
  cuts: Tenant['trustCuts'],
): number {
  const limits = cuts.filter(({ at }) => beganAt <= at).map((cut) => cut.days);
  return beganAt + Math.min(days, allowedDays, ...limits) * DAY;
}

/** A trust is of one epoch (password, reset), one lock round and one round of the factors. */
function markOf({ lockRound, secondFactor }: Account, epoch: number): string {
  return `${epoch}:${lockRound}:${secondFactor.round}`;
}

function recordId(token: string, accountId: string): string {
  return fingerprint(`${token}:${accountId}`);
}

export function createTrustedBrowsers(parts: {
  ephemeral: Ephemeral;
  clock: Clock;
  /** The days that a policy allows; 0: the code is asked for at every sign-in. */
  daysOf(policy: Policy): number;
}): TrustedBrowsers {
  const { ephemeral, clock, daysOf } = parts;
  const daysFor = ({ role }: Pick<Account, 'role'>, policy: Policy) =>
    role === 'Agent' ? daysOf(policy) : 0;
  const idFor = (carried: string | undefined, account: Account) => {
    const token = browserToken(carried, account.id);
    return token === undefined ? undefined : recordId(token, account.id);
  };

  const read = async (id: string): Promise<TrustedBrowser | undefined> => {
    const record = await ephemeral.get(KIND, id, clock.now());
    return record && (JSON.parse(record.value) as TrustedBrowser);
  };
  const record = (trust: TrustedBrowser) => ({
    value: JSON.stringify(trust),
    expiresAt: trust.beganAt + trust.days * DAY,
    sets: { account: trust.accountId },
  });
  const holds = (trust: TrustedBrowser, { account, tenant, epoch }: Member) =>
    trust.accountId === account.id &&
    trust.mark === markOf(account, epoch) &&
    clock.now() < trustEndsAt(trust, daysFor(account, tenant.policy), tenant.trustCuts);

  const all = async (account: Account) => {
    const keys = await ephemeral.members(KIND, 'account', account.id, clock.now());
    const found = await Promise.all(keys.map(async (key) => ({ key, trust: await read(key) })));
    return found.filter((one): one is { key: string; trust: TrustedBrowser } => one.trust !== undefined);
  };
  /** Only one that held: what ended earlier, or meanwhile, stays so. */
  const restamp = async (id: string, was: string, mark: string) => {
    for (;;) {
      const stored = await ephemeral.get(KIND, id, clock.now());
      const trust = stored && (JSON.parse(stored.value) as TrustedBrowser);
      if (trust?.mark !== was) return;
      if (await ephemeral.replace(KIND, id, record({ ...trust, mark }), stored?.version ?? 0, clock.now()))
        return;
    }
  };

  return {
    daysFor,
    async isTrusted(carried, member) {
      const { account, tenant } = member;
      const id = idFor(carried, account);
      if (id === undefined || daysFor(account, tenant.policy) === 0) return false;
      const trust = await read(id);
      return trust !== undefined && holds(trust, member);
    },
    async begin(carried, { account, tenant, epoch }, { address, browser }) {
      const next = withNewBrowserToken(carried, account.id);
      const trust: TrustedBrowser = {
        id: newId(),
        accountId: account.id,
        beganAt: clock.now(),
        days: daysFor(account, tenant.policy),
        mark: markOf(account, epoch),
        address,
        browser: browser.slice(0, 300),
      };
      await ephemeral.put(KIND, recordId(next.token, account.id), record(trust), clock.now());
      if (next.former !== undefined) await ephemeral.remove(KIND, recordId(next.former, account.id));
      return next.carried;
    },
    async list(member, carried) {
      const { account, tenant } = member;
      const here = idFor(carried, account);
      const allowed = daysFor(account, tenant.policy);
      const live = (await all(account)).filter(({ trust }) => holds(trust, member));
      return live
        .map(({ key, trust }) => ({
          ...trust,
          endsAt: trustEndsAt(trust, allowed, tenant.trustCuts),
          isThis: key === here,
        }))
        .sort((a, b) => b.beganAt - a.beganAt);
    },
    async end(account, id) {
      const doomed = (await all(account)).filter(({ trust }) => id === 'all' || trust.id === id);
      for (const { key } of doomed) await ephemeral.remove(KIND, key);
      return doomed.length;
    },
    keeping(carried, { account, epoch }) {
      const id = idFor(carried, account);
      const was = markOf(account, epoch);
      return {
        prepare: async () => new Map(id === undefined ? [] : [[KIND, new Set([id])]]),
        settle: async (next) => {
          if (id !== undefined) await restamp(id, was, markOf(account, next));
        },
        drop: async () => {},
      };
    },
    async follow(carried, before, { account: after, epoch }) {
      const id = idFor(carried, before);
      if (id !== undefined) await restamp(id, markOf(before, epoch), markOf(after, epoch));
    },
  };
}
