import type { Ephemeral } from '../../foundation/stores/index.ts';
import { createFlash } from '../../foundation/web/index.ts';
import type { Person, PersonParts } from './person.ts';

/** A sentence that the next page says first, once; each stands in the language file. */
export type AccountNotice =
  | 'wrong-current-password'
  | 'account-locked'
  | 'wrong-code'
  | 'no-code'
  | 'passkey-refused'
  | 'code-sent'
  | 'code-too-soon'
  | 'code-too-many'
  | 'factor-bound'
  | 'factor-removed'
  | 'factor-changed-elsewhere'
  | 'trust-ended'
  | 'others-ended'
  | 'session-ended';

export interface NoticeParts extends PersonParts {
  ephemeral: Ephemeral;
}

export function keepNotice(parts: NoticeParts, { session }: Person, notice: AccountNotice): Promise<void> {
  return createFlash<AccountNotice>(parts).keep(`notice:${session.uid}`, notice);
}

export function takeNotice(parts: NoticeParts, { session }: Person): Promise<AccountNotice | undefined> {
  return createFlash<AccountNotice>(parts).take(`notice:${session.uid}`);
}

/** Every post ends so: a reload repeats nothing. */
export function go({ ctx }: Person, address: string): void {
  ctx.status = 303;
  ctx.redirect(address);
}
