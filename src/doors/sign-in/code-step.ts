import { recoveryCodesLeft, standsForPassword } from '../../capabilities/second-factor/index.ts';
import { visitorOf, type WebContext } from '../../foundation/web/index.ts';
import { type BindingClaimant, type ProvedFactor, typedFactor } from '../../use-cases/credentials/index.ts';
import type { Attempt } from './attempt.ts';
import { claimantOf, codeMethods, placeOf, setUpWays } from './claimant.ts';
import { dispatch } from './finish.ts';
import { sendMailedCode } from './mail-step.ts';
import type { SignInParts } from './parts.ts';
import { back, loadRequest, type SignInRequest } from './sign-in-request.ts';

/** "Don't ask again": only on the code page, and only where the box is offered (MFA-13). */
async function beginTrust(
  parts: SignInParts,
  { ctx, policy }: SignInRequest,
  place: BindingClaimant,
): Promise<void> {
  const { trustedBrowsers, cookies, audit } = parts;
  // The code was given in this very request.
  const claimant = { ...place, proofs: { ...place.proofs, hasFactor: true } };
  const days = trustedBrowsers.daysFor(claimant.account, policy);
  if (
    days === 0 ||
    !parts.ownFactors.mayBind(claimant, 'trusted-browser') ||
    ctx.state.form.get('trustBrowser') === undefined
  )
    return;
  const { account, trustToken, where } = claimant;
  const token = await trustedBrowsers.begin(trustToken, claimant, visitorOf(ctx));
  cookies.trust.set(ctx, token);
  await audit.write({
    ...where,
    type: 'trust.begun',
    outcome: 'success',
    actor: account.id,
    detail: { days },
  });
}

/** After the last recovery code new ones are offered (MFA-10). */
async function recoveryAfter(
  { accounts }: SignInParts,
  { policy }: SignInRequest,
  { by }: ProvedFactor,
  { account, proofs }: BindingClaimant,
): Promise<Attempt['recovery']> {
  // A step-up binds nothing: there they are offered on the person's own page.
  if (proofs.first === null) return null;
  if (by !== 'recovery-code' || policy.secondFactor.recoveryCodes === null) return null;
  const current = (await accounts.byId(account.id))?.doc;
  return current && recoveryCodesLeft(current.secondFactor) === 0 ? 'used-up' : null;
}

async function keepProof(
  parts: SignInParts,
  request: SignInRequest,
  claimant: BindingClaimant,
  proved: ProvedFactor,
): Promise<void> {
  const recovery = await recoveryAfter(parts, request, proved, claimant);
  const isKept = await parts.attempts.keep(request.stored, (attempt) => ({
    ...attempt,
    factorProof: proved,
    recovery,
    notice: null,
  }));
  if (isKept) await beginTrust(parts, request, claimant);
  if (standsForPassword(proved.by)) parts.cookies.passkey.set(request.ctx, '1');
}

/** `POST /sign-in/:uid/second-factor` */
export async function submitCode(parts: SignInParts, ctx: WebContext): Promise<void> {
  const request = await loadRequest(parts, ctx);
  const claimant = claimantOf(parts, request);
  if (request.step !== 'second-factor' || !claimant) return back(ctx, request.interaction.uid);
  const outcome = await parts.factorProofs.tryTyped(claimant, typedFactor(ctx.state.form), placeOf(request));
  if ('proved' in outcome) await keepProof(parts, request, claimant, outcome.proved);
  else
    await parts.attempts.save(request.stored, {
      ...request.attempt,
      factorProof: null,
      notice: outcome.refused,
    });
  return dispatch(parts, request);
}

/** `POST /sign-in/:uid/method`: another way to give the code, or to set one up. */
export async function submitMethod(parts: SignInParts, ctx: WebContext): Promise<void> {
  const request = await loadRequest(parts, ctx);
  const wanted = ctx.state.form.get('method');
  const offered = request.step === 'activate' ? setUpWays(parts, request) : codeMethods(parts, request);
  const method = offered.find(({ name }) => name === wanted)?.name;
  const isDue = request.step === 'activate' || request.step === 'second-factor';
  if (isDue && method)
    await parts.attempts.save(request.stored, { ...request.attempt, method, notice: null });
  return dispatch(parts, request);
}

/** `POST /sign-in/:uid/mail-code`: sends a code, or another one (MFA-9). */
export async function submitMailCode(parts: SignInParts, ctx: WebContext): Promise<void> {
  const request = await loadRequest(parts, ctx);
  const sent = await sendMailedCode(parts, request);
  if (sent) {
    const notice = sent === 'sent' ? 'code-sent' : (`code-${sent}` as const);
    await parts.attempts.save(request.stored, { ...request.attempt, notice });
  }
  back(ctx, request.interaction.uid);
}
