import { newId, SallyportError } from '../../base/index.ts';
import { openSqlite, type SqliteConnection, type Waiting } from '../sqlite-connection.ts';
import type { Ephemeral, ExpiredRecord, MergeInput, RecordInput, SetKey, StoredRecord } from './port.ts';
import { sqliteAttempts } from './sqlite-attempts.ts';
import { prepareEphemeral } from './sqlite-schema.ts';

type Row = {
  value: string;
  parts: string;
  version: number;
  expires_at: number;
  claimed_at: number | null;
  generation: string;
};

const LIVE = 'kind = ? AND id = ? AND expires_at > ? AND buried = 0';

function stored(row: Row | undefined): StoredRecord | undefined {
  return (
    row && {
      value: row.value,
      entries: JSON.parse(row.parts) as Record<string, string>,
      version: row.version,
      expiresAt: row.expires_at,
      claimedAt: row.claimed_at ?? undefined,
      generation: row.generation,
    }
  );
}

function dropper({ prepare }: SqliteConnection) {
  return (kind: string, id: string) => {
    for (const table of ['record', 'member', 'expiry'])
      prepare(`DELETE FROM ${table} WHERE kind = ? AND id = ?`).run(kind, id);
  };
}

function records(connection: SqliteConnection, generation: () => string) {
  const { prepare } = connection;
  const drop = dropper(connection);

  const enrol = (kind: string, id: string, sets: RecordInput['sets']) => {
    if (!sets) return;
    for (const [name, key] of Object.entries(sets)) {
      prepare('INSERT INTO member (kind, name, key, id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING').run(
        kind,
        name,
        key,
        id,
      );
    }
  };

  const write = (kind: string, id: string, record: RecordInput, entries: string) => {
    const { value, expiresAt, lingerSeconds = 0 } = record;
    prepare(
      `INSERT INTO record (kind, id, value, parts, version, expires_at, generation, linger) VALUES (?, ?, ?, ?, 1, ?, ?, ?)
       ON CONFLICT DO UPDATE SET value = excluded.value, parts = excluded.parts, version = version + 1,
         expires_at = excluded.expires_at, buried = 0, linger = excluded.linger`,
    ).run(kind, id, value, entries, expiresAt, generation(), lingerSeconds);
    enrol(kind, id, record.sets);
    // Only ever earlier: an expiry that moved on is noticed when its former time has come, and most writes move it.
    if (lingerSeconds > 0)
      prepare(
        'INSERT INTO expiry (kind, id, at) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at WHERE excluded.at < at',
      ).run(kind, id, expiresAt);
  };

  /**
   * What stands in the way of a write: a buried record refuses it, a live one is there. One past its expiry is as good as
   * gone: it is dropped, so that its successor starts afresh, unclaimed.
   */
  const stateOf = (kind: string, id: string, now: number): 'nothing' | 'live' | 'buried' => {
    const row = prepare('SELECT expires_at, buried FROM record WHERE kind = ? AND id = ?').get(kind, id) as
      | { expires_at: number; buried: number }
      | undefined;
    if (!row) return 'nothing';
    if (row.expires_at > now) return row.buried === 1 ? 'buried' : 'live';
    drop(kind, id);
    return 'nothing';
  };

  const get = (kind: string, id: string, now: number) =>
    stored(prepare(`SELECT * FROM record WHERE ${LIVE}`).get(kind, id, now) as Row | undefined);

  return {
    put: (kind: string, id: string, record: RecordInput, now: number) =>
      connection.write(() => {
        if (stateOf(kind, id, now) === 'buried') return false;
        write(kind, id, record, JSON.stringify(record.entries ?? {}));
        return true;
      }),

    insert: (kind: string, id: string, record: RecordInput, now: number) =>
      connection.write(() => {
        if (stateOf(kind, id, now) !== 'nothing') return false;
        write(kind, id, record, JSON.stringify(record.entries ?? {}));
        return true;
      }),

    get: (kind: string, id: string, now: number) => connection.read(() => get(kind, id, now)),

    replace: (kind: string, id: string, record: RecordInput, expectedVersion: number, now: number) =>
      connection.write(() => {
        const { changes } = prepare(
          `UPDATE record SET value = ?, parts = ?, version = version + 1, expires_at = ? WHERE ${LIVE} AND version = ?`,
        ).run(
          record.value,
          JSON.stringify(record.entries ?? {}),
          record.expiresAt,
          kind,
          id,
          now,
          expectedVersion,
        );
        if (changes === 1) enrol(kind, id, record.sets);
        return changes === 1;
      }),

    merge: (kind: string, id: string, change: MergeInput, now: number) =>
      connection.write(() => {
        if (stateOf(kind, id, now) === 'buried') return false;
        const entries = { ...get(kind, id, now)?.entries, ...change.setEntries };
        for (const name of change.unsetEntries) delete entries[name];
        write(kind, id, change, JSON.stringify(entries));
        return true;
      }),

    remove: (kind: string, id: string) =>
      connection.write(() => {
        const row = prepare('SELECT buried FROM record WHERE kind = ? AND id = ?').get(kind, id);
        if (row?.buried !== 1) drop(kind, id);
      }),

    renew: (kind: string, id: string, { set, key }: SetKey, expiresAt: number, now: number) =>
      connection.write(() => {
        const isWithin = 'EXISTS (SELECT 1 FROM member WHERE kind = ? AND name = ? AND key = ? AND id = ?)';
        const row = prepare(`UPDATE record SET expires_at = ? WHERE ${LIVE} AND ${isWithin} RETURNING *`).get(
          expiresAt,
          ...[kind, id, now],
          ...[kind, set, key, id],
        );
        return stored(row as Row | undefined);
      }),

    bury: (kind: string, id: string, until: number, now: number) =>
      connection.write(() => {
        const before = get(kind, id, now);
        drop(kind, id);
        prepare(
          `INSERT INTO record (kind, id, value, parts, version, expires_at, buried, generation) VALUES (?, ?, '', '{}', 1, ?, 1, ?)`,
        ).run(kind, id, until, generation());
        return before;
      }),

    claim: (kind: string, id: string, now: number) =>
      connection.write((): 'won' | 'lost' => {
        // The whole promise is in this one statement: check and set cannot come apart (P7).
        const { changes } = prepare(
          `UPDATE record SET claimed_at = ? WHERE ${LIVE} AND claimed_at IS NULL`,
        ).run(now, kind, id, now);
        return changes === 1 ? 'won' : 'lost';
      }),

    members: (kind: string, set: string, key: string, now: number) =>
      connection.read(() => {
        const rows = prepare(
          `SELECT m.id AS id FROM member m JOIN record r ON r.kind = m.kind AND r.id = m.id
           WHERE m.kind = ? AND m.name = ? AND m.key = ? AND r.expires_at > ? AND r.buried = 0`,
        ).all(kind, set, key, now) as { id: string }[];
        return rows.map((row) => row.id);
      }),

    removeMembers: (kind: string, set: string, key: string) =>
      connection.write(() => {
        const rows = prepare('SELECT id FROM member WHERE kind = ? AND name = ? AND key = ?').all(
          kind,
          set,
          key,
        ) as { id: string }[];
        for (const { id } of rows) drop(kind, id);
        return rows.length;
      }),
  };
}

