import { visitorOf } from '../../foundation/web/index.ts';
import { activationMethods, codeMethods, placeOf } from './factor-door.ts';
import type { SignInParts } from './parts.ts';
import type { Walk } from './walk.ts';

/** Where a code of this step would go; undefined where mail is not what was chosen. */
export function mailAddress(parts: SignInParts, walk: Walk): string | undefined {
  const { account, step } = walk;
  if (!account) return undefined;
  if (step === 'activate')
    return activationMethods(parts, walk)[0] === 'mail' ? (account.email ?? undefined) : undefined;
  if (codeMethods(parts, walk)[0] !== 'mail') return undefined;
  const mailbox = account.secondFactor.authenticators.find((one) => one.kind === 'mail');
  return mailbox?.email;
}

/** @returns what came of it, or undefined where no mail is what this page is about */
export async function sendMailedCode(parts: SignInParts, walk: Walk) {
  const { account, step } = walk;
  const address = mailAddress(parts, walk);
  if (!account || address === undefined || (step !== 'second-factor' && step !== 'activate'))
    return undefined;
  const sent = await parts.mailedCodes.send(placeOf(walk), account, address);
  if (sent === 'sent')
    parts.audit.note({
      tenantId: account.tenantId,
      accountId: account.id,
      ...visitorOf(walk.ctx),
      type: 'mailed-code.sent',
      outcome: 'success',
    });
  return sent;
}

/** A person who gives a mailed code need not ask for the first one. */
export async function mailFirstCode(parts: SignInParts, walk: Walk): Promise<void> {
  if (walk.step !== 'second-factor' || mailAddress(parts, walk) === undefined) return;
  const { sentAt } = await parts.mailedCodes.state(placeOf(walk));
  if (sentAt === 0) await sendMailedCode(parts, walk);
}
