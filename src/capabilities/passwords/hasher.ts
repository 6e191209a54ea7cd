import { randomBytes } from 'node:crypto';
import argon2 from 'argon2';
import { SallyportError } from '../../foundation/base/index.ts';

export interface HashingParameters {
  memoryKiB: number;
  passes: number;
}

export interface Hasher {
  hash(password: string): Promise<string>;
  /** @throws SallyportError `busy` when too many hashes wait already; nothing was checked then */
  verify(hash: string, password: string): Promise<boolean>;
  /** Whether the password is one of many hashes: one job on the gate, which stops at the first match (PWD-4). */
  verifyAny(hashes: readonly string[], password: string): Promise<boolean>;
  /** Argon2id under a salt of the caller's, as base64url: for sets of codes that one hash checks (S37). */
  derive(text: string, salt: string): Promise<string>;
  /** Costs what `verify` costs, and is never right: for names that do not exist (S16). */
  verifyNothing(password: string): Promise<false>;
  /** Whether the hash was made with other parameters than today's. */
  isOutdated(hash: string): boolean;
  /** How many hashes are computed and how many wait, now. */
  load(): { running: number; waiting: number };
}

/**
 * Argon2id behind a gate: as many at once as there are cores, a short queue behind them, and beyond it a refusal at once,
 * so that a storm of guesses cannot take the machine (S11).
 */
export function createHasher(parameters: HashingParameters, gate: { slots: number; queue: number }): Hasher {
  const options = {
    type: argon2.argon2id,
    memoryCost: parameters.memoryKiB,
    timeCost: parameters.passes,
    parallelism: 1,
  } as const;
  let running = 0;
  const waiting: (() => void)[] = [];

  const throughGate = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= gate.slots) {
      if (waiting.length >= gate.queue) throw new SallyportError('busy', 'the hashing queue is full');
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      // The slot is handed over, not freed: a newcomer cannot slip in between.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };

  const dummy = argon2.hash(randomBytes(32), options);
  dummy.catch(() => {});
  return {
    hash: (password) => throughGate(() => argon2.hash(password, options)),
    verify: (hash, password) => throughGate(() => argon2.verify(hash, password)),
    verifyAny: (hashes, password) =>
      throughGate(async () => {
        for (const hash of hashes) if (await argon2.verify(hash, password)) return true;
        return false;
      }),
    derive: (text, salt) =>
      throughGate(async () => {
        const raw = await argon2.hash(text, { ...options, salt: Buffer.from(salt, 'base64url'), raw: true });
        return raw.toString('base64url');
      }),
    verifyNothing: async (password) => {
      const hash = await dummy;
      await throughGate(() => argon2.verify(hash, password));
      return false;
    },
    load: () => ({ running, waiting: waiting.length }),
    isOutdated: (hash) => argon2.needsRehash(hash, options),
  };
}
