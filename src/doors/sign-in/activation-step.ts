import { standsForPassword } from '../../capabilities/second-factor/index.ts';
import type { WebContext } from '../../foundation/web/index.ts';
import { type Binding, type BindingPlace, typedFactor } from '../../use-cases/credentials/index.ts';
import type { Attempt } from './attempt.ts';
import { doorOf, placeOf, type SetUpWay, setUpWays } from './factor-door.ts';
import { dispatch } from './finish.ts';
import type { SignInParts } from './parts.ts';
import { back, loadWalk, type Walk } from './walk.ts';

/** What the set-up began with: kept by this attempt, or on a slip; undefined where it is gone, or a newer attempt began one. */
async function secretOf(
  { attempts }: SignInParts,
  { attempt }: Walk,
  { account }: BindingPlace,
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
  walk: Walk,
  door: BindingPlace,
  way: SetUpWay,
): Promise<Binding | undefined> {
  const { method, from } = way;
  const secret = await secretOf(parts, walk, door, way);
  if (secret === undefined) return undefined;
  return parts.ownFactors.bind(
    door,
    { method, from, place: placeOf(walk), secret },
    typedFactor(walk.ctx.state.form),
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
  const walk = await loadWalk(parts, ctx);
  const door = doorOf(parts, walk);
  const [way] = setUpWays(parts, walk);
  if (walk.step !== 'activate' || !door || !way) return back(ctx, walk.interaction.uid);
  const binding = await bind(parts, walk, door, way);
  if (binding && 'bound' in binding && standsForPassword(binding.bound.proved.by))
    parts.cookies.passkey.set(ctx, '1');
  await parts.attempts.keep(walk.stored, (attempt) => after(parts, attempt, binding));
  return dispatch(parts, walk);
}
