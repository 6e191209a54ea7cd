import type { Clock, Vault } from '../../foundation/base/index.ts';
import type { Ephemeral, Lease, Settlement } from '../../foundation/stores/index.ts';
import type { Account, Accounts, Lock, Population } from '../accounts/index.ts';
import type { Sessions } from '../credential-events/index.ts';
import type { Policy } from '../tenants/index.ts';
import {
  type BrowserClass,
  counterKey,
  type GuessKind,
  isFull,
  limitFor,
  paceFor,
  ruleFor,
  SHADOW_SECONDS,
} from './policy.ts';
import { createWaitingLine } from './waiting-line.ts';

/** Who a try is counted against: an account, or the shadow of a name that does not exist. */
export type Subject =
  | { account: Account; browser: BrowserClass }
  | { shadow: string; population: Population };

interface Refusal {
  granted: false;
  failures: number;
  limit: number;
  abandoned: number;
}

/** Whether a guess has its place on the counter before it is checked. */
export type Reservation =
  | ReservedGuess
  /** The counter is full; for an account the lock is written. */
  | (Refusal & { why: 'locked' })
  /** A wait is running: nothing was counted. */
  | (Refusal & { why: 'waiting'; until: number });

/** One reserved guess; `settle` it exactly once. */
export interface ReservedGuess {
  granted: true;
  abandoned: number;
  /**
   * @returns the failures in a row after it, whether this one locked, and whether it came too late: then it was counted as
   * a failure already, and even a right answer must not be taken (P15)
   */
  settle(outcome: Settlement): Promise<{ failures: number; limit: number; locked: boolean; isLate: boolean }>;
}

/** Whether a subject is locked or waits, before a guess. */
export interface LockState {
  isLocked: boolean;
  /** Epoch seconds at which the wait before the next try ends; 0 or past: none. */
  waitEnds: number;
}

export interface Lockout {
  /** The counter of a name that no account has: a MAC, so that the store does not hold what strangers typed (P16). */
  shadowOf(tenant: string, population: Population, foldedName: string): string;
  /**
   * Reserves one try before the slow check (LCK-6). Waits up to 5 s while the slots are held by tries still being checked.
   * @throws SallyportError `busy` after that, uncounted
   */
  reserve(subject: Subject, kind: GuessKind, policy: Policy): Promise<Reservation>;
  /** Whether the subject is locked now, by its document or by a full counter, and how long a try of this kind waits. */
  stateOf(subject: Subject, kind: GuessKind, policy: Policy): Promise<LockState>;
  /**
   * Clears every lock and counter, no matter who asks: the caller must check permission.
   * @returns false when it was not locked
   */
  unlock(accountId: string): Promise<boolean>;
}

/** The account with strangers admitted again; a lock that known browsers caused stands (S23). */
export function withStrangersAdmitted(account: Account): Account {
  return { ...account, strangersLock: null, strangersRound: account.strangersRound + 1 };
}

/** The lock that a guess from this browser meets. */
function lockFor(subject: Subject, policy: Policy): Lock | null {
  if (!('account' in subject)) return null;
  const { account } = subject;
  return account.lock ?? (isApart(subject, policy) ? account.strangersLock : null);
}

/** Whether the try counts in the strangers' budget, whose lock refuses only them (LCK-7). */
function isApart(subject: Subject, policy: Policy): boolean {
  return 'account' in subject && policy.lockout.splitBudgets && subject.browser === 'stranger';
}

