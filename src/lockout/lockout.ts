import { setTimeout as pause } from 'node:timers/promises';
import type { Account, Accounts, Population } from '../accounts/index.ts';
import { type Clock, randomBelow, SallyportError, type Vault } from '../base/index.ts';
import type { Ephemeral, Lease, Reservation, Settlement } from '../stores/index.ts';
import type { Policy } from '../tenants/index.ts';
import { type AttemptKind, counterKey, isFull, limitFor, SHADOW_SECONDS } from './policy.ts';

/** Whoever a try is counted against: an account, or the shadow of a name that does not exist. */
export type Subject = { account: Account } | { shadow: string; population: Population };

export type Turn =
  | { granted: true; attempt: Attempt; abandoned: number }
  /** The counter is full; for an account the lock is written. */
  | { granted: false; failures: number; limit: number; abandoned: number };

/** One reserved try; `settle` it exactly once. */
export interface Attempt {
  /**
   * @returns the failures in a row after it, whether this one locked, and whether it came too late: then it was counted as
   * a failure already, and even a right answer must not be taken (P15)
   */
  settle(outcome: Settlement): Promise<{ failures: number; limit: number; locked: boolean; isLate: boolean }>;
}

export interface Lockout {
  /** The counter of a name that no account has: a MAC, so that the store does not hold what strangers typed (P16). */
  shadowOf(tenant: string, population: Population, foldedName: string): string;
  /**
   * Reserves one try before the slow check (LCK-6). Waits up to 5 s while the slots are held by tries still being checked.
   * @throws SallyportError `busy` after that, uncounted
   */
  reserve(subject: Subject, kind: AttemptKind, policy: Policy): Promise<Turn>;
  /** Whether the subject is locked now, by its document or by a full counter. */
  isLocked(subject: Subject, policy: Policy): Promise<boolean>;
  /** Clears the lock and both counters, whoever asks: permission is the caller's matter. @returns false when it was not locked */
  unlock(accountId: string): Promise<boolean>;
}

const PATIENCE_MS = 5_000;
const MAX_WAITING = 256;

export function createLockout(parts: {
  ephemeral: Ephemeral;
  accounts: Accounts;
  clock: Clock;
  vault: Vault;
}): Lockout {
  const { ephemeral, accounts, clock, vault } = parts;
  let waiting = 0;
  const lines = new Map<string, Promise<void>>();

  const keyOf = (subject: Subject, kind: AttemptKind) =>
    'account' in subject ? counterKey(subject.account, kind) : `shadow:${subject.shadow}:${kind}`;
  const populationOf = (subject: Subject) =>
    'account' in subject ? subject.account.population : subject.population;

  /** Only for the round in which the failures were counted: an unlock in between stands. */
  const writeLock = (account: Account, kind: AttemptKind) =>
    accounts.update(account.id, (current) =>
      current.lock !== null || current.lockRound !== account.lockRound
        ? undefined
        : { ...current, lock: { cause: kind, at: clock.now() } },
    );

  const settleWith = (subject: Subject, kind: AttemptKind, limit: number, lease: Lease): Attempt => ({
    async settle(outcome) {
      const settled = await ephemeral.settle(lease, outcome, clock.now());
      const isLate = settled === 'dead';
      const failures = isLate ? await ephemeral.failures(lease.key, clock.now()) : settled.failures;
      const locked = (isLate || outcome !== 'success') && isFull(failures, limit);
      if (locked && 'account' in subject) await writeLock(subject.account, kind);
      return { failures, limit, locked, isLate };
    },
  });

  /** One after another for each counter: of many that wait for a slot here, one asks the store for it. */
  const inLine = async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    if (waiting >= MAX_WAITING) throw new SallyportError('busy', 'too many attempts wait');
    const before = lines.get(key) ?? Promise.resolve();
    const turn = Promise.withResolvers<void>();
    const end = before.then(() => turn.promise);
    lines.set(key, end);
    waiting += 1;
    try {
      await before;
      return await work();
    } finally {
      waiting -= 1;
      turn.resolve();
      if (lines.get(key) === end) lines.delete(key);
    }
  };

  const patiently = async (key: string, limit: number): Promise<Reservation> => {
    const startedAt = performance.now();
    const reserve = () => ephemeral.reserve(key, limit, clock.now(), clock.now() + SHADOW_SECONDS);
    // Nobody overtakes those who wait.
    const first = lines.has(key) ? undefined : await reserve();
    if (first && first.outcome !== 'busy') return first;
    return inLine(key, async () => {
      let abandoned = first?.abandoned ?? 0;
      for (;;) {
        // Before the store is asked: where it is slow, those who waited too long end together, not one after another.
        if (performance.now() - startedAt > PATIENCE_MS)
          throw new SallyportError('busy', 'attempts on one account');
        const next = await reserve();
        abandoned += next.abandoned;
        if (next.outcome !== 'busy') return { ...next, abandoned };
        await pause(2 + randomBelow(6));
      }
    });
  };

  return {
    shadowOf: (tenant, population, foldedName) =>
      vault.mac('shadow', JSON.stringify([tenant, population, foldedName])),
    async reserve(subject, kind, policy) {
      const limit = limitFor(kind, populationOf(subject), policy);
      if ('account' in subject && subject.account.lock)
        return { granted: false, failures: limit, limit, abandoned: 0 };
      const reservation = await patiently(keyOf(subject, kind), limit);
      const { failures, abandoned } = reservation;
      if (reservation.outcome === 'granted') {
        return { granted: true, attempt: settleWith(subject, kind, limit, reservation.lease), abandoned };
      }
      // Written again on every full counter: repairs a lock that a crash lost between the count and the document (P11).
      if ('account' in subject) await writeLock(subject.account, kind);
      return { granted: false, failures, limit, abandoned };
    },
    async isLocked(subject, policy) {
      if ('account' in subject) return subject.account.lock !== null;
      const failures = await ephemeral.failures(keyOf(subject, 'password'), clock.now());
      return isFull(failures, limitFor('password', subject.population, policy));
    },
    async unlock(accountId) {
      let wasLocked = false;
      await accounts.update(accountId, (current) => {
        wasLocked = current.lock !== null;
        return { ...current, lock: null, lockRound: current.lockRound + 1 };
      });
      return wasLocked;
    },
  };
}
