import type { Account } from '../../capabilities/accounts/index.ts';
import { type Method, type PageData, recoveryCodesLeft } from '../../capabilities/second-factor/index.ts';
import { codeMethods, placeOf, setUpWays } from './claimant.ts';
import { proofsOf } from './next-step.ts';
import type { SignInParts } from './parts.ts';
import { shownCodes } from './recovery-step.ts';
import type { SignInRequest } from './sign-in-request.ts';

/** What this set-up began with: made at its first page, kept through reloads and wrong codes, void once a newer attempt begins one. */
async function secretOf(
  parts: SignInParts,
  request: SignInRequest,
  account: Account,
  method: Method,
): Promise<string> {
  const { attempt, stored } = request;
  if (!method.begin) return '';
  if (attempt.activation) return attempt.activation.sealedSecret;
  const sealedSecret = method.begin(parts, account);
  await parts.attempts.claimActivation(account.id, attempt.uid);
  if (await parts.attempts.save(stored, { ...attempt, activation: { sealedSecret } })) return sealedSecret;
  // Another tab of this attempt was first: show the one that counts.
  const other = (await parts.attempts.load(attempt.uid))?.attempt.activation;
  if (!other) throw new Error('the activation went away');
  return other.sealedSecret;
}

export async function activationPage(parts: SignInParts, request: SignInRequest): Promise<PageData> {
  const { member } = request;
  if (!member) throw new Error('no one to activate for');
  const [way, ...others] = setUpWays(parts, request);
  const base = `/sign-in/${request.attempt.uid}`;
  const common = {
    method: way?.name ?? 'none',
    others: others.map(({ name }) => name),
    contactLine: request.policy.lockout.contactLine,
    finish: `${base}/activate`,
    send: `${base}/mail-code`,
  };
  if (way?.from !== 'method') return common;
  const secret = await secretOf(parts, request, member.account, way.method);
  const at = { ...member, place: placeOf(request), secret };
  return { ...common, ...(await way.method.setUpPage(parts, at)) };
}

export async function codePage(parts: SignInParts, request: SignInRequest): Promise<PageData> {
  const { member, policy } = request;
  if (!member) throw new Error('no one to ask for a code');
  const { account, tenant } = member;
  const [method, ...others] = codeMethods(parts, request);
  const { secondFactor } = account;
  return {
    method: method?.name ?? 'none',
    lead: method?.name ?? 'none',
    others: others.map(({ name }) => name),
    hasRecoveryCodes: policy.secondFactor.recoveryCodes !== null && recoveryCodesLeft(secondFactor) > 0,
    // Said wherever the site has them: no one may learn here whether one was issued.
    hasLoginCodes: policy.secondFactor.loginCodes,
    // A step-up binds nothing, so it offers no trust either.
    trustDays: proofsOf(request).first === null ? 0 : parts.trustedBrowsers.daysFor(account, policy),
    contactLine: policy.lockout.contactLine,
    // The vendor's words (SGN-1).
    isCloudcx: tenant.preset === 'cloudcx',
    isAnswer: method?.proof === 'answer',
    isSent: method?.send !== undefined,
    ...(method && (await method.proofPage(parts, { ...member, place: placeOf(request) }))),
  };
}

export function recoveryPage(parts: SignInParts, request: SignInRequest): PageData {
  return { codes: shownCodes(parts, request) };
}
