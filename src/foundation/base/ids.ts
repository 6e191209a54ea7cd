import { createHash, randomBytes, randomFillSync, randomInt, timingSafeEqual } from 'node:crypto';

const POOL_BYTES = 16 * 256;
const pool = Buffer.alloc(POOL_BYTES);
let poolAt = POOL_BYTES;

/** 16 random bytes, drawn from the system 256 at a time: every request has an id. */
function sixteenBytes(): Buffer {
  if (poolAt === POOL_BYTES) {
    randomFillSync(pool);
    poolAt = 0;
  }
  const bytes = Buffer.from(pool.subarray(poolAt, poolAt + 16));
  poolAt += 16;
  return bytes;
}

const COUNTER_LIMIT = 0x1000;
let lastMs = 0;
let counter = 0;

/**
 * The millisecond and the 12-bit counter of the next id: in one process, ids never go back, no matter what the clock
 * does.
 */
function nextTick(): { ms: number; count: number } {
  const now = Date.now();
  counter = now > lastMs ? 0 : counter + 1;
  lastMs = Math.max(now, lastMs);
  if (counter === COUNTER_LIMIT) {
    lastMs += 1;
    counter = 0;
  }
  return { ms: lastMs, count: counter };
}

/** A UUIDv7 (RFC 9562, sections 5.7 and 6.2 method 1): sorts in the order in which this process made it, so the audit does too. */
export function newId(): string {
  const bytes = sixteenBytes();
  const { ms, count } = nextTick();
  bytes.writeUIntBE(ms, 0, 6);
  bytes.writeUInt16BE(0x7000 | count, 6);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** What every id from that second on follows, and no earlier one. @param at epoch seconds, from 1970 on */
export function firstIdAt(at: number): string {
  const hex = Math.max(0, at * 1_000)
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}`;
}

/** 256 random bits as base64url: for every secret that a program or a browser carries. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** A whole number from 0 to `limit` − 1, without bias. */
export function randomBelow(limit: number): number {
  return randomInt(limit);
}

/** Characters drawn from an alphabet, each by itself and without bias. */
export function randomText(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet[randomBelow(alphabet.length)]).join('');
}

/** SHA-256 as base64url. Only for values of 128 random bits or more: it is fast, so it hides nothing that can be guessed. */
export function fingerprint(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

/** Compares two fingerprints in constant time. */
export function sameSecret(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
