import { sendTextFile, type WebContext } from '../../foundation/web/index.ts';
import type { Attempt } from './attempt.ts';
import { claimantOf } from './claimant.ts';
import { dispatch } from './finish.ts';
import type { SignInParts } from './parts.ts';
import { back, loadRequest, type SignInRequest } from './sign-in-request.ts';

/** The codes that this attempt shows; empty where new ones are only offered. */
export function shownCodes(
  { shownCodes: shown }: SignInParts,
  { attempt }: Pick<SignInRequest, 'attempt'>,
): string[] {
  const { recovery, uid } = attempt;
  return recovery !== null && typeof recovery === 'object' ? shown.open(uid, recovery.sealed) : [];
}

async function newCodes(parts: SignInParts, request: SignInRequest): Promise<Attempt['recovery']> {
  const claimant = claimantOf(parts, request);
  const codes = claimant && (await parts.ownFactors.newRecoveryCodes(claimant));
  return codes ? { sealed: parts.shownCodes.seal(request.attempt.uid, codes) } : null;
}

/** `POST /sign-in/:uid/recovery-codes`: they were read; or, after the last one, new ones are wanted, or not now (MFA-10). */
export async function submitRecovery(parts: SignInParts, ctx: WebContext): Promise<void> {
  const request = await loadRequest(parts, ctx);
  if (request.step !== 'recovery-codes') return back(ctx, request.interaction.uid);
  const wantsNew = ctx.state.form.get('decision') === 'generate';
  // Made by a click before this one, and not read yet.
  if (wantsNew && request.attempt.recovery !== 'used-up') return back(ctx, request.interaction.uid);
  const recovery = wantsNew ? await newCodes(parts, request) : null;
  await parts.attempts.save(request.stored, { ...request.attempt, recovery });
  return dispatch(parts, request);
}

/** `POST /sign-in/:uid/recovery-codes-file`: the codes that the page shows, to keep. */
export async function downloadRecovery(parts: SignInParts, ctx: WebContext): Promise<void> {
  const request = await loadRequest(parts, ctx);
  const codes = request.step === 'recovery-codes' ? shownCodes(parts, request) : [];
  const { member } = request;
  if (codes.length === 0 || !member) return back(ctx, request.interaction.uid);
  const text = parts.pages.say('recovery-codes.file', {
    userName: member.account.userName,
    tenant: member.tenant.name,
    codes: codes.join('\n'),
  });
  sendTextFile(ctx, 'recovery-codes.txt', text);
}
