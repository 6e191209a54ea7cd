import { type Clock, newId } from '../../base/index.ts';
import {
  type AttemptCount,
  type AttemptRule,
  type Ephemeral,
  type ExpiredRecord,
  type Generation,
  LEASE_SECONDS,
  type Lease,
  type MergeInput,
  type Pace,
  type RecordInput,
  type Reservation,
  type SetKey,
  type Settlement,
  type StoredRecord,
  waitEnd,
} from './port.ts';
import { assertFit, assertKeeps, breaker, connect, type RedisOptions, runIdOf } from './redis-connection.ts';
import { redisScripts } from './redis-scripts.ts';

type Argument = string | number;
type Script = (...args: Argument[]) => Promise<unknown>;
type Run = (name: string, keys: string[], ...args: Argument[]) => Promise<unknown>;

const NO_ENTRIES = {};
/** For the script: no failure begins a wait. */
const NO_PACE: Pace = { from: 0, seconds: 0, growth: 0 };
const LOST = 'LOST the store was emptied';

function pairs(entries: Readonly<Record<string, string>>): Argument[] {
  const list = Object.entries(entries);
  return [list.length, ...list.flat()];
}

/** Reads what HGETALL answers inside a script: names and values in turn. */
function stored(reply: unknown): StoredRecord | undefined {
  if (!Array.isArray(reply)) return undefined;
  const fields = new Map<string, string>();
  for (let i = 0; i < reply.length; i += 2) fields.set(String(reply[i]), String(reply[i + 1]));
  const entries = [...fields]
    .filter(([name]) => name.startsWith('p:'))
    .map(([name, value]) => [name.slice(2), value]);
  const claimedAt = fields.get('cl');
  return {
    value: fields.get('v') ?? '',
    entries: Object.fromEntries(entries) as Record<string, string>,
    version: Number(fields.get('ver')),
    expiresAt: Number(fields.get('exp')),
    claimedAt: claimedAt === undefined ? undefined : Number(claimedAt),
    generation: fields.get('gen') ?? '',
  };
}

function records(run: Run, prefix: string, generation: () => Generation) {
  const recordKey = (kind: string, id: string) => `${prefix}r:${kind}:${id}`;
  const setKey = (kind: string, set: string, key: string) => `${prefix}s:${kind}:${set}:${key}`;

  const write = async (
    mode: 'put' | 'insert' | 'replace' | 'merge',
    kind: string,
    id: string,
    record: RecordInput,
    now: number,
    version: number,
    unset: readonly string[] = [],
  ) => {
    const { expiresAt, value, lingerSeconds = 0 } = record;
    const fixed = [prefix, kind, id, mode, now, expiresAt, value, generation().id, version, lingerSeconds];
    const lists = [
      ...pairs(record.sets ?? NO_ENTRIES),
      ...pairs(record.entries ?? NO_ENTRIES),
      unset.length,
      ...unset,
    ];
    return (await run('spWrite', [recordKey(kind, id)], ...fixed, ...lists)) === 1;
  };

  return {
    put: (kind: string, id: string, record: RecordInput, now: number) =>
      write('put', kind, id, record, now, 0),
    insert: (kind: string, id: string, record: RecordInput, now: number) =>
      write('insert', kind, id, record, now, 0),
    replace: (kind: string, id: string, record: RecordInput, expectedVersion: number, now: number) =>
      write('replace', kind, id, record, now, expectedVersion),
    merge: (kind: string, id: string, { setEntries, unsetEntries, ...rest }: MergeInput, now: number) =>
      write('merge', kind, id, { ...rest, entries: setEntries }, now, 0, unsetEntries),
    get: async (kind: string, id: string, now: number) =>
      stored(await run('spGet', [recordKey(kind, id)], now)),
    remove: async (kind: string, id: string) => {
      await run('spRemove', [recordKey(kind, id)], prefix, kind, id);
    },
    renew: async (kind: string, id: string, { set, key }: SetKey, expiresAt: number, now: number) =>
      stored(await run('spRenew', [recordKey(kind, id)], prefix, kind, id, expiresAt, now, set, key)),
    bury: async (kind: string, id: string, until: number, now: number) =>
      stored(await run('spBury', [recordKey(kind, id)], prefix, kind, id, until, now)),
    takeExpired: async (kind: string, now: number, leaseSeconds: number, limit: number) => {
      const reply = await run(
        'spTakeExpired',
        [`${prefix}x:${kind}`],
        prefix,
        kind,
        now,
        leaseSeconds,
        limit,
      );
      return (reply as [string, unknown][]).flatMap(([id, fields]): ExpiredRecord[] => {
        const record = stored(fields);
        return record
          ? [{ id, value: record.value, entries: record.entries, expiresAt: record.expiresAt }]
          : [];
      });
    },
    claim: async (kind: string, id: string, now: number): Promise<'won' | 'lost'> =>
      (await run('spClaim', [recordKey(kind, id)], now)) === 1 ? 'won' : 'lost',
    members: async (kind: string, set: string, key: string, now: number) =>
      (await run('spMembers', [setKey(kind, set, key)], prefix, kind, now)) as string[],
    removeMembers: async (kind: string, set: string, key: string) =>
      Number(await run('spRemoveMembers', [setKey(kind, set, key)], prefix, kind)),
  };
}

