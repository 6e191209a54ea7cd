import type { Account, Population } from '../accounts/index.ts';
import { factorDuty } from '../second-factor/index.ts';
import type { Policy } from '../tenants/index.ts';
import type { Attempt } from './attempt.ts';

/**
 * - `continue`: everything is proved and nothing is left but to go back to the application
 * - `unmet`: the application insists on an assurance that this account cannot give
 */
export type Step =
  | 'expired-link'
  | 'consent'
  | 'identify'
  | 'password'
  | 'locked'
  | 'second-factor'
  | 'activate'
  | 'change-password'
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
  /** By its document or, for a name that does not exist, by its full counter. */
  isLocked: boolean;
  policy: Policy;
  asked: { multiFactor: boolean; essential: boolean; impossible: boolean };
}

/** A proof counts only in the epoch and lock round in which it was given (S22, SES-4). */
function passwordIsProved({ attempt, account }: Situation): boolean {
  const proof = attempt.passwordProof;
  if (!proof || !account) return false;
  return (
    account.status === 'enabled' && proof.epoch === account.epoch && proof.lockRound === account.lockRound
  );
}

/** The step that a sign-in is at: network rule, lock, password, second factor or its activation, forced change, back (SGN-2). */
export function nextStep(situation: Situation): Step {
  const { attempt, account, policy, asked } = situation;
  if (situation.isFinished) return 'expired-link';
  if (situation.prompt === 'consent') return 'consent';
  if (situation.population === 'any' && attempt.population === null) return 'identify';
  if (attempt.who && situation.isLocked) return policy.lockout.reveal === 'always' ? 'locked' : 'password';
  if (!account || !passwordIsProved(situation)) return 'password';
  const duty = factorDuty(account, policy, asked.multiFactor);
  if (!attempt.factorProof && duty === 'code') return 'second-factor';
  if (!attempt.factorProof && duty === 'activation') return 'activate';
  if (account.password?.temporary) return 'change-password';
  if (asked.impossible || (asked.essential && !attempt.factorProof)) return 'unmet';
  return 'continue';
}
