import type { Clock } from '../../foundation/base/index.ts';
import type { Ephemeral } from '../../foundation/stores/index.ts';
import type { Account, Accounts } from '../accounts/index.ts';
import type { Audit } from '../audit/index.ts';
import type { JobHandlers, Jobs } from '../jobs/index.ts';
import { type CredentialEvent, type CredentialEventKind, type Dependent, OWN_CHANGES } from './events.ts';

/** How many of what ended, by the names of the dependents; what there was none of is left out. */
export type Ended = Readonly<Record<string, number>>;

/** Ids by kind of record. */
type Records = Record<string, string[]>;

/** Whether a record lives through the event. */
type IsSpared = (kind: string, id: string) => boolean;

/** What is known of an event before it happens: enough to finish it elsewhere. */
export interface PlannedEvent extends Pick<CredentialEvent, 'accountId' | 'kind' | 'context'> {
  event: string;
}

export interface Sweeper {
  /** Before the epoch rises: from now on some process finishes the sweep, no matter what becomes of this one. */
  promise(
    planned: PlannedEvent,
    isSpared: IsSpared,
  ): Promise<{ finish(account: Account): Promise<Ended>; withdraw(): Promise<void> }>;
  jobs: JobHandlers;
}

type Payload = PlannedEvent & { doomed: Records };

const SWEEP_JOB = 'credential-sweep';
/** The process that began it is done long before that. */
const TAKEN_OVER_SECONDS = 30;
/** As many entries of an account are looked through for the one that an event may have written already. */
const ENTRIES = 50;

/** A lock leaves the sign-in that caused it, which shows why; the proofs of every one are void by the epoch. */
const SPARED_BY: Partial<Record<CredentialEventKind, ReadonlySet<string>>> = { locked: new Set(['Attempt']) };

export function createSweeper(parts: {
  accounts: Pick<Accounts, 'byId'>;
  ephemeral: Ephemeral;
  audit: Audit;
  jobs: Pick<Jobs, 'enqueue' | 'withdraw'>;
  clock: Clock;
  dependents: readonly Dependent[];
  /** Ends a browser session, and lets its applications know. */
  endSession(uid: string): Promise<void>;
}): Sweeper {
  const { accounts, ephemeral, audit, jobs, clock, dependents, endSession } = parts;

  const find = async (accountId: string, kind: CredentialEventKind, isSpared: IsSpared): Promise<Records> => {
    const isOwn = OWN_CHANGES.has(kind);
    const swept = dependents.filter(
      (one) => !(isOwn && one.survivesOwnChange) && !SPARED_BY[kind]?.has(one.kind),
    );
    const found = await Promise.all(
      swept.map(async (one): Promise<[string, string[]]> => {
        const ids = await ephemeral.members(one.kind, 'account', accountId, clock.now());
        return [one.kind, ids.filter((id) => !isSpared(one.kind, id))];
      }),
    );
    return Object.fromEntries(found);
  };

  const end = async (doomed: Records) => {
    for (const [kind, ids] of Object.entries(doomed))
      for (const id of ids) await (kind === 'Session' ? endSession(id) : ephemeral.remove(kind, id));
  };

  const counted = (doomed: Records): Ended =>
    Object.fromEntries(
      dependents
        .map(({ kind, name }): [string, number] => [name, doomed[kind]?.length ?? 0])
        .filter(([, count]) => count > 0),
    );

  const tell = ({ tenantId, id }: Account, { kind, event, context }: PlannedEvent, ended: Ended) =>
    audit.write({
      type: 'credential.event',
      outcome: 'success',
      tenantId,
      accountId: id,
      ...context,
      reason: context.reason || kind,
      detail: { kind, event, ...ended },
    });

  /** Of an event whose process died: it happened if the epoch is of its making; a later one has swept for both. */
  const takeOver = async ({ doomed, ...planned }: Payload) => {
    const account = (await accounts.byId(planned.accountId))?.doc;
    if (account?.epochEvent !== planned.event) return;
    await end(doomed);
    const entries = await audit.ofAccount(account.id, ENTRIES);
    const isTold = entries.some(({ detail }) => detail.event === planned.event);
    if (!isTold) await tell(account, planned, counted(doomed));
  };

  return {
    async promise(planned, isSpared) {
      const { accountId, kind } = planned;
      const doomed = await find(accountId, kind, isSpared);
      const payload: Payload = { ...planned, doomed };
      const job = await jobs.enqueue({
        kind: SWEEP_JOB,
        payload,
        dueAt: clock.now() + TAKEN_OVER_SECONDS,
      });
      return {
        async finish(account) {
          // Found once more: what was born between the promise and the new epoch is as old as the rest.
          const found = await find(accountId, kind, isSpared);
          await end(found);
          const ended = counted(found);
          await tell(account, planned, ended);
          await jobs.withdraw(job);
          return ended;
        },
        withdraw: () => jobs.withdraw(job),
      };
    },
    jobs: { [SWEEP_JOB]: takeOver },
  };
}
