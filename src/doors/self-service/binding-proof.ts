import { formFields } from '../../foundation/web/index.ts';
import type { OwnPassword, Proofs } from '../../use-cases/credentials/index.ts';
import type { AccountNotice } from './notices.ts';
import { wrongCurrent } from './password.ts';
import { claimantOf, type Person } from './person.ts';
import { type ProofParts, proofMissing } from './proof.ts';

export interface BindingProofParts extends ProofParts {
  ownPassword: OwnPassword;
}

/** Password, and a code where a factor is active, before anything new is bound (S33). */
export async function proofsOf(
  parts: BindingProofParts,
  person: Person,
): Promise<{ proofs: Proofs } | { notice: AccountNotice }> {
  const claimant = claimantOf(parts, person);
  const { currentPassword } = formFields(person.ctx.state.form, ['currentPassword']);
  if (!(await parts.ownPassword.tryCurrent(claimant, currentPassword)))
    return { notice: await wrongCurrent(parts, person) };
  const notice = await proofMissing(parts, person, claimant);
  if (notice) return { notice };
  return { proofs: { first: 'password', hasFactor: person.account.secondFactor.status === 'active' } };
}
