import type { Account } from '../../capabilities/accounts/index.ts';
import { type Method, type PageData, recoveryCodesLeft } from '../../capabilities/second-factor/index.ts';
import { codeMethods, placeOf, setUpWays } from './factor-door.ts';
import { proofsOf } from './next-step.ts';
import type { SignInParts } from './parts.ts';
import { shownCodes } from './recovery-step.ts';
import type { Walk } from './walk.ts';

/** What this set-up began with: made at its first page, kept through reloads and wrong codes, void once a newer attempt begins one. */
async function secretOf(parts: SignInParts, walk: Walk, account: Account, method: Method): Promise<string> {
  const { attempt, stored } = walk;
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

export async function activationPage(parts: SignInParts, walk: Walk): Promise<PageData> {
  const { account, tenant } = walk;
  if (!account || !tenant) throw new Error('no one to activate for');
  const [way, ...others] = setUpWays(parts, walk);
  const base = `/sign-in/${walk.attempt.uid}`;
  const common = {
    method: way?.name ?? 'none',
    others: others.map(({ name }) => name),
    contactLine: walk.policy.lockout.contactLine,
    finish: `${base}/activate`,
    send: `${base}/mail-code`,
  };
  if (way?.from !== 'method') return common;
  const secret = await secretOf(parts, walk, account, way.method);
  const at = { place: placeOf(walk), account, tenant, secret };
  return { ...common, ...(await way.method.setUpPage(parts, at)) };
}

export async function codePage(parts: SignInParts, walk: Walk): Promise<PageData> {
  const { account, policy, tenant } = walk;
  if (!account || !tenant) throw new Error('no one to ask for a code');
  const [method, ...others] = codeMethods(parts, walk);
  const { secondFactor } = account;
  return {
    method: method?.name ?? 'none',
    lead: method?.name ?? 'none',
    others: others.map(({ name }) => name),
    hasRecoveryCodes: policy.secondFactor.recoveryCodes !== null && recoveryCodesLeft(secondFactor) > 0,
    // Said wherever the site has them: no one may learn here whether one was issued.
    hasLoginCodes: policy.secondFactor.loginCodes,
    // A step-up binds nothing, so it offers no trust either.
    trustDays: proofsOf(walk).first === null ? 0 : parts.trustedBrowsers.daysFor(account, policy),
    contactLine: policy.lockout.contactLine,
    // The vendor's words (SGN-1).
    isCloudcx: tenant.preset === 'cloudcx',
    isAnswer: method?.proof === 'answer',
    isSent: method?.send !== undefined,
    ...(method && (await method.proofPage(parts, { place: placeOf(walk), account, tenant }))),
  };
}

export function recoveryPage(parts: SignInParts, walk: Walk): PageData {
  return { codes: shownCodes(parts, walk) };
}
