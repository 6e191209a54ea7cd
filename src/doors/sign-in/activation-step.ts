import { typedName } from '../../foundation/base/index.ts';
import { formFields, type WebContext } from '../../foundation/web/index.ts';
import type { Binding, BindingPlace } from '../../use-cases/credentials/index.ts';
import type { Attempt } from './attempt.ts';
import { activationMethods, doorOf, placeOf } from './factor-door.ts';
import { dispatch } from './finish.ts';
import type { SignInParts } from './parts.ts';
import { back, loadWalk, type Walk } from './walk.ts';

type Outcome = { binding: Binding } | { notice: Attempt['notice'] };

/** The app whose secret this attempt showed, or that a slip carries. */
async function bindApp(
  parts: SignInParts,
  walk: Walk,
  door: BindingPlace,
  code: string,
  isSlip: boolean,
): Promise<Outcome> {
  const { attempt } = walk;
  const sealed = isSlip ? door.account.secondFactor.slip?.sealedSecret : attempt.activation?.sealedSecret;
  const isVoid = !isSlip && !(await parts.attempts.holdsActivation(door.account.id, attempt.uid));
  if (!sealed || isVoid) return { notice: 'activation-replaced' };
  return { binding: await parts.ownFactors.bindApp(door, sealed, code, isSlip ? 'slip' : 'app') };
}

async function bindPasskey(
  parts: SignInParts,
  walk: Walk,
  door: BindingPlace,
  answer: string,
): Promise<Outcome> {
  const challenge = await parts.challenges.spend(placeOf(walk));
  if (challenge === undefined) return { notice: 'passkey-refused' };
  const name = walk.ctx.state.form.get('name') ?? '';
  return { binding: await parts.ownFactors.bindPasskey(door, answer, challenge, name) };
}

async function bind(parts: SignInParts, walk: Walk, door: BindingPlace): Promise<Outcome> {
  const { form } = walk.ctx.state;
  const { code } = formFields(form, ['code']);
  const [method] = activationMethods(parts, walk);
  if (method === 'passkey') return bindPasskey(parts, walk, door, form.get('passkey') ?? '');
  if (typedName(code) === '') return { notice: 'no-code' };
  if (method !== 'mail') return bindApp(parts, walk, door, code, method === 'slip');
  return { binding: await parts.ownFactors.bindMail(door, placeOf(walk), code) };
}

/** The attempt after it: the method is proved by having been set up, and its recovery codes are to be read. */
function after(parts: SignInParts, attempt: Attempt, outcome: Outcome, isPasskey: boolean): Attempt {
  if ('notice' in outcome) {
    const activation = outcome.notice === 'activation-replaced' ? null : attempt.activation;
    return { ...attempt, activation, notice: outcome.notice };
  }
  const { binding } = outcome;
  if ('refused' in binding) {
    const wrong = isPasskey ? 'passkey-refused' : 'wrong-code';
    return { ...attempt, notice: binding.refused === 'wrong' ? wrong : 'activation-replaced' };
  }
  const { proved, recoveryCodes } = binding.bound;
  const recovery = recoveryCodes ? { sealed: parts.shownCodes.seal(attempt.uid, recoveryCodes) } : null;
  return { ...attempt, factorProof: proved, activation: null, recovery, notice: null };
}

/** `POST /sign-in/:uid/activate`: ends the set-up of the method that the person chose. */
export async function submitActivation(parts: SignInParts, ctx: WebContext): Promise<void> {
  const walk = await loadWalk(parts, ctx);
  const door = doorOf(parts, walk);
  if (walk.step !== 'activate' || !door) return back(ctx, walk.interaction.uid);
  const isPasskey = activationMethods(parts, walk)[0] === 'passkey';
  const outcome = await bind(parts, walk, door);
  const isBound = 'binding' in outcome && 'bound' in outcome.binding;
  if (isBound && isPasskey) parts.cookies.passkey.set(ctx, '1');
  await parts.attempts.keep(walk.stored, (attempt) => after(parts, attempt, outcome, isPasskey));
  return dispatch(parts, walk);
}
