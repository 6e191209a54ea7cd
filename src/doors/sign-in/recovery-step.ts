import { sendTextFile, type WebContext } from '../../foundation/web/index.ts';
import type { Attempt } from './attempt.ts';
import { doorOf } from './factor-door.ts';
import { dispatch } from './finish.ts';
import type { SignInParts } from './parts.ts';
import { back, loadWalk, type Walk } from './walk.ts';

/** The codes that this attempt shows; empty where new ones are only offered. */
export function shownCodes({ shownCodes: shown }: SignInParts, { attempt }: Pick<Walk, 'attempt'>): string[] {
  const { recovery, uid } = attempt;
  return recovery !== null && typeof recovery === 'object' ? shown.open(uid, recovery.sealed) : [];
}

async function newCodes(parts: SignInParts, walk: Walk): Promise<Attempt['recovery']> {
  const door = doorOf(parts, walk);
  const codes = door && (await parts.ownFactors.newRecoveryCodes(door));
  return codes ? { sealed: parts.shownCodes.seal(walk.attempt.uid, codes) } : null;
}

/** `POST /sign-in/:uid/recovery-codes`: they were read; or, after the last one, new ones are wanted, or not now (MFA-10). */
export async function submitRecovery(parts: SignInParts, ctx: WebContext): Promise<void> {
  const walk = await loadWalk(parts, ctx);
  if (walk.step !== 'recovery-codes') return back(ctx, walk.interaction.uid);
  const wantsNew = ctx.state.form.get('decision') === 'generate';
  // Made by a click before this one, and not read yet.
  if (wantsNew && walk.attempt.recovery !== 'used-up') return back(ctx, walk.interaction.uid);
  const recovery = wantsNew ? await newCodes(parts, walk) : null;
  await parts.attempts.save(walk.stored, { ...walk.attempt, recovery });
  return dispatch(parts, walk);
}

/** `POST /sign-in/:uid/recovery-codes-file`: the codes that the page shows, to keep. */
export async function downloadRecovery(parts: SignInParts, ctx: WebContext): Promise<void> {
  const walk = await loadWalk(parts, ctx);
  const codes = walk.step === 'recovery-codes' ? shownCodes(parts, walk) : [];
  const { account, tenant } = walk;
  if (codes.length === 0 || !account || !tenant) return back(ctx, walk.interaction.uid);
  const text = parts.pages.say('recovery-codes.file', {
    userName: account.userName,
    tenant: tenant.name,
    codes: codes.join('\n'),
  });
  sendTextFile(ctx, 'recovery-codes.txt', text);
}
