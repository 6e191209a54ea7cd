import type { Account } from '../accounts/index.ts';
import { type Clock, fingerprint, newId, newSecret } from '../base/index.ts';
import type { KeptSession } from '../sessions/index.ts';
import type { Ephemeral } from '../stores/index.ts';
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

type Site = Pick<Tenant, 'policy' | 'trustCuts'>;

export interface TrustedBrowsers {
  /** Days that the code page offers to this account; 0: none. Whoever administers gives the code every time (S40). */
  daysFor(account: Pick<Account, 'role'>, policy: Policy): number;
  /** @param token what the browser carries; a forged or foreign one is trusted by nobody */
  isTrusted(token: string | undefined, account: Account, epoch: number, site: Site): Promise<boolean>;
  /** @returns the token that the browser must carry, its own where it has one: one a browser, for everybody at the desk */
  begin(
    token: string | undefined,
    account: Account,
    epoch: number,
    site: Site,
    visitor: Pick<TrustedBrowser, 'address' | 'browser'>,
  ): Promise<string>;
  /** Those that hold now, the newest first. @param token marks the one that carries it */
  list(
    account: Account,
    epoch: number,
    site: Site,
    token?: string,
  ): Promise<(TrustedBrowser & { endsAt: number; isThis: boolean })[]>;
  /** Ends one by its id, or all. @returns how many there were */
  end(account: Account, id: string | 'all'): Promise<number>;
  /** Lets the trust of this browser, where it holds, live through the person's own change (SES-4). */
  keeping(token: string | undefined, account: Account, epoch: number): KeptSession;
  /** After a change of the factors by the person, here: this browser's trust is of the new round. */
  follow(token: string | undefined, before: Account, after: Account, epoch: number): Promise<void>;
}

const KIND = 'TrustedBrowser';
const DAY = 86_400;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

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
  const idFor = (token: string | undefined, account: Account) =>
    token !== undefined && TOKEN.test(token) ? recordId(token, account.id) : undefined;

  const read = async (id: string): Promise<TrustedBrowser | undefined> => {
    const record = await ephemeral.get(KIND, id, clock.now());
    return record && (JSON.parse(record.value) as TrustedBrowser);
  };
  const write = (id: string, trust: TrustedBrowser) =>
    ephemeral.put(
      KIND,
      id,
      {
        value: JSON.stringify(trust),
        expiresAt: trust.beganAt + trust.days * DAY,
        sets: { account: trust.accountId },
      },
      clock.now(),
    );
  const holds = (trust: TrustedBrowser, account: Account, epoch: number, { policy, trustCuts }: Site) =>
    trust.accountId === account.id &&
    trust.mark === markOf(account, epoch) &&
    clock.now() < trustEndsAt(trust, daysFor(account, policy), trustCuts);

  const all = async (account: Account) => {
    const keys = await ephemeral.members(KIND, 'account', account.id, clock.now());
    const found = await Promise.all(keys.map(async (key) => ({ key, trust: await read(key) })));
    return found.filter((one): one is { key: string; trust: TrustedBrowser } => one.trust !== undefined);
  };
  /** Only one that held: what ended earlier stays so. */
  const restamp = async (id: string, was: string, mark: string) => {
    const trust = await read(id);
    if (trust?.mark === was) await write(id, { ...trust, mark });
  };

  return {
    daysFor,
    async isTrusted(token, account, epoch, site) {
      const id = idFor(token, account);
      if (id === undefined || daysFor(account, site.policy) === 0) return false;
      const trust = await read(id);
      return trust !== undefined && holds(trust, account, epoch, site);
    },
    async begin(token, account, epoch, site, { address, browser }) {
      const kept = token !== undefined && TOKEN.test(token) ? token : newSecret();
      await write(recordId(kept, account.id), {
        id: newId(),
        accountId: account.id,
        beganAt: clock.now(),
        days: daysFor(account, site.policy),
        mark: markOf(account, epoch),
        address,
        browser: browser.slice(0, 300),
      });
      return kept;
    },
    async list(account, epoch, site, token) {
      const here = idFor(token, account);
      const allowed = daysFor(account, site.policy);
      const live = (await all(account)).filter(({ trust }) => holds(trust, account, epoch, site));
      return live
        .map(({ key, trust }) => ({
          ...trust,
          endsAt: trustEndsAt(trust, allowed, site.trustCuts),
          isThis: key === here,
        }))
        .sort((a, b) => b.beganAt - a.beganAt);
    },
    async end(account, id) {
      const doomed = (await all(account)).filter(({ trust }) => id === 'all' || trust.id === id);
      for (const { key } of doomed) await ephemeral.remove(KIND, key);
      return doomed.length;
    },
    keeping(token, account, epoch) {
      const id = idFor(token, account);
      const was = markOf(account, epoch);
      return {
        prepare: async () => new Map(id === undefined ? [] : [[KIND, new Set([id])]]),
        settle: async (next) => {
          if (id !== undefined) await restamp(id, was, markOf(account, next));
        },
      };
    },
    async follow(token, before, after, epoch) {
      const id = idFor(token, before);
      if (id !== undefined) await restamp(id, markOf(before, epoch), markOf(after, epoch));
    },
  };
}
