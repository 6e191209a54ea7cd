import type { Mail } from '../../capabilities/mail/index.ts';
import {
  type Challenges,
  type MailedCodes,
  maskedAddress,
  methodsOf,
  type Passkeys,
} from '../../capabilities/second-factor/index.ts';
import { typedName } from '../../foundation/base/index.ts';
import { formFields } from '../../foundation/web/index.ts';
import type { Door, FactorProofs } from '../../use-cases/credentials/index.ts';
import type { AccountNotice, NoticeParts } from './notices.ts';
import { type Person, placeOf } from './person.ts';

export interface ProofParts extends NoticeParts {
  factorProofs: FactorProofs;
  mailedCodes: MailedCodes;
  passkeys: Passkeys;
  challenges: Challenges;
  mail: Mail;
}

type ProofNotice = Extract<AccountNotice, 'wrong-code' | 'no-code' | 'passkey-refused'>;

function mailboxOf({ account }: Person): string | undefined {
  return account.secondFactor.authenticators.find((one) => one.kind === 'mail')?.email;
}

/** What a form shows that asks for the active factor once more. @param page where it stands, to come back to */
export async function proofFields(parts: ProofParts, person: Person, page: string) {
  const { account } = person;
  const methods = methodsOf(account.secondFactor);
  const mailbox = parts.mail.isConfigured ? mailboxOf(person) : undefined;
  const mailed = mailbox === undefined ? undefined : await parts.mailedCodes.state(placeOf(person, 'proof'));
  const challenge = methods.includes('passkey')
    ? await parts.challenges.of(placeOf(person, 'proof'))
    : undefined;
  const options =
    challenge === undefined ? undefined : await parts.passkeys.requestOptions(account, challenge);
  return {
    asksFactor: account.secondFactor.status === 'active',
    hasAppAlone: methods.length === 1 && methods[0] === 'app',
    mailedTo: mailbox === undefined ? '' : maskedAddress(mailbox),
    isMailed: mailed?.isLive ?? false,
    options: options && JSON.stringify(options),
    page,
  };
}

/** Judges the code or passkey of a form. @returns what was wrong; undefined where it was right, or none is due */
export async function proofMissing(
  parts: ProofParts,
  person: Person,
  door: Door,
): Promise<ProofNotice | undefined> {
  if (person.account.secondFactor.status !== 'active') return undefined;
  const { form } = person.ctx.state;
  const { code } = formFields(form, ['code']);
  const answer = form.get('passkey') ?? '';
  const place = placeOf(person, 'proof');
  if (answer !== '') {
    const challenge = await parts.challenges.spend(place);
    const proved =
      challenge === undefined ? undefined : await parts.factorProofs.tryPasskey(door, answer, challenge);
    return proved ? undefined : 'passkey-refused';
  }
  if (typedName(code) === '') return 'no-code';
  return (await parts.factorProofs.tryCode(door, code, place)) ? undefined : 'wrong-code';
}

/** Mails a code for the forms of this session. @returns what came of it; undefined where mail is no method of this person */
export async function mailProofCode(parts: ProofParts, person: Person) {
  const mailbox = mailboxOf(person);
  return mailbox === undefined
    ? undefined
    : parts.mailedCodes.send(placeOf(person, 'proof'), person.account, mailbox);
}
