import { type FirstProof, type Reason, reasonTo } from '../../capabilities/account-state/index.ts';
import type { Account, Population } from '../../capabilities/accounts/index.ts';
import { type FactorDuty, factorDuty } from '../../capabilities/second-factor/index.ts';
import type { Policy } from '../../capabilities/tenants/index.ts';
import type { Proofs } from '../../use-cases/credentials/index.ts';
import type { AssuranceAsked } from '../oidc/index.ts';
import type { Attempt } from './attempt.ts';

/**
 * - `continue`: everything is proved and nothing is left but to go back to the application
 * - `another-person`: the application asked for another person than the one who signed in
 * - `unmet`: the application insists on an assurance that this account cannot give
 */
export type Step =
  | 'expired-link'
  | 'consent'
  | 'identify'
  | 'password'
  | 'wait'
  | 'locked'
  | 'second-factor'
  | 'activate'
  | 'recovery-codes'
  | 'change-password'
  | 'expires-soon'
  | 'another-person'
  | 'unmet'
  | 'continue';

/** Everything that the decision reads; all of it stored state. */
export interface Situation {
  isFinished: boolean;
  prompt: 'login' | 'consent';
  /** The population that the application fixes, or `any`. */
  population: Population | 'any';
  attempt: Attempt;
  /** The account that was named and found. */
  account: Account | undefined;
  /** Only proofs of this epoch count. */
  epoch: number;
  /** The browser is outside the networks of the tenant (SGN-5). */
  isOutside: boolean;
  /** The account is locked, or the name does not exist and its counter is full. */
  isLocked: boolean;
  /** Epoch seconds from which the person may try again: a password first, then a code. */
  waitEnds: number;
  /** What refuses this sign-in or asks for more, given what was proved first. */
  reasons: readonly Reason[];
  /** Days until the password expires, where that is to be said (PWD-14). */
  daysToWarn: number | undefined;
  policy: Policy;
  /** This browser gave the code not long ago, where the site lets it skip the next ones (MFA-13). */
  isTrusted: boolean;
  asked: AssuranceAsked;
  /** The application asked for another person than this account's. */
  isAnotherPerson: boolean;
  now: number;
}

/**
 * A proof counts only in the epoch and lock round in which it was given (S22, SES-4). A running session counts as the first proof
 * if the person then uses a second factor that they have. To set up a new one they give the password: someone may have copied
 * the cookie (S33).
 */
export function firstIsProved({
  attempt,
  account,
  epoch,
  isOutside,
  reasons,
  policy,
  asked,
}: Pick<Situation, 'attempt' | 'account' | 'epoch' | 'isOutside' | 'reasons' | 'policy' | 'asked'>): boolean {
  const proof = attempt.firstProof;
  if (!proof || !account || isOutside) return false;
  if (proof.by === 'session' && factorDuty(account, policy, asked.multiFactor) === 'activation') return false;
  // A passkey in place of the password counts while it counts as a factor: one that was taken away since is no proof (S36).
  if (firstOf(attempt) !== 'password' && !factorProofOf({ attempt, account })) return false;
  const isRefused = reasonTo('refused', reasons) !== undefined;
  return !isRefused && proof.epoch === epoch && proof.lockRound === account.lockRound;
}

/** A factor given in another round of the account's factors proves nothing: it may be revoked since (S36). */
export function factorProofOf({
  attempt,
  account,
}: Pick<Situation, 'attempt' | 'account'>): Attempt['factorProof'] {
  const proof = attempt.factorProof;
  return proof && account && proof.round === account.secondFactor.round ? proof : null;
}

/** What the sign-in began with. A session counts as a password: only one that began with a password can lack a factor. */
export function firstOf({ firstProof }: Pick<Attempt, 'firstProof'>): FirstProof {
  return firstProof === null || firstProof.by === 'session' ? 'password' : firstProof.by;
}

/** What this attempt itself proved. It decides which factors the person may set up, and what the session records. */
export function proofsOf(request: Pick<Situation, 'attempt' | 'account'>): Proofs {
  const { by } = request.attempt.firstProof ?? { by: 'session' };
  return { first: by === 'session' ? null : by, hasFactor: factorProofOf(request) !== null };
}

/** Epoch seconds of the newest proof of this attempt; 0: it proved nothing. */
export function provedAt(request: Pick<Situation, 'attempt' | 'account'>): number {
  return Math.max(request.attempt.firstProof?.at ?? 0, factorProofOf(request)?.at ?? 0);
}

/**
 * Trust skips the code only of a plain sign-in: never where an application asks for it, nor for a change of password
 * (PWD-11, S40).
 */
function isSkipped({ isTrusted, asked, reasons }: Situation): boolean {
  return isTrusted && !asked.multiFactor && reasonTo('change-password', reasons) === undefined;
}

/** The application insists on what this account cannot give, and no further proof by the person helps. */
function isUnmet(situation: Situation, duty: FactorDuty): boolean {
  const { asked } = situation;
  const proof = factorProofOf(situation);
  if (asked.essential) return !proof && duty === 'nothing';
  return asked.passwordOnly && (Boolean(proof) || (duty !== 'nothing' && !isSkipped(situation)));
}

/** The step that a sign-in is at: the first line that applies decides. Outside the tenant's networks no proof counts (SGN-2). */
export function nextStep(situation: Situation): Step {
  const { attempt, account, policy, asked, reasons } = situation;
  const isWaiting = situation.now < situation.waitEnds;
  if (situation.isFinished) return 'expired-link';
  if (situation.prompt === 'consent') return 'consent';
  if (situation.population === 'any' && attempt.population === null) return 'identify';
  if (attempt.who && situation.isLocked) return policy.lockout.reveal === 'always' ? 'locked' : 'password';
  if (!account || !firstIsProved(situation)) return attempt.who && isWaiting ? 'wait' : 'password';
  const duty = factorDuty(account, policy, asked.multiFactor);
  const proof = factorProofOf(situation);
  // Before the second factor and the change of password: a person is asked for nothing if the application is refused in the end.
  if (situation.isAnotherPerson) return 'another-person';
  if (isUnmet(situation, duty)) return 'unmet';
  if (!proof && duty !== 'nothing' && !(duty === 'code' && isSkipped(situation))) {
    if (isWaiting) return 'wait';
    return duty === 'code' ? 'second-factor' : 'activate';
  }
  if (attempt.recovery !== null) return 'recovery-codes';
  if (reasonTo('change-password', reasons)) return 'change-password';
  if (situation.daysToWarn !== undefined && !attempt.isWarned) return 'expires-soon';
  return 'continue';
}
