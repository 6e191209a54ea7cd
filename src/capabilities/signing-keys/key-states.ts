import { type Refused, refuse } from '../../foundation/base/index.ts';
// When a signing key signs, and until when it is published: a pure function of the times in the documents, so that every
// process comes to the same answer at the same moment without a word between them.

export type SigningAlgorithm = 'ES256' | 'RS256';

/** The times of a key, in epoch seconds. When it retires is told by its successor: one document makes a rotation. */
export interface KeyTimes {
  alg: SigningAlgorithm;
  serial: number;
  publishedAt: number;
  activeAt: number;
  /** The ones before are known to others: they are withdrawn as soon as this key signs. */
  isReplacement: boolean;
}

export type KeyState = 'next' | 'active' | 'retired' | 'withdrawn';

export interface KeyAge {
  state: KeyState;
  /** When a successor signs in its place, if one is there. */
  retiredAt: number | undefined;
  /** From when on it is not published any more. */
  withdrawnAt: number | undefined;
}

/** How long the key set may be kept by applications: its Cache-Control says so. */
export const JWKS_SECONDS = 300;
/** Twice that: anyone who kept the former set has asked again before the new key signs (OID-2). */
export const PUBLISHED_BEFORE_SECONDS = 2 * JWKS_SECONDS;
/** Longer than any session, whose ID token may come back as `id_token_hint`. */
export const KEPT_AFTER_SECONDS = 7 * 86_400;

function earliest(keys: readonly KeyTimes[]): number | undefined {
  return keys.length === 0 ? undefined : Math.min(...keys.map(({ activeAt }) => activeAt));
}

export function keyAge<T extends KeyTimes>(key: T, all: readonly T[], now: number): KeyAge {
  const later = all.filter(({ alg, serial }) => alg === key.alg && serial > key.serial);
  const retiredAt = earliest(later);
  const replacedAt = earliest(later.filter(({ isReplacement }) => isReplacement));
  const withdrawnAt =
    retiredAt === undefined ? undefined : Math.min(replacedAt ?? Infinity, retiredAt + KEPT_AFTER_SECONDS);
  const stateNow = (): KeyState => {
    if (withdrawnAt !== undefined && now >= withdrawnAt) return 'withdrawn';
    if (retiredAt !== undefined && now >= retiredAt) return 'retired';
    return now >= key.activeAt ? 'active' : 'next';
  };
  return { state: stateNow(), retiredAt, withdrawnAt };
}

const PREFERENCE: readonly SigningAlgorithm[] = ['ES256', 'RS256'];
const ORDER: readonly KeyState[] = ['active', 'next', 'retired'];

/** The keys to publish, the signing ones first: the engine signs with the first that fits. */
export function published<T extends KeyTimes>(all: readonly T[], now: number): T[] {
  const rank = (key: T) => ORDER.indexOf(keyAge(key, all, now).state) * 10 + PREFERENCE.indexOf(key.alg);
  return all
    .filter((key) => keyAge(key, all, now).state !== 'withdrawn')
    .sort((a, b) => rank(a) - rank(b) || b.serial - a.serial);
}

/** The times of the next key, or why there is none yet. */
export function planRotation(
  alg: SigningAlgorithm,
  all: readonly KeyTimes[],
  now: number,
  isReplacement: boolean,
): KeyTimes | Refused {
  const own = all.filter((key) => key.alg === alg);
  const newest = own.reduce<KeyTimes | undefined>((a, b) => (a && a.serial > b.serial ? a : b), undefined);
  if (newest && newest.activeAt > now && !isReplacement) {
    const seconds = newest.activeAt - now;
    return refuse('key_published_already', { alg, seconds });
  }
  const activeAt = isReplacement || !newest ? now : now + PUBLISHED_BEFORE_SECONDS;
  return { alg, serial: (newest?.serial ?? 0) + 1, publishedAt: now, activeAt, isReplacement };
}
