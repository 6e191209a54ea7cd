import { newId } from '../../base/index.ts';
import type { SqliteConnection } from '../sqlite-connection.ts';
import { LEASE_SECONDS, type Lease, type Reservation, type Settlement } from './port.ts';

/**
 * The reserve-attempt primitive (P11 to P17). Counting after the check would let N simultaneous guesses all be verified
 * (CVE-2024-4629, CVE-2023-47111): here a guess takes its slot first, in the transaction that looks at the limit.
 */
export function sqliteAttempts(connection: SqliteConnection) {
  const { prepare } = connection;

  const failuresOf = (key: string, now: number) =>
    (
      prepare('SELECT failures FROM counter WHERE key = ? AND expires_at > ?').get(key, now) as
        | { failures: number }
        | undefined
    )?.failures ?? 0;

  const setFailures = (key: string, failures: number, keepUntil: number) =>
    prepare(
      `INSERT INTO counter (key, failures, expires_at) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET failures = excluded.failures, expires_at = MAX(expires_at, excluded.expires_at)`,
    ).run(key, failures, keepUntil);

  /** Whoever held these leases is gone without a word: count each as a failure (P15). */
  const countAbandoned = (key: string, now: number, keepUntil: number) => {
    const gone = Number(
      prepare('DELETE FROM lease WHERE key = ? AND granted_at <= ?').run(key, now - LEASE_SECONDS).changes,
    );
    if (gone > 0) setFailures(key, failuresOf(key, now) + gone, keepUntil);
    return gone;
  };

  const openLeases = (key: string) =>
    (prepare('SELECT COUNT(*) AS n FROM lease WHERE key = ?').get(key) as { n: number }).n;

  return {
    reserve: (key: string, limit: number, now: number, keepUntil: number) =>
      connection.write((): Reservation => {
        const abandoned = countAbandoned(key, now, keepUntil);
        const failures = failuresOf(key, now);
        if (failures >= limit) {
          setFailures(key, failures, keepUntil);
          return { outcome: 'full', failures, abandoned };
        }
        if (failures + openLeases(key) >= limit) return { outcome: 'busy', failures, abandoned };
        const lease: Lease = { id: newId(), key };
        prepare('INSERT INTO lease (id, key, granted_at) VALUES (?, ?, ?)').run(lease.id, key, now);
        setFailures(key, failures, keepUntil);
        return { outcome: 'granted', lease, failures, abandoned };
      }),

    settle: (lease: Lease, outcome: Settlement, now: number) =>
      connection.write((): { failures: number } | 'dead' => {
        const { changes } = prepare('DELETE FROM lease WHERE id = ? AND key = ?').run(lease.id, lease.key);
        if (changes !== 1) return 'dead';
        const failures = failuresOf(lease.key, now);
        const after = outcome === 'failure' ? failures + 1 : outcome === 'success' ? 0 : failures;
        if (after !== failures)
          prepare('UPDATE counter SET failures = ? WHERE key = ?').run(after, lease.key);
        return { failures: after };
      }),

    failures: (key: string, now: number) =>
      connection.write(() => {
        countAbandoned(key, now, now + LEASE_SECONDS);
        return failuresOf(key, now);
      }),
  };
}