function attempts(run: Run, prefix: string) {
  const keysOf = (key: string) => [`${prefix}c:${key}`, `${prefix}l:${key}`];
  return {
    reserve: async (
      key: string,
      { limit, pace = NO_PACE }: AttemptRule,
      now: number,
      keepUntil: number,
    ): Promise<Reservation> => {
      const lease: Lease = { id: newId(), key };
      const fixed = [limit, now, keepUntil, lease.id, LEASE_SECONDS];
      const reply = await run('spReserve', keysOf(key), ...fixed, pace.from, pace.seconds, pace.growth);
      const [outcome, failures, abandoned, until = 0] = reply as [Reservation['outcome'], ...number[]];
      const counted = { failures: failures ?? 0, abandoned: abandoned ?? 0 };
      if (outcome === 'granted') return { outcome, lease, ...counted };
      return outcome === 'waiting' ? { outcome, until, ...counted } : { outcome, ...counted };
    },
    settle: async (
      lease: Lease,
      outcome: Settlement,
      now: number,
    ): Promise<{ failures: number } | 'dead'> => {
      const failures = Number(await run('spSettle', keysOf(lease.key), lease.id, outcome, now));
      return failures < 0 ? 'dead' : { failures };
    },
    count: async (key: string, pace: Pace | undefined, now: number): Promise<AttemptCount> => {
      const reply = await run('spCount', keysOf(key), now, now + LEASE_SECONDS, LEASE_SECONDS);
      const [failures = 0, lastAt = 0] = reply as number[];
      return { failures, until: waitEnd(failures, lastAt, pace) };
    },
  };
}

/**
 * Ephemeral state in Redis: one script a verb, an unknown outcome is `store_unavailable`. A server that was emptied is noticed
 * by the first verb that would write or decide: that one fails, and from then on the generation is another. So it is after
 * each start of the server, which may have lost the end of its log.
 * @throws SallyportError `store_unavailable` when the server cannot be reached, `store_unfit` when it may evict or is a cluster
 */
export async function openRedisEphemeral(options: RedisOptions, clock: Clock): Promise<Ephemeral> {
  const { prefix } = options;
  let isWanted = true;
  const { redis, lost } = await connect(options, () => isWanted);
  const verbs = redis as unknown as Record<string, Script>;
  const generationKey = `${prefix}generation`;
  let generation: Generation = { id: '', bornAt: 0 };

  const renew = async () => {
    const runId = await runIdOf(redis);
    const reply = await verbs.spGeneration?.call(redis, generationKey, newId(), clock.now(), runId);
    const [id, bornAt] = reply as [string, string];
    generation = { id, bornAt: Number(bornAt) };
  };
  const { attempt, ...watch } = breaker(redis, lost, renew);
  const run: Run = (name, keys, ...args) =>
    attempt(async () => {
      const verb = verbs[name];
      if (!verb) throw new RangeError(`no script ${name}`);
      if (!redisScripts[name]?.isGuarded) return verb.call(redis, ...keys, ...args);
      try {
        return await verb.call(redis, ...keys, generationKey, ...args, generation.id);
      } catch (error) {
        // Not tried again: the caller must decide again what it decided before the loss (P3).
        if ((error as Error).message.includes(LOST)) await renew();
        throw error;
      }
    });

  // Asked again each time: someone may turn eviction on while we run (F7).
  const ping = () => attempt(() => assertKeeps(redis));

  try {
    await attempt(() => redis.connect());
    const warnings = await attempt(() => assertFit(redis));
    await attempt(renew);
    watch.start();
    return {
      ...records(run, prefix, () => generation),
      ...attempts(run, prefix),
      advance: async (key, number, keepUntil, now) =>
        (await run('spAdvance', [`${prefix}h:${key}`], number, keepUntil, now)) === 1,
      topicVersion: async (topic) => (await attempt(() => redis.get(`${prefix}t:${topic}`))) ?? '',
      touchTopic: async (topic) => {
        await attempt(() => redis.set(`${prefix}t:${topic}`, newId()));
      },
      generation: async () => generation,
      // Redis deletes what has expired by itself.
      sweep: async () => 0,
      verify: () => ping(),
      warnings,
      ping,
      serverTime: async () => Number((await attempt(() => redis.time()))[0]),
      close: async () => {
        isWanted = false;
        watch.stop();
        redis.disconnect();
      },
    };
  } catch (error) {
    isWanted = false;
    watch.stop();
    redis.disconnect();
    throw error;
  }
}
