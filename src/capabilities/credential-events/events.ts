import type { Account } from '../accounts/index.ts';
import type { AuditEvent } from '../audit/index.ts';
import type { Member } from './member.ts';

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
  | 'disabled'
  | 'deleted'
  /** By failed attempts, where the site wants that to end sessions. */
  | 'locked';

/** A kind of short-lived record that an account's credentials carry; each stands in the set `account`. */
export interface Dependent {
  kind: string;
  /** What the audit entry calls it. */
  name: string;
  /** It outlives the person's own change. */
  survivesOwnChange?: true;
}

/** The session in which a person changes their own password: it lives on with its grants and their tokens (SES-4). */
export interface KeptSession {
  /**
   * Before the event: lets session and grants live through the epoch that this event begins, and through no other's.
   * @returns the ids that the sweep spares, by kind of record
   */
  prepare(event: string, seen: SeenEpoch): Promise<ReadonlyMap<string, ReadonlySet<string>>>;
  /** After it: they are of the new epoch like anything born in it. */
  settle(epoch: number): Promise<void>;
  /** The event did not happen: what was prepared for it is forgotten. */
  drop(): Promise<void>;
}

/** The epoch in which the person was seen, and the event that began it: what was of another one has ended already. */
export interface SeenEpoch {
  epoch: number;
  event: string;
}

/**
 * What lives through an event. It was found alive with this member: where another event came in between it has
 * ended, and the event does not happen, as nothing may be taken into an epoch that it had no part in.
 */
export interface Keep {
  member: Member;
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
    async drop() {
      for (const one of all) await one.drop();
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

/** Made by the person: browsers that they used stay known. */
export const OWN_CHANGES: ReadonlySet<CredentialEventKind> = new Set([
  'password-changed',
  'other-sessions-ended',
  'taken-over',
]);

export function seenIn({ account, epoch }: Member): SeenEpoch {
  return { epoch, event: account.epochEvent };
}
