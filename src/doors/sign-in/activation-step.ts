import { standsForPassword } from '../../capabilities/second-factor/index.ts';
import type { WebContext } from '../../foundation/web/index.ts';
import { type Binding, type BindingClaimant, typedFactor } from '../../use-cases/credentials/index.ts';
import type { Attempt } from './attempt.ts';
import { claimantOf, placeOf, type SetUpWay, setUpWays } from './claimant.ts';
import { dispatch } from './finish.ts';
import type { SignInParts } from './parts.ts';
import { back, loadRequest, type SignInRequest } from './sign-in-request.ts';

/** What the set-up began with: kept by this attempt, or on a slip; undefined where it is gone, or a newer attempt began one. */
async function secretOf(
  { attempts }: SignInParts,
  { attempt }: SignInRequest,
  { account }: BindingClaimant,
  { method, from }: SetUpWay,
): Promise<string | undefined> {
  if (from === 'slip') return account.secondFactor.slip?.sealedSecret;
  if (!method.begin) return '';
  return (await attempts.holdsActivation(account.id, attempt.uid))
    ? attempt.activation?.sealedSecret
    : undefined;
}

/** @returns undefined where what it began with no longer counts */
async function bind(
  parts: SignInParts,
  request: SignInRequest,
  claimant: BindingClaimant,
  way: SetUpWay,
): Promise<Binding | undefined> {
  const { method, from } = way;
  const secret = await secretOf(parts, request, claimant, way);
  if (secret === undefined) return undefined;
  return parts.ownFactors.bind(
    claimant,
    { method, from, place: placeOf(request), secret },
    typedFactor(request.ctx.state.form),
  );
}

/** The attempt after it: the method is proved by having been set up, and its recovery codes are to be read. */
function after(parts: SignInParts, attempt: Attempt, binding: Binding | undefined): Attempt {
  if (!binding) return { ...attempt, activation: null, notice: 'activation-replaced' };
  if ('refused' in binding)
    return {
      ...attempt,
      notice: binding.refused === 'elsewhere' ? 'activation-replaced' : binding.refused,
    };
  const { proved, recoveryCodes } = binding.bound;
  const recovery = recoveryCodes ? { sealed: parts.shownCodes.seal(attempt.uid, recoveryCodes) } : null;
  return { ...attempt, factorProof: proved, activation: null, recovery, notice: null };
}

/** `POST /sign-in/:uid/activate`: ends the set-up of the method that the person chose. */
export async function submitActivation(parts: SignInParts, ctx: WebContext): Promise<void> {
  const request = await loadRequest(parts, ctx);
  const claimant = claimantOf(parts, request);
  const [way] = setUpWays(parts, request);
  if (request.step !== 'activate' || !claimant || !way) return back(ctx, request.interaction.uid);
  const binding = await bind(parts, request, claimant, way);
  if (binding && 'bound' in binding && standsForPassword(binding.bound.proved.by))
    parts.cookies.passkey.set(ctx, '1');
  await parts.attempts.keep(request.stored, (attempt) => after(parts, attempt, binding));
  return dispatch(parts, request);
}
