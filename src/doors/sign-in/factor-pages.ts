import type { Account } from '../../capabilities/accounts/index.ts';
import { maskedAddress, recoveryCodesLeft, secretToAdd } from '../../capabilities/second-factor/index.ts';
import type { Tenant } from '../../capabilities/tenants/index.ts';
import { qrCode } from '../../foundation/web/index.ts';
import { activationMethods, codeMethods, placeOf } from './factor-door.ts';
import { mailAddress } from './mail-step.ts';
import { proofsOf } from './next-step.ts';
import type { SignInParts } from './parts.ts';
import { shownCodes } from './recovery-step.ts';
import type { Walk } from './walk.ts';

type PageData = Record<string, unknown>;

/** The secret of this attempt: made at its first page, kept through reloads and wrong codes, void once a newer attempt makes one. */
async function secretOf(parts: SignInParts, walk: Walk, account: Account): Promise<string> {
  const { attempt, stored } = walk;
  if (attempt.activation) return parts.totp.reveal(account, attempt.activation.sealedSecret);
  const { sealed, text } = parts.totp.make(account);
  await parts.attempts.claimActivation(account.id, attempt.uid);
  if (await parts.attempts.save(stored, { ...attempt, activation: { sealedSecret: sealed } })) return text;
  // Another tab of this attempt was first: show the one that counts.
  const other = (await parts.attempts.load(attempt.uid))?.attempt.activation;
  if (!other) throw new Error('the activation went away');
  return parts.totp.reveal(account, other.sealedSecret);
}

/** A picture and text of a secret, as an authenticator app takes it in. */
async function appPage(parts: SignInParts, walk: Walk, account: Account, tenant: Tenant): Promise<PageData> {
  const shown = secretToAdd(await secretOf(parts, walk, account), tenant, account.userName);
  return { ...shown, qr: await qrCode(shown.uri) };
}

async function mailPage(parts: SignInParts, walk: Walk): Promise<PageData> {
  const address = mailAddress(parts, walk);
  if (address === undefined) return {};
  const { sentAt, isLive, isUsedUp } = await parts.mailedCodes.state(placeOf(walk));
  return {
    mailedTo: maskedAddress(address),
    isMailed: sentAt > 0,
    isMailLive: isLive,
    isMailUsedUp: isUsedUp,
    isMailDelayed: await parts.mail.isDelayed(),
  };
}

export async function activationPage(parts: SignInParts, walk: Walk): Promise<PageData> {
  const { account, tenant } = walk;
  if (!account || !tenant) throw new Error('no one to activate for');
  const [method = 'none', ...others] = activationMethods(parts, walk);
  const common = { method, others, contactLine: walk.policy.lockout.contactLine };
  if (method === 'app') return { ...common, ...(await appPage(parts, walk, account, tenant)) };
  if (method === 'mail') return { ...common, ...(await mailPage(parts, walk)) };
  if (method !== 'passkey') return common;
  const options = await parts.passkeys.creationOptions(
    account,
    tenant.name,
    await parts.challenges.of(placeOf(walk)),
  );
  return { ...common, options: JSON.stringify(options) };
}

export async function codePage(parts: SignInParts, walk: Walk): Promise<PageData> {
  const { account, policy, tenant } = walk;
  if (!account) throw new Error('no one to ask for a code');
  const [method = 'none', ...others] = codeMethods(parts, walk);
  const { secondFactor } = account;
  const common = {
    method,
    others,
    lead: method,
    hasRecoveryCodes: policy.secondFactor.recoveryCodes !== null && recoveryCodesLeft(secondFactor) > 0,
    // Said wherever the site has them: no one may learn here whether one was issued.
    hasLoginCodes: policy.secondFactor.loginCodes,
    // A step-up binds nothing, so it offers no trust either.
    trustDays: proofsOf(walk).first === null ? 0 : parts.trustedBrowsers.daysFor(account, policy),
    contactLine: policy.lockout.contactLine,
    // The vendor's words (SGN-1).
    isCloudcx: tenant?.preset === 'cloudcx',
  };
  if (method === 'mail') {
    const mailed = await mailPage(parts, walk);
    return { ...common, ...mailed, lead: mailed.isMailed ? 'mail' : 'mailFirst' };
  }
  if (method !== 'passkey') return common;
  const options = await parts.passkeys.requestOptions(account, await parts.challenges.of(placeOf(walk)));
  return { ...common, options: JSON.stringify(options) };
}

export function recoveryPage(parts: SignInParts, walk: Walk): PageData {
  return { codes: shownCodes(parts, walk) };
}
