import { SallyportError } from '../../foundation/base/index.ts';
import type { Audit, AuditEvent } from '../audit/index.ts';
import type { Policy } from '../tenants/index.ts';
import type { Budgets } from './budgets.ts';
import type { Lockout, Subject } from './lockout.ts';
import type { GuessKind } from './policy.ts';

/** Why what was typed was not right. */
type WrongReason =
  | 'wrong'
  | 'wrong current password'
  | 'temporary-expired'
  | 'spelling'
  | 'disabled'
  /** From outside the networks of the tenant. */
  | 'network'
  /** No one has that name. */
  | 'unknown'
  /** A code that was used before. */
  | 'replayed'
  /** A code that was right, and too old, or voided. */
  | 'expired'
  /** The check took longer than its lease. */
  | 'late';

/** Why a try came to nothing, checked or not; `why` has a sentence for each (LCK-8). */
export type TryReason = WrongReason | 'locked' | 'waiting' | 'network-tries';

export interface Guess {
  subject: Subject;
  policy: Policy;
  kind: GuessKind;
  /** What the audit calls what was typed, before it is looked at. */
  factor: string;
  where: Omit<AuditEvent, 'type' | 'outcome'>;
  /** The slow check: what was wrong, if anything, and what the factor turned out to be. */
  check(): Promise<{ wrong?: WrongReason | undefined; factor?: string }>;
}

/** What a guess needs; every door hands it over. */
export interface GuessParts {
  lockout: Lockout;
  budgets: Budgets;
  audit: Audit;
}

const TYPES = { password: 'sign-in.password', 'second-factor': 'sign-in.second-factor' } as const;

/** Takes one of the network's tries; a browser that the person has used before needs none (LCK-7). */
async function networkTry({ budgets, audit }: GuessParts, { subject, policy, kind, where, factor }: Guess) {
  const isKnown = 'account' in subject && subject.browser === 'known';
  const taken = isKnown
    ? undefined
    : await budgets.takeTry(where.tenantId ?? '', where.address ?? '', policy);
  if (!taken || taken.granted) return taken;
  audit.note({
    ...where,
    type: TYPES[kind],
    outcome: 'refused',
    factor,
    reason: 'network-tries' satisfies TryReason,
    detail: { until: taken.until },
  });
  throw new SallyportError('too_many_tries', `the network waits until ${taken.until}`, {
    retryAfterSeconds: Math.max(1, taken.until - taken.now),
  });
}

/**
 * One guess at a secret, through whichever door: reserved before the check, settled, recorded, and the lock said where it
 * is the last. Counting afterwards would let N simultaneous guesses all be verified (CVE-2024-4629).
 * @throws what `check` throws, the slot freed uncounted; SallyportError `too_many_tries` where the network has none left
 */
export async function guess(parts: GuessParts, attempt: Guess): Promise<boolean> {
  const network = await networkTry(parts, attempt);
  let isRight = false;
  let isCounted = false;
  try {
    ({ isRight, isCounted } = await judged(parts, attempt));
    return isRight;
  } finally {
    await network?.settle(isCounted && !isRight ? 'failure' : 'not-verified');
  }
}

async function judged(
  { lockout, audit }: GuessParts,
  { subject, policy, kind, factor, where, check }: Guess,
): Promise<{ isRight: boolean; isCounted: boolean }> {
  let said = { ...where, type: TYPES[kind], factor };
  const reservation = await lockout.reserve(subject, kind, policy);
  if (reservation.abandoned > 0)
    audit.note({
      ...where,
      type: 'attempt.abandoned',
      outcome: 'failure',
      factor,
      detail: { attempts: reservation.abandoned },
    });
  if (!reservation.granted) {
    const { failures, limit } = reservation;
    const reason: TryReason = reservation.why;
    const until = reservation.why === 'waiting' ? { until: reservation.until } : {};
    audit.note({ ...said, outcome: 'refused', reason, detail: { failures, limit, ...until } });
    return { isRight: false, isCounted: false };
  }
  let wrong: WrongReason | undefined;
  try {
    const checked = await check();
    wrong = checked.wrong;
    said = { ...said, factor: checked.factor ?? factor };
  } catch (error) {
    await reservation.settle('not-verified');
    throw error;
  }
  const settled = await reservation.settle(wrong === undefined ? 'success' : 'failure');
  const { failures, limit, locked } = settled;
  if (settled.isLate) wrong ??= 'late';
  if (wrong === undefined) {
    audit.note({ ...said, outcome: 'success' });
    return { isRight: true, isCounted: true };
  }
  audit.note({ ...said, outcome: 'failure', reason: wrong, detail: { failures, limit } });
  if (locked) {
    const isOfStrangers =
      'account' in subject && subject.browser === 'stranger' && policy.lockout.splitBudgets;
    await audit.write({
      ...where,
      type: 'account.locked',
      outcome: 'success',
      actor: 'system',
      reason: kind,
      detail: { failures, limit, ...(isOfStrangers ? { door: 'strangers' } : {}) },
    });
  }
  return { isRight: false, isCounted: true };
}
