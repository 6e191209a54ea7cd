import { loadMember } from '../../capabilities/credential-events/index.ts';
import {
  type Answer,
  answerIn,
  mayComeFirst,
  passkeysOf,
  standsForPassword,
} from '../../capabilities/second-factor/index.ts';
import { isOutside } from '../../capabilities/tenants/index.ts';
import type { WebContext } from '../../foundation/web/index.ts';
import type { Claimant } from '../../use-cases/credentials/index.ts';
import { namedBy, type StoredAttempt } from './attempt.ts';
import { firstPlaceOf } from './claimant.ts';
import { dispatch } from './finish.ts';
import type { SignInParts } from './parts.ts';
import { back, browserClass, loadRequest, type SignInRequest, trace } from './sign-in-request.ts';

/** The account that the answer names, if this application and its site let people in with only a passkey. */
async function claimantFor(
  parts: SignInParts,
  request: SignInRequest,
  { method, text }: Answer,
): Promise<Claimant | undefined> {
  const { application } = request.interaction;
  const claim = parts.passkeys.claimOf(text);
  const member = claim && (await loadMember(parts, claim.accountId));
  if (!member || !standsForPassword(method.said) || !mayComeFirst(member.tenant.policy)) return undefined;
  const { account, tenant } = member;
  const isHeld = passkeysOf(account).some(({ credentialId }) => credentialId === claim?.credentialId);
  const isMeant =
    isHeld &&
    (application.tenantId === null || application.tenantId === tenant.id) &&
    account.population === (request.attempt.population ?? 'user') &&
    !isOutside(tenant.policy, account.population, request.ctx.state.address);
  if (!isMeant) return undefined;
  const browser = await browserClass(parts, request.ctx, account, tenant.policy);
  return { ...member, browser, where: trace({ ...request, ...member }) };
}

/** The whole sign-in: the device, and the person that it verified. */
async function signIn(
  parts: SignInParts,
  stored: StoredAttempt,
  claimant: Claimant,
  challenge: string,
  answer: Answer,
): Promise<boolean> {
  const { account, tenant } = claimant;
  const proved = await parts.factorProofs.tryAnswer(claimant, answer, challenge, true);
  // The name is not kept: the page would show it to anyone who posts the id of an account (S17).
  if (!proved) {
    await parts.attempts.save(stored, { ...stored.attempt, notice: 'passkey-refused' });
    return false;
  }
  const who = {
    clientCode: tenant.clientCode,
    userName: account.userName,
    tenantId: tenant.id,
    accountId: account.id,
    shadow: null,
  };
  // The challenge is spent: a notice that another post left meanwhile must not stand in the way.
  return parts.attempts.keep(stored, (attempt) => ({
    ...namedBy(attempt, who),
    firstProof: { by: 'passkey', at: proved.at, epoch: claimant.epoch, lockRound: account.lockRound },
    factorProof: proved,
    notice: null,
  }));
}

/** `POST /sign-in/:uid/passkey`: a passkey in place of name, password and code (MFA-16). */
export async function submitPasskey(parts: SignInParts, ctx: WebContext): Promise<void> {
  const request = await loadRequest(parts, ctx);
  if (request.step !== 'password') return back(ctx, request.interaction.uid);
  const answer = answerIn(ctx.state.form);
  const challenge = await parts.challenges.spend(firstPlaceOf(request));
  const claimant = challenge === undefined || !answer ? undefined : await claimantFor(parts, request, answer);
  // The same for every passkey that does not do: no one is told whose it is, or if it is anyone's (S17).
  if (challenge === undefined || !answer || !claimant) {
    await parts.attempts.save(request.stored, { ...request.attempt, notice: 'passkey-refused' });
    return back(ctx, request.interaction.uid);
  }
  if (await signIn(parts, request.stored, claimant, challenge, answer)) parts.cookies.passkey.set(ctx, '1');
  return dispatch(parts, request);
}
