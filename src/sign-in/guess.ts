import type { AuditEvent } from '../audit/index.ts';
import type { Subject } from '../lockout/index.ts';
import type { Policy } from '../tenants/index.ts';
import type { SignInParts } from './parts.ts';

export interface Guess {
  subject: Subject;
  policy: Policy;
  kind: 'password' | 'second-factor';
  /** What the audit calls what was typed. */
  factor: 'password' | 'totp';
  where: Omit<AuditEvent, 'type' | 'outcome'>;
  /** The slow check. @returns undefined when right, else the reason for the audit */
  check(): Promise<string | undefined>;
}

/**
 * One guess at a secret, through whichever door: reserved before the check, settled, recorded, and the lock said where it
 * is the last. Counting afterwards would let N simultaneous guesses all be verified (CVE-2024-4629).
 * @throws what `check` throws, the slot freed uncounted
 */
export async function guess({ lockout, audit }: SignInParts, attempt: Guess): Promise<boolean> {
  const { subject, policy, kind, factor, where, check } = attempt;
  const type = `sign-in.${kind}` as const;
  const turn = await lockout.reserve(subject, kind, policy);
  if (turn.abandoned > 0) {
    audit.note({
      ...where,
      type: 'attempt.abandoned',
      outcome: 'failure',
      factor,
      detail: { attempts: turn.abandoned },
    });
  }
  if (!turn.granted) {
    const { failures, limit } = turn;
    audit.note({ ...where, type, outcome: 'refused', factor, reason: 'locked', detail: { failures, limit } });
    return false;
  }
  let wrong: string | undefined;
  try {
    wrong = await check();
  } catch (error) {
    await turn.attempt.settle('not-verified');
    throw error;
  }
  const settled = await turn.attempt.settle(wrong === undefined ? 'success' : 'failure');
  const { failures, limit, locked } = settled;
  if (settled.isLate) wrong ??= 'answered too late';
  if (wrong === undefined) {
    audit.note({ ...where, type, outcome: 'success', factor });
    return true;
  }
  audit.note({ ...where, type, outcome: 'failure', factor, reason: wrong, detail: { failures, limit } });
  if (locked) {
    await audit.write({
      ...where,
      type: 'account.locked',
      outcome: 'success',
      actor: 'system',
      reason: kind,
      detail: { failures, limit },
    });
  }
  return false;
}
