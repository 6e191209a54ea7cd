import { visitorOf } from '../../foundation/web/index.ts';
import { methodHere, placeOf } from './factor-door.ts';
import type { SignInParts } from './parts.ts';
import type { Walk } from './walk.ts';

/** @returns what came of it, or undefined where nothing is sent for what this page is about */
export async function sendMailedCode(parts: SignInParts, walk: Walk) {
  const { account } = walk;
  const here = methodHere(parts, walk);
  if (!account || !here) return undefined;
  const sent = await here.method.send?.(parts, { place: placeOf(walk), account }, here.purpose);
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
  const here = methodHere(parts, walk);
  if (here?.purpose !== 'proof' || !here.method.wasSent) return;
  if (!(await here.method.wasSent(parts, placeOf(walk)))) await sendMailedCode(parts, walk);
}
