import { type MethodTools, methodsOf, type PageData } from '../../capabilities/second-factor/index.ts';
import {
  type Claimant,
  type FactorProofs,
  type FactorRefusal,
  typedFactor,
} from '../../use-cases/credentials/index.ts';
import type { NoticeParts } from './notices.ts';
import { type Person, placeOf } from './person.ts';

export interface ProofParts extends NoticeParts, MethodTools {
  factorProofs: FactorProofs;
}

/** What a form shows that asks for the active factor once more. @param page where it stands, to come back to */
export async function proofFields(parts: ProofParts, person: Person, page: string): Promise<PageData> {
  const { account, tenant } = person;
  const methods = methodsOf(account.secondFactor);
  const usable = methods.filter(({ needsMail }) => !needsMail || parts.mail.isConfigured);
  const at = { place: placeOf(person, 'proof'), account, tenant };
  const shown = await Promise.all(usable.map((method) => method.proofPage(parts, at)));
  const all: PageData = Object.assign({}, ...shown);
  return {
    ...all,
    codeLabel: methods.length === 1 && all.codeLabel ? all.codeLabel : 'account.codeAny',
    asksFactor: account.secondFactor.status === 'active',
    page,
  };
}

/** Judges the code or answer of a form. @returns what was wrong; undefined where it was right, or none is due */
export async function proofMissing(
  { factorProofs }: ProofParts,
  person: Person,
  claimant: Claimant,
): Promise<FactorRefusal | undefined> {
  if (person.account.secondFactor.status !== 'active') return undefined;
  const typed = typedFactor(person.ctx.state.form);
  const outcome = await factorProofs.tryTyped(claimant, typed, placeOf(person, 'proof'));
  return 'refused' in outcome ? outcome.refused : undefined;
}