/** The records that expired and wait for what must follow: see `takeExpired`. */
function lingering(connection: SqliteConnection) {
  const { prepare } = connection;
  const setAt = 'UPDATE expiry SET at = ? WHERE kind = ? AND id = ?';
  const take = (kind: string, id: string, now: number, leaseSeconds: number): ExpiredRecord[] => {
    const row = prepare('SELECT * FROM record WHERE kind = ? AND id = ?').get(kind, id) as Row | undefined;
    if (!row) prepare('DELETE FROM expiry WHERE kind = ? AND id = ?').run(kind, id);
    else prepare(setAt).run(row.expires_at > now ? row.expires_at : now + leaseSeconds, kind, id);
    if (!row || row.expires_at > now) return [];
    return [{ id, value: row.value, entries: JSON.parse(row.parts), expiresAt: row.expires_at }];
  };
  return {
    takeExpired: (kind: string, now: number, leaseSeconds: number, limit: number) =>
      connection.write(() => {
        const due = prepare('SELECT id FROM expiry WHERE kind = ? AND at <= ? ORDER BY at LIMIT ?').all(
          kind,
          now,
          limit,
        ) as { id: string }[];
        return due.flatMap(({ id }) => take(kind, id, now, leaseSeconds));
      }),
  };
}

function heights(connection: SqliteConnection) {
  const { prepare } = connection;
  return {
    advance: (key: string, number: number, keepUntil: number, now: number) =>
      connection.write(() => {
        const { changes } = prepare(
          `INSERT INTO height (key, number, expires_at) VALUES (?, ?, ?)
           ON CONFLICT DO UPDATE SET number = excluded.number, expires_at = MAX(expires_at, excluded.expires_at)
           WHERE excluded.number > number OR expires_at <= ?`,
        ).run(key, number, keepUntil, now);
        return changes === 1;
      }),
  };
}

function topics(connection: SqliteConnection) {
  const { prepare } = connection;
  return {
    topicVersion: (topic: string) =>
      connection.read(
        () =>
          (prepare('SELECT version FROM topic WHERE name = ?').get(topic) as { version: string } | undefined)
            ?.version ?? '',
      ),
    touchTopic: (topic: string) =>
      connection.write(() => {
        prepare('INSERT OR REPLACE INTO topic (name, version) VALUES (?, ?)').run(topic, newId());
      }),
  };
}

function sweeper(connection: SqliteConnection) {
  const { prepare } = connection;
  const drop = dropper(connection);
  return (now: number, limit: number) =>
    connection.write(() => {
      const expired = prepare(
        'SELECT kind, id FROM record WHERE expires_at <= ? AND expires_at + linger <= ? LIMIT ?',
      ).all(now, now, limit) as { kind: string; id: string }[];
      for (const { kind, id } of expired) drop(kind, id);
      let gone = expired.length;
      for (const table of ['counter', 'height']) {
        const sql = `DELETE FROM ${table} WHERE key IN (SELECT key FROM ${table} WHERE expires_at <= ? LIMIT ?)`;
        gone += Number(prepare(sql).run(now, limit).changes);
      }
      return gone;
    });
}

/** Ephemeral state in one SQLite file: WAL, synchronous=NORMAL, one immediate transaction a verb. */
export function openSqliteEphemeral(file: string, now: number, waiting?: Waiting): Ephemeral {
  const connection = openSqlite(file, 'NORMAL', waiting);
  try {
    const current = prepareEphemeral(connection, now);
    return {
      ...records(connection, () => current.id),
      ...lingering(connection),
      ...sqliteAttempts(connection),
      ...heights(connection),
      ...topics(connection),
      generation: async () => current,
      sweep: sweeper(connection),
      verify: () => connection.verify(),
      // A write: a full disk still lets everything be read (F10).
      ping: () =>
        connection.write(() => {
          connection.prepare('UPDATE generation SET boot = boot').run();
        }),
      warnings: [],
      serverTime: async () => undefined,
      close: async () => connection.close(),
    };
  } catch (error) {
    connection.close();
    throw new SallyportError('store_unavailable', `${file}: ${(error as Error).message}`, { cause: error });
  }
}
