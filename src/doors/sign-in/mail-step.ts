import { visitorOf } from '../../foundation/web/index.ts';
import { methodHere, placeOf } from './claimant.ts';
import type { SignInParts } from './parts.ts';
import type { SignInRequest } from './sign-in-request.ts';

/** @returns what came of it, or undefined where nothing is sent for what this page is about */
export async function sendMailedCode(parts: SignInParts, request: SignInRequest) {
  const { account } = request;
  const here = methodHere(parts, request);
  if (!account || !here) return undefined;
  const sent = await here.method.send?.(parts, { place: placeOf(request), account }, here.purpose);
  if (sent === 'sent')
    parts.audit.note({
      tenantId: account.tenantId,
      accountId: account.id,
      ...visitorOf(request.ctx),
      type: 'mailed-code.sent',
      outcome: 'success',
    });
  return sent;
}

/** A person who gives a mailed code need not ask for the first one. */
export async function mailFirstCode(parts: SignInParts, request: SignInRequest): Promise<void> {
  const here = methodHere(parts, request);
  if (here?.purpose !== 'proof' || !here.method.wasSent) return;
  if (!(await here.method.wasSent(parts, placeOf(request)))) await sendMailedCode(parts, request);
}
