import type { Account } from '../accounts/index.ts';
import { guess } from '../lockout/index.ts';
import type { CodeVerdict } from '../second-factor/index.ts';
import { formFields, type WebContext } from '../web/index.ts';
import { dispatch } from './finish.ts';
import type { SignInParts } from './parts.ts';
import { back, loadWalk, trace, type Walk } from './walk.ts';

/** Both ways of giving a code share the account's counter (S21). */
function tryCode(
  parts: SignInParts,
  walk: Walk,
  account: Account,
  judge: () => Promise<CodeVerdict>,
): Promise<boolean> {
  const { policy } = walk;
  return guess(parts, {
    subject: { account, browser: walk.browser },
    policy,
    kind: 'second-factor',
    factor: 'totp',
    where: trace(walk),
    check: async () => {
      const verdict = await judge();
      return verdict === 'accepted' ? undefined : verdict;
    },
  });
}

/** `POST /sign-in/:uid/second-factor` */
export async function submitCode(parts: SignInParts, ctx: WebContext): Promise<void> {
  const walk = await loadWalk(parts, ctx);
  const { account, attempt } = walk;
  if (walk.step !== 'second-factor' || !account) return back(ctx, walk.interaction.uid);
  const { code } = formFields(ctx.state.form, ['code']);
  const accepted = await tryCode(parts, walk, account, () =>
    parts.secondFactor.verify(account, code, walk.policy),
  );
  const factorProof = accepted ? ({ at: parts.clock.now(), method: 'totp' } as const) : null;
  await parts.attempts.save(walk.stored, { ...attempt, factorProof, notice: accepted ? null : 'wrong-code' });
  return dispatch(parts, walk);
}

/** `POST /sign-in/:uid/activate` */
export async function submitActivation(parts: SignInParts, ctx: WebContext): Promise<void> {
  const walk = await loadWalk(parts, ctx);
  const { account, attempt } = walk;
  if (walk.step !== 'activate' || !account) return back(ctx, walk.interaction.uid);
  const sealedSecret = attempt.activation?.sealedSecret;
  if (!sealedSecret || !(await parts.attempts.holdsActivation(account.id, attempt.uid))) {
    await parts.attempts.save(walk.stored, { ...attempt, activation: null, notice: 'activation-replaced' });
    return back(ctx, attempt.uid);
  }
  const { code } = formFields(ctx.state.form, ['code']);
  const accepted = await tryCode(parts, walk, account, () =>
    parts.secondFactor.verifyNew(account, sealedSecret, code, walk.policy),
  );
  const bound = accepted ? await parts.secondFactor.bind(account, sealedSecret) : undefined;
  if (bound) {
    await parts.audit.write({
      ...trace(walk),
      type: 'authenticator.bound',
      outcome: 'success',
      actor: account.id,
      factor: 'totp',
    });
    if (account.email)
      await parts.mail.send({
        to: account.email,
        subject: parts.pages.say('mail.bound.subject'),
        text: parts.pages.say('mail.bound.text', { userName: account.userName }),
      });
  }
  const factorProof = bound ? ({ at: parts.clock.now(), method: 'totp' } as const) : null;
  const activation = bound ? null : attempt.activation;
  await parts.attempts.save(walk.stored, {
    ...attempt,
    factorProof,
    activation,
    notice: accepted ? null : 'wrong-code',
  });
  return dispatch(parts, walk);
}
