import { type Clock, newId } from '../../foundation/base/index.ts';
import type { Ephemeral } from '../../foundation/stores/index.ts';
import type { Account, Accounts } from '../accounts/index.ts';
import type { Audit } from '../audit/index.ts';
import type { JobHandlers, Jobs } from '../jobs/index.ts';
import type { Tenant, Tenants } from '../tenants/index.ts';
import { type CredentialEvent, type Dependent, seenIn } from './events.ts';
import { type Member, memberOf } from './member.ts';
import { createPopulationEnd } from './population.ts';
import { createSweeper, type Ended } from './sweep.ts';

/** A session of a browser or program, as its owner or an administrator sees it (SES-1). */
export interface LiveSession {
  uid: string;
  /** The API token of a program's session; null: a browser's. */
  token: string | null;
  /** Epoch seconds of the sign-in, and of the last use by an application. */
  signedInAt: number;
  usedAt: number;
  /** Where the sign-in came from, and the User-Agent that it said. */
  address: string;
  browser: string;
  /** Ids of the applications that are signed on through it. */
  applications: readonly string[];
}

/** The sessions as the protocol's room keeps them. The code that ends one lets its applications know (SES-3). */
export interface SessionReader {
  /** Those that are live in the epoch of the member, the last used first. */
  list(member: Member): Promise<LiveSession[]>;
  /** Ends one with every grant and token of it. @returns its applications, or undefined when it is not theirs */
  end(account: Account, uid: string): Promise<string[] | undefined>;
  /** Ends one whose tokens are refused already. */
  bury(uid: string): Promise<void>;
  /** Ends the sessions of an account that are not of the epoch of the member. */
  endStale(member: Member): Promise<void>;
  /** Lets the applications of sessions that expired know, some at a time. @returns whether there may be more */
  endExpired(): Promise<boolean>;
}

/** The sessions of programs as their room keeps them. */
export interface ProgramSessions {
  list(member: Member): Promise<LiveSession[]>;
  /** @returns false when it is not theirs */
  end(account: Account, uid: string): Promise<boolean>;
}

export interface Sessions {
  /** Where an account is signed in, the last used first (SES-1). */
  live(member: Member): Promise<LiveSession[]>;
  /** Ends one session with its tokens. @returns false when the account has no such session */
  endOne(account: Account, uid: string, context: CredentialEvent['context']): Promise<boolean>;
  /**
   * One change of a credential and the end of all that depended on the old one (SES-4). The epoch rises with the
   * change, and from then on any code that loads something older refuses it. The sweep that deletes it, lets
   * applications know and writes down what ended may die half-way: then a process that runs the jobs finishes it.
   * @returns the account as stored and what ended, or undefined when there is no account or `change` declined
   */
  credentialEvent(event: CredentialEvent): Promise<{ account: Account; ended: Ended } | undefined>;
  /** Ends everything of every account of a population at once, no matter how many there are (PWD-16). */
  endPopulation(
    tenant: Tenant,
    population: Account['population'],
    context: CredentialEvent['context'],
  ): Promise<void>;
  /** What follows the expiry of some sessions; called now and then by every process. @returns whether there are more */
  endExpired(): Promise<boolean>;
  jobs: JobHandlers;
}

const NOTHING: ReadonlyMap<string, ReadonlySet<string>> = new Map();

export function createSessions(parts: {
  accounts: Accounts;
  tenants: Pick<Tenants, 'raiseEpoch' | 'byId'>;
  ephemeral: Ephemeral;
  audit: Audit;
  jobs: Pick<Jobs, 'enqueue' | 'withdraw'>;
  clock: Clock;
  reader: SessionReader;
  programs: ProgramSessions;
  dependents: readonly Dependent[];
}): Sessions {
  const { accounts, audit, reader, programs } = parts;
  const sweeper = createSweeper({ ...parts, endSession: reader.bury });
  const populations = createPopulationEnd({ ...parts, endStale: reader.endStale });

  return {
    async live(member) {
      const found = await Promise.all([reader.list(member), programs.list(member)]);
      return found.flat().sort((a, b) => b.usedAt - a.usedAt);
    },
    async endOne(account, uid, context) {
      const applications =
        (await reader.end(account, uid)) ?? ((await programs.end(account, uid)) ? [] : undefined);
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
      const kept = (keep && (await keep.session?.prepare(event, seenIn(keep.member)))) ?? NOTHING;
      const isSpared = (record: string, id: string) =>
        (record === 'Attempt' && id === keep?.attempt) || Boolean(kept.get(record)?.has(id));
      const sweep = await sweeper.promise({ accountId, kind, event, context }, isSpared);
      const { doc: account, changed } = await accounts.update(accountId, (current) => {
        const isAsSeen = keep === undefined || current.epoch === keep.member.account.epoch;
        const next = isAsSeen ? change(current) : undefined;
        return next && { ...next, epoch: current.epoch + 1, epochEvent: event };
      });
      if (!account || !changed) {
        await sweep.withdraw();
        await keep?.session?.drop();
        return undefined;
      }
      // By the tenant as it was seen: the end of a population in between stands.
      if (keep) await keep.session?.settle(memberOf(account, keep.member.tenant).epoch);
      return { account, ended: await sweep.finish(account) };
    },
    endPopulation: populations.end,
    endExpired: reader.endExpired,
    jobs: { ...sweeper.jobs, ...populations.jobs },
  };
}