export function createLockout(parts: {
  ephemeral: Ephemeral;
  accounts: Accounts;
  sessions: Pick<Sessions, 'credentialEvent'>;
  clock: Clock;
  vault: Vault;
  patienceSeconds: number;
}): Lockout {
  const { ephemeral, accounts, sessions, clock, vault, patienceSeconds } = parts;
  const line = createWaitingLine(patienceSeconds);

  const keyOf = (subject: Subject, kind: GuessKind, policy: Policy) =>
    'account' in subject
      ? counterKey(subject.account, kind, isApart(subject, policy))
      : `shadow:${subject.shadow}:${kind}`;
  const populationOf = (subject: Subject) =>
    'account' in subject ? subject.account.population : subject.population;

  /** Only for the round in which the failures were counted: an unlock in between stands. */
  const writeLock = async (subject: Subject, kind: GuessKind, policy: Policy) => {
    if (!('account' in subject)) return;
    const { account } = subject;
    const lock: Lock = { cause: kind, at: clock.now() };
    const isOver = (current: Account) => current.lock !== null || current.lockRound !== account.lockRound;
    if (isApart(subject, policy)) {
      const isOpen = (current: Account) =>
        current.strangersLock === null && current.strangersRound === account.strangersRound;
      await accounts.update(account.id, (current) =>
        !isOver(current) && isOpen(current) ? { ...current, strangersLock: lock } : undefined,
      );
      return;
    }
    const change = (current: Account) => (isOver(current) ? undefined : { ...current, lock });
    if (!policy.lockout.endsSessions) await accounts.update(account.id, change);
    else
      await sessions.credentialEvent({
        accountId: account.id,
        kind: 'locked',
        change,
        context: { actor: 'system' },
      });
  };

  const settleWith =
    (subject: Subject, kind: GuessKind, policy: Policy, lease: Lease): ReservedGuess['settle'] =>
    async (outcome) => {
      const settled = await ephemeral.settle(lease, outcome, clock.now());
      const isLate = settled === 'dead';
      const { failures } = isLate ? await ephemeral.count(lease.key, undefined, clock.now()) : settled;
      const limit = limitFor(kind, populationOf(subject), policy);
      const locked = (isLate || outcome !== 'success') && isFull(failures, limit);
      if (locked) await writeLock(subject, kind, policy);
      return { failures, limit, locked, isLate };
    };

  return {
    shadowOf: (tenant, population, foldedName) =>
      vault.mac('shadow', JSON.stringify([tenant, population, foldedName])),
    async reserve(subject, kind, policy) {
      const rule = ruleFor(kind, populationOf(subject), policy);
      const { limit } = rule;
      if (lockFor(subject, policy))
        return { granted: false, why: 'locked', failures: limit, limit, abandoned: 0 };
      const key = keyOf(subject, kind, policy);
      const reservation = await line.patiently(key, () =>
        ephemeral.reserve(key, rule, clock.now(), clock.now() + SHADOW_SECONDS),
      );
      const { failures, abandoned } = reservation;
      if (reservation.outcome === 'granted')
        return { granted: true, settle: settleWith(subject, kind, policy, reservation.lease), abandoned };
      if (reservation.outcome === 'waiting')
        return { granted: false, why: 'waiting', until: reservation.until, failures, limit, abandoned };
      // Written again on every full counter: repairs a lock that a crash lost between the count and the document (P11).
      await writeLock(subject, kind, policy);
      return { granted: false, why: 'locked', failures, limit, abandoned };
    },
    async stateOf(subject, kind, policy) {
      const pace = paceFor(kind, policy);
      // For a password the same look-up whether there is such an account or not: a difference could be timed (S16).
      const { failures, until } =
        pace || kind === 'password'
          ? await ephemeral.count(keyOf(subject, kind, policy), pace, clock.now())
          : { failures: 0, until: 0 };
      const limit = limitFor(kind, populationOf(subject), policy);
      const isLocked = 'account' in subject ? lockFor(subject, policy) !== null : isFull(failures, limit);
      return { isLocked, waitEnds: until };
    },
    async unlock(accountId) {
      let wasLocked = false;
      await accounts.update(accountId, (current) => {
        wasLocked = current.lock !== null || current.strangersLock !== null;
        return { ...current, lock: null, strangersLock: null, lockRound: current.lockRound + 1 };
      });
      return wasLocked;
    },
  };
}
