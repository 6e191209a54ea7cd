import { newId } from '../../base/index.ts';
import type { SqliteConnection } from '../sqlite-connection.ts';
import {
  type AttemptCount,
  type AttemptRule,
  LEASE_SECONDS,
  type Lease,
  type Pace,
  type Reservation,
  type Settlement,
  waitEnd,
} from './port.ts';

interface Counted {
  failures: number;
  /** When the last failure was counted, in epoch seconds. */
  lastAt: number;
}

const NOTHING: Counted = { failures: 0, lastAt: 0 };

/**
 * The reserve-attempt primitive (P11 to P17). Counting after the check would let N simultaneous guesses all be verified
 * (CVE-2024-4629, CVE-2023-47111): here a guess takes its slot first, in the transaction that looks at the limit.
 */
export function sqliteAttempts(connection: SqliteConnection) {
  const { prepare } = connection;

  const countOf = (key: string, now: number): Counted =>
    (prepare('SELECT failures, last_at AS lastAt FROM counter WHERE key = ? AND expires_at > ?').get(
      key,
      now,
    ) as Counted | undefined) ?? NOTHING;

  const setCount = (key: string, { failures, lastAt }: Counted, keepUntil: number) =>
    prepare(
      `INSERT INTO counter (key, failures, last_at, expires_at) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET failures = excluded.failures, last_at = excluded.last_at,
         expires_at = MAX(expires_at, excluded.expires_at)`,
    ).run(key, failures, lastAt, keepUntil);

  /** The callers that held these leases went away without reporting: count each as a failure (P15). */
  const countAbandoned = (key: string, now: number, keepUntil: number) => {
    const gone = Number(
      prepare('DELETE FROM lease WHERE key = ? AND granted_at <= ?').run(key, now - LEASE_SECONDS).changes,
    );
    if (gone > 0) setCount(key, { failures: countOf(key, now).failures + gone, lastAt: now }, keepUntil);
    return gone;
  };

  const hasAbandoned = (key: string, now: number) =>
    prepare('SELECT 1 FROM lease WHERE key = ? AND granted_at <= ?').get(key, now - LEASE_SECONDS) !==
    undefined;

  const openLeases = (key: string) =>
    (prepare('SELECT COUNT(*) AS n FROM lease WHERE key = ?').get(key) as { n: number }).n;

  return {
    reserve: (key: string, { limit, pace }: AttemptRule, now: number, keepUntil: number) =>
      connection.write((): Reservation => {
        const abandoned = countAbandoned(key, now, keepUntil);
        const count = countOf(key, now);
        const { failures } = count;
        setCount(key, count, keepUntil);
        if (failures >= limit) return { outcome: 'full', failures, abandoned };
        const until = waitEnd(failures, count.lastAt, pace);
        if (now < until) return { outcome: 'waiting', until, failures, abandoned };
        const open = openLeases(key);
        const mayBeginWait = pace !== undefined && failures + open >= pace.from;
        if (failures + open >= limit || (open > 0 && mayBeginWait))
          return { outcome: 'busy', failures, abandoned };
        const lease: Lease = { id: newId(), key };
        prepare('INSERT INTO lease (id, key, granted_at) VALUES (?, ?, ?)').run(lease.id, key, now);
        return { outcome: 'granted', lease, failures, abandoned };
      }),

    settle: (lease: Lease, outcome: Settlement, now: number) =>
      connection.write((): { failures: number } | 'dead' => {
        const { changes } = prepare('DELETE FROM lease WHERE id = ? AND key = ?').run(lease.id, lease.key);
        if (changes !== 1) return 'dead';
        const { failures } = countOf(lease.key, now);
        if (outcome === 'not-verified') return { failures };
        const after = outcome === 'failure' ? failures + 1 : 0;
        prepare('UPDATE counter SET failures = ?, last_at = ? WHERE key = ?').run(after, now, lease.key);
        return { failures: after };
      }),

    count: async (key: string, pace: Pace | undefined, now: number): Promise<AttemptCount> => {
      // Nearly always there is no one to count: then this only reads, and writes nothing.
      const isAbandoned = await connection.read(() => hasAbandoned(key, now));
      if (isAbandoned) await connection.write(() => countAbandoned(key, now, now + LEASE_SECONDS));
      const { failures, lastAt } = await connection.read(() => countOf(key, now));
      return { failures, until: waitEnd(failures, lastAt, pace) };
    },
  };
}
