import type { Account } from '../accounts/index.ts';
import { guess } from '../lockout/index.ts';
import { MAX_PASSWORD_LENGTH } from '../passwords/index.ts';
import { mustHaveFactor } from '../second-factor/index.ts';
import { epochOf } from '../sessions/index.ts';
import { formFields, type WebContext } from '../web/index.ts';
import type { Attempt } from './attempt.ts';
import { dispatch } from './finish.ts';
import type { SignInParts } from './parts.ts';
import { back, loadWalk, trace, type Walk } from './walk.ts';

/** The current password again, on the one counter that all doors share (LCK-1). */
async function tryCurrent(
  parts: SignInParts,
  walk: Walk,
  account: Account,
  password: string,
): Promise<boolean> {
  if ([...password].length > MAX_PASSWORD_LENGTH) return false;
  return guess(parts, {
    subject: { account, browser: walk.browser },
    policy: walk.policy,
    kind: 'password',
    factor: 'password',
    where: trace(walk),
    check: async () => {
      const verdict = await parts.passwords.verify(account, password);
      return verdict === 'right' ? undefined : 'wrong current password';
    },
  });
}

/** The new password in one step with the new epoch, if the verified one is still the account's. */
async function change(
  parts: SignInParts,
  walk: Walk,
  account: Account,
  newPassword: string,
): Promise<Account | undefined> {
  const made = await parts.passwords.make(newPassword, walk.policy, false);
  return parts.sessions.credentialEvent({
    accountId: account.id,
    kind: 'password-changed',
    change: (current) =>
      current.password?.hash === account.password?.hash
        ? parts.passwords.withPassword(current, made)
        : undefined,
    context: { actor: account.id, address: walk.ctx.state.address, browser: walk.ctx.get('user-agent') },
    keepAttempt: walk.attempt.uid,
  });
}

/** `POST /sign-in/:uid/change-password` */
export async function submitChange(parts: SignInParts, ctx: WebContext): Promise<void> {
  const walk = await loadWalk(parts, ctx);
  const { account, tenant, attempt } = walk;
  const isDue = walk.step === 'change-password' || walk.step === 'expires-soon';
  if (!isDue || !account || !tenant) return back(ctx, walk.interaction.uid);
  const typed = formFields(ctx.state.form, ['currentPassword', 'newPassword', 'newPasswordAgain']);
  const again = async (notice: Attempt['notice'], problems: Attempt['problems'] = []) => {
    await parts.attempts.save(walk.stored, { ...attempt, notice, problems });
    return dispatch(parts, walk);
  };
  if (!(await tryCurrent(parts, walk, account, typed.currentPassword)))
    return again('wrong-current-password');
  if (typed.newPassword !== typed.newPasswordAgain) return again('passwords-differ');
  const problems = await parts.passwords.problems({
    account,
    password: typed.newPassword,
    policy: walk.policy,
    person: { ...account, clientCode: tenant.clientCode },
    hasFactor: mustHaveFactor(account, walk.policy),
  });
  if (problems.length > 0) return again('new-password-refused', problems);
  const changed = await change(parts, walk, account, typed.newPassword);
  if (!changed) return back(ctx, attempt.uid);
  await parts.audit.write({
    ...trace(walk),
    type: 'password.changed',
    outcome: 'success',
    actor: account.id,
  });
  const passwordProof = {
    at: parts.clock.now(),
    epoch: epochOf(changed, tenant),
    lockRound: changed.lockRound,
  };
  // Whoever just changed it is not told in the same breath how soon it expires.
  const changedAttempt = { ...attempt, passwordProof, isWarned: true, notice: null, problems: [] };
  await parts.attempts.save(walk.stored, changedAttempt);
  return dispatch(parts, walk);
}

/** `POST /sign-in/:uid/later`: the warning was read. */
export async function submitLater(parts: SignInParts, ctx: WebContext): Promise<void> {
  const walk = await loadWalk(parts, ctx);
  if (walk.step === 'expires-soon')
    await parts.attempts.save(walk.stored, { ...walk.attempt, isWarned: true, notice: null, problems: [] });
  return dispatch(parts, walk);
}
