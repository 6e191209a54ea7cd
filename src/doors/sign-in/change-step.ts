import type { Account } from '../../capabilities/accounts/index.ts';
import { memberOf } from '../../capabilities/credential-events/index.ts';
import { formFields, type WebContext } from '../../foundation/web/index.ts';
import type { Claimant } from '../../use-cases/credentials/index.ts';
import type { Attempt } from './attempt.ts';
import { claimantOf } from './claimant.ts';
import { dispatch } from './finish.ts';
import { factorProofOf } from './next-step.ts';
import type { SignInParts } from './parts.ts';
import { back, loadRequest, type SignInRequest } from './sign-in-request.ts';

/** An active factor must have been given in this very sign-in: a trusted browser that skipped it does not do (PWD-11). */
export function mayChangeHere({ account, attempt }: Pick<SignInRequest, 'account' | 'attempt'>): boolean {
  return account?.secondFactor.status !== 'active' || factorProofOf({ account, attempt }) !== null;
}

/** What stands in the way of the change, in the order in which a person can mend it. */
async function obstacle(
  { ownPassword }: SignInParts,
  claimant: Claimant,
  typed: Record<'currentPassword' | 'newPassword' | 'newPasswordAgain', string>,
): Promise<Pick<Attempt, 'notice' | 'problems'> | undefined> {
  if (!(await ownPassword.tryCurrent(claimant, typed.currentPassword)))
    return { notice: 'wrong-current-password', problems: [] };
  return ownPassword.judge(claimant, typed.newPassword, typed.newPasswordAgain);
}

/** `POST /sign-in/:uid/change-password` */
export async function submitChange(parts: SignInParts, ctx: WebContext): Promise<void> {
  const request = await loadRequest(parts, ctx);
  const { attempt } = request;
  const claimant = claimantOf(parts, request);
  const isDue = request.step === 'change-password' || request.step === 'expires-soon';
  if (!isDue || !claimant || !mayChangeHere(request)) return back(ctx, request.interaction.uid);
  const typed = formFields(ctx.state.form, ['currentPassword', 'newPassword', 'newPasswordAgain']);
  const inTheWay = await obstacle(parts, claimant, typed);
  if (inTheWay) {
    await parts.attempts.save(request.stored, { ...attempt, ...inTheWay });
    return dispatch(parts, request);
  }
  const { hash } = claimant.account.password ?? {};
  const changed = await parts.ownPassword.set(claimant, {
    newPassword: typed.newPassword,
    isStillProved: (current: Account) => current.password?.hash === hash,
    kind: 'changed',
    keepAttempt: attempt.uid,
  });
  if (!changed) return back(ctx, attempt.uid);
  const firstProof = {
    by: 'password' as const,
    at: parts.clock.now(),
    epoch: memberOf(changed, claimant.tenant).epoch,
    lockRound: changed.lockRound,
  };
  // A person who has just changed it is not told at the same time how soon it expires.
  const changedAttempt = { ...attempt, firstProof, isWarned: true, notice: null, problems: [] };
  await parts.attempts.save(request.stored, changedAttempt);
  return dispatch(parts, request);
}

/** `POST /sign-in/:uid/later`: the warning was read. */
export async function submitLater(parts: SignInParts, ctx: WebContext): Promise<void> {
  const request = await loadRequest(parts, ctx);
  if (request.step === 'expires-soon')
    await parts.attempts.save(request.stored, {
      ...request.attempt,
      isWarned: true,
      notice: null,
      problems: [],
    });
  return dispatch(parts, request);
}
