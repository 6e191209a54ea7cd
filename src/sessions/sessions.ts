import type { Account, Accounts } from '../accounts/index.ts';
import type { Audit, AuditEvent } from '../audit/index.ts';
import { newId } from '../base/index.ts';
import type { Ephemeral } from '../stores/index.ts';
import type { Tenant, Tenants } from '../tenants/index.ts';

export type CredentialEventKind =
  | 'password-changed'
  | 'password-set'
  | 'password-reset'
  | 'password-compromised'
  | 'factor-reset'
  | 'sessions-ended'
  /** By the person, who goes on in this session. */
  | 'other-sessions-ended'
  /** A sign-in at another of the desks that are shared (MFA-17). */
  | 'taken-over'
  | 'disabled';

/** A kind of short-lived record that an account's credentials carry; each stands in the set `account`. */
export interface Dependent {
  kind: string;
  /** What the audit entry calls it. */
  name: string;
  /** It outlives the person's own change. */
  survivesOwnChange?: true;
}

/** The session in which a person changes the own password: it lives on with its grants and their tokens (SES-4). */
export interface KeptSession {
  /**
   * Before the event: lets session and grants live through the epoch that this event begins, and through no other's.
   * @returns the ids that the sweep spares, by kind of record
   */
  prepare(event: string, seen: SeenEpoch): Promise<ReadonlyMap<string, ReadonlySet<string>>>;
  /** After it: they are of the new epoch like anything born in it. */
  settle(epoch: number): Promise<void>;
}

/** The epoch in which the person was seen, and the event that began it: what was of another one has ended already. */
export interface SeenEpoch {
  epoch: number;
  event: string;
}

/**
 * What lives through an event. It was found alive with this account and tenant: where another event came in between it has
 * ended, and the event does not happen, as nothing may be taken into an epoch that it had no part in.
 */
export interface Keep {
  account: Account;
  tenant: Tenant;
  /** The half-done sign-in that goes on. */
  attempt?: string;
  session?: KeptSession;
}

/** Several things that live through one event. */
export function keptTogether(kept: readonly (KeptSession | undefined)[]): KeptSession {
  const all = kept.filter((one) => one !== undefined);
  return {
    async prepare(event, seen) {
      const spared = new Map<string, ReadonlySet<string>>();
      for (const one of all)
        for (const [kind, ids] of await one.prepare(event, seen))
          spared.set(kind, new Set([...(spared.get(kind) ?? []), ...ids]));
      return spared;
    },
    async settle(epoch) {
      for (const one of all) await one.settle(epoch);
    },
  };
}

export interface CredentialEvent {
  accountId: string;
  kind: CredentialEventKind;
  /** The change itself, written in the same step as the new epoch; undefined leaves everything as it is. */
  change(account: Account): Account | undefined;
  /** Who, and from where, for the audit. */
  context: Pick<AuditEvent, 'actor' | 'address' | 'browser' | 'reason'>;
  keep?: Keep;
}

/** A session of a browser, as its owner or an administrator sees it (SES-1). */
export interface LiveSession {
  uid: string;
  /** Epoch seconds of the sign-in, and of the last use by an application. */
  signedInAt: number;
  usedAt: number;
  /** Where the sign-in came from, and the User-Agent that it said. */
  address: string;
  browser: string;
  /** Ids of the applications that are signed on through it. */
  applications: readonly string[];
}

/** The sessions as the protocol's room keeps them. */
export interface SessionReader {
  /** The live ones, the last used first. @param epoch the one that they must be of */
  list(account: Account, epoch: number): Promise<LiveSession[]>;
  /** Ends one with every grant and token of it. @returns its applications, or undefined when it is not theirs */
  end(account: Account, uid: string): Promise<string[] | undefined>;
}

export interface Sessions {
  /** Where an account is signed in, the last used first (SES-1). */
  live(tenant: Tenant, account: Account): Promise<LiveSession[]>;
  /** Ends one session with its tokens. @returns false when the account has no such session */
  endOne(account: Account, uid: string, context: CredentialEvent['context']): Promise<boolean>;
  /**
   * One change of a credential and the end of all that depended on the old one (SES-4). The epoch rises with the change, and
   * from then on everything older is refused by whoever loads it; the sweep that deletes it may be late or die half-way.
   * @returns the account as stored, or undefined when there is none or `change` declined
   */
  credentialEvent(event: CredentialEvent): Promise<Account | undefined>;
  /** Ends everything of every account of a population at once, whatever their number (PWD-16). */
  endPopulation(
    tenant: Tenant,
    population: Account['population'],
    context: CredentialEvent['context'],
  ): Promise<void>;
  /** Tells and deletes what ended with an epoch that was raised elsewhere, as by a lock. */
  sweepAfter(account: Account, kind: string, context: CredentialEvent['context']): Promise<void>;
  /** The live records of an account, by name of the kind. */
  counts(accountId: string): Promise<Record<string, number>>;
}

