/**
 * Short-lived state. `now` (epoch seconds) is always handed in. Every verb is atomic over processes, and throws
 * `store_unavailable` when the store cannot answer: an unknown outcome is never read as a grant, a win or "not locked".
 */
export interface Ephemeral {
  /** Creates or overwrites; a claim on the record stays. @returns false when the id is buried */
  put(kind: string, id: string, record: RecordInput, now: number): Promise<boolean>;
  /** Creates unless there. @returns whether this caller made it: of N, exactly one does (P1) */
  insert(kind: string, id: string, record: RecordInput, now: number): Promise<boolean>;
  get(kind: string, id: string, now: number): Promise<StoredRecord | undefined>;
  /** Compare-and-set on the record's version. @returns whether this caller won */
  replace(
    kind: string,
    id: string,
    record: RecordInput,
    expectedVersion: number,
    now: number,
  ): Promise<boolean>;
  /** Sets the value and the given entries, leaving every other one as another writer left it. @returns false when buried */
  merge(kind: string, id: string, change: MergeInput, now: number): Promise<boolean>;
  remove(kind: string, id: string): Promise<void>;
  /**
   * Moves the expiry of a live record that stands under this key of a set, and nothing else of it.
   * @returns the record, or undefined when there is none
   */
  renew(
    kind: string,
    id: string,
    within: SetKey,
    expiresAt: number,
    now: number,
  ): Promise<StoredRecord | undefined>;
  /** Removes the record and refuses to let it be written again until `until`. @returns what was removed, where it lived */
  bury(kind: string, id: string, until: number, now: number): Promise<StoredRecord | undefined>;
  /**
   * Records that expired and linger, the longest expired first. Each is handed to one caller, and to another one
   * after `leaseSeconds` unless it was removed by then: what must follow an expiry happens at least once.
   */
  takeExpired(kind: string, now: number, leaseSeconds: number, limit: number): Promise<ExpiredRecord[]>;
  /** Spends the record: exactly one caller ever wins, and it stays readable as claimed (P1). Missing or expired is a loss. */
  claim(kind: string, id: string, now: number): Promise<'won' | 'lost'>;
  /** Ids of the live records put under this key of a set. */
  members(kind: string, set: string, key: string, now: number): Promise<string[]>;
  /** Removes every record under this key of a set. @returns how many */
  removeMembers(kind: string, set: string, key: string): Promise<number>;

  /**
   * Reserves one attempt before the slow check (P11 to P17). Failures and open leases together never exceed `limit`.
   * With a pace, a wait begins with each failure from the `from`th on: no try that could begin one runs beside another.
   * A lease not settled in 30 s counts as a failure; how many such were counted now is told in `abandoned`.
   */
  reserve(key: string, rule: AttemptRule, now: number, keepUntil: number): Promise<Reservation>;
  /** `success` clears the counter, `failure` counts, `not-verified` frees the slot. `dead`: the lease was already counted. */
  settle(lease: Lease, outcome: Settlement, now: number): Promise<{ failures: number } | 'dead'>;
  /** Failures counted so far, abandoned leases included. */
  count(key: string, pace: Pace | undefined, now: number): Promise<AttemptCount>;

  /** Stores `number` unless one as great is stored. @returns whether it rose: of N calls with one number, one does (P5) */
  advance(key: string, number: number, keepUntil: number, now: number): Promise<boolean>;

  /** A text that changes with every `touchTopic`; empty as long as no one has called it. */
  topicVersion(topic: string): Promise<string>;
  touchTopic(topic: string): Promise<void>;

  /**
   * The generation as last seen: a new one begins when the store is lost or the machine reboots (P6). Costs no round
   * trip.
   */
  generation(): Promise<Generation>;
  /** Deletes expired rows, at most `limit` of each kind of row. @returns how many */
  sweep(now: number, limit: number): Promise<number>;
  /** Looks for damage, reading everything where the store does not do so itself. Throws when there is any. */
  verify(): Promise<void>;
  /** Throws when the store cannot answer, or must not be used any more. */
  ping(): Promise<void>;
  /** What an operator should mend although it works. */
  readonly warnings: readonly string[];
  /** The time of the store's own clock in epoch seconds, or undefined where it has none of its own (P15). */
  serverTime(): Promise<number | undefined>;
  close(): Promise<void>;
}

export interface RecordInput {
  /** Opaque JSON. */
  value: string;
  /** Named values beside the value: several writers may each set their own. */
  entries?: Readonly<Record<string, string>>;
  /** Epoch seconds; from then on no verb sees the record. */
  expiresAt: number;
  /** The sets that the record stands in: set name to key. */
  sets?: Readonly<Record<string, string>>;
  /** How long after its expiry `takeExpired` still finds it; no other verb does. */
  lingerSeconds?: number;
}

export interface MergeInput {
  value: string;
  expiresAt: number;
  sets?: Readonly<Record<string, string>>;
  lingerSeconds?: number;
  setEntries: Readonly<Record<string, string>>;
  unsetEntries: readonly string[];
}

export interface StoredRecord {
  value: string;
  entries: Record<string, string>;
  version: number;
  expiresAt: number;
  claimedAt: number | undefined;
  /** The generation in which the record was made. */
  generation: string;
}

export interface SetKey {
  set: string;
  key: string;
}

export interface ExpiredRecord extends Pick<StoredRecord, 'value' | 'entries' | 'expiresAt'> {
  id: string;
}

export interface AttemptRule {
  /** As many failures in a row are never exceeded. */
  limit: number;
  pace?: Pace | undefined;
}

/** A wait of `seconds` after the `from`th failure in a row, `growth` times as long after each further one. */
export interface Pace {
  from: number;
  seconds: number;
  growth: number;
}

export interface AttemptCount {
  failures: number;
  /** The epoch second from which the next try is let in; 0 while there is nothing to wait for. */
  until: number;
}

/** The end of the wait that a failure at `lastAt` began; 0 where it began none. Every adapter decides by this. */
export function waitEnd(failures: number, lastAt: number, pace: Pace | undefined): number {
  if (!pace || failures < pace.from) return 0;
  return lastAt + pace.seconds * pace.growth ** (failures - pace.from);
}

export interface Lease {
  id: string;
  key: string;
}

export type Settlement = 'success' | 'failure' | 'not-verified';

export type Reservation =
  | { outcome: 'granted'; lease: Lease; failures: number; abandoned: number }
  /** As many failures as the limit allows. */
  | { outcome: 'full'; failures: number; abandoned: number }
  /** A wait has begun with the last failure: nothing is checked or counted before `until`. */
  | { outcome: 'waiting'; until: number; failures: number; abandoned: number }
  /** The slots that are left are held by attempts still being checked. */
  | { outcome: 'busy'; failures: number; abandoned: number };

export interface Generation {
  id: string;
  /** Epoch seconds. */
  bornAt: number;
}

/** A lease that is not settled within this time counts as a failure. */
export const LEASE_SECONDS = 30;