/** The epoch that sessions, grants and proofs of an account must have been born in: both parts only ever rise. */
export function epochOf(
  account: Pick<Account, 'epoch' | 'population'>,
  tenant: Pick<Tenant, 'epochs'>,
): number {
  return account.epoch + tenant.epochs[account.population];
}

/** Made by the person: browsers that they used stay known. */
const OWN_CHANGES: ReadonlySet<CredentialEventKind> = new Set([
  'password-changed',
  'other-sessions-ended',
  'taken-over',
]);

function seenIn({ account, tenant }: Keep): SeenEpoch {
  return { epoch: epochOf(account, tenant), event: account.epochEvent };
}

const NOTHING: ReadonlyMap<string, ReadonlySet<string>> = new Map();

export function createSessions(parts: {
  accounts: Accounts;
  tenants: Pick<Tenants, 'raiseEpoch'>;
  ephemeral: Ephemeral;
  audit: Audit;
  reader: SessionReader;
  dependents: readonly Dependent[];
}): Sessions {
  const { accounts, tenants, ephemeral, audit, reader, dependents } = parts;

  const sweep = async (accountId: string, isSpared: (kind: string, id: string) => boolean, own: boolean) => {
    const ended: Record<string, number> = {};
    for (const { kind, name, survivesOwnChange } of dependents) {
      if (own && survivesOwnChange) continue;
      const ids = await ephemeral.members(kind, 'account', accountId, 0);
      const doomed = ids.filter((id) => !isSpared(kind, id));
      for (const id of doomed) await ephemeral.remove(kind, id);
      if (doomed.length > 0) ended[name] = doomed.length;
    }
    return ended;
  };

  const tell = (
    account: Account,
    kind: string,
    context: CredentialEvent['context'],
    ended: Record<string, number>,
  ) =>
    audit.write({
      type: 'credential.event',
      outcome: 'success',
      tenantId: account.tenantId,
      accountId: account.id,
      ...context,
      reason: context.reason || kind,
      detail: { kind, ...ended },
    });

  return {
    live: (tenant, account) => reader.list(account, epochOf(account, tenant)),
    async endOne(account, uid, context) {
      const applications = await reader.end(account, uid);
      if (!applications) return false;
      await audit.write({
        type: 'session.ended',
        outcome: 'success',
        tenantId: account.tenantId,
        accountId: account.id,
        ...context,
        detail: { applications: applications.join(' ') },
      });
      return true;
    },
    async credentialEvent({ accountId, kind, change, context, keep }) {
      const event = newId();
      const kept = (keep && (await keep.session?.prepare(event, seenIn(keep)))) ?? NOTHING;
      let changed = false;
      const account = await accounts.update(accountId, (current) => {
        const isAsSeen = keep === undefined || current.epoch === keep.account.epoch;
        const next = isAsSeen ? change(current) : undefined;
        changed = next !== undefined;
        return next && { ...next, epoch: current.epoch + 1, epochEvent: event };
      });
      if (!account || !changed) return undefined;
      // By the tenant as it was seen: the end of a population in between stands.
      if (keep) await keep.session?.settle(epochOf(account, keep.tenant));
      const isSpared = (record: string, id: string) =>
        (record === 'Attempt' && id === keep?.attempt) || Boolean(kept.get(record)?.has(id));
      const ended = await sweep(accountId, isSpared, OWN_CHANGES.has(kind));
      await tell(account, kind, context, ended);
      return account;
    },
    async endPopulation({ id: tenantId }, population, context) {
      await tenants.raiseEpoch(tenantId, population);
      await audit.write({
        type: 'sessions.ended',
        outcome: 'success',
        tenantId,
        ...context,
        detail: { population },
      });
    },
    async sweepAfter(account, kind, context) {
      // The half-done sign-in that caused it shows why; the proofs of every one are void by the epoch.
      await tell(account, kind, context, await sweep(account.id, (record) => record === 'Attempt', false));
    },
    async counts(accountId) {
      const counted: Record<string, number> = {};
      for (const { kind, name } of dependents)
        counted[name] = (await ephemeral.members(kind, 'account', accountId, 0)).length;
      return counted;
    },
  };
}
