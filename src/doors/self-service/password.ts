import type { Account } from '../../capabilities/accounts/index.ts';
import type { StrengthProblem } from '../../capabilities/passwords/index.ts';
import { createFlash, formFields, type Registry, type Submissions } from '../../foundation/web/index.ts';
import type { Claimant, OwnPassword, Refusal } from '../../use-cases/credentials/index.ts';
import type { AccountNotice } from './notices.ts';
import { claimantOf, type Person, type PersonParts, shell } from './person.ts';
import { type ProofParts, proofFields, proofMissing } from './proof.ts';

export interface PasswordPageParts extends ProofParts {
  ownPassword: OwnPassword;
  registry: Registry;
  submissions: Submissions;
}

interface PasswordFlash {
  notice: Refusal['notice'] | AccountNotice;
  problems: StrengthProblem[];
}

async function again(
  parts: PasswordPageParts,
  { ctx, session }: Person,
  flash: PasswordFlash,
): Promise<false> {
  await createFlash<PasswordFlash>(parts).keep(session.uid, flash);
  ctx.status = 303;
  ctx.redirect('/account/password');
  return false;
}

/** `GET /account/password` */
export async function showPassword(parts: PasswordPageParts, person: Person): Promise<void> {
  const flash = await createFlash<PasswordFlash>(parts).take(person.session.uid);
  parts.pages.render(person.ctx, 'account/password', {
    title: 'change-password.title',
    step: 'change-password',
    ...shell(person),
    ...(await proofFields(parts, person, '/account/password')),
    notice: flash?.notice,
    problems: flash?.problems ?? [],
  });
}

/** What a wrong current password is answered with: the lock where it is one, and where locks are shown. */
export async function wrongCurrent(
  { accounts }: Pick<PersonParts, 'accounts'>,
  { account, tenant }: Person,
): Promise<'wrong-current-password' | 'account-locked'> {
  const current = (await accounts.byId(account.id))?.doc;
  const isShown = tenant.policy.lockout.reveal === 'always' && current?.lock != null;
  return isShown ? 'account-locked' : 'wrong-current-password';
}

/** What stands in the way of the change, in the order in which a person can mend it; the code last, as it is spent. */
async function obstacle(
  parts: PasswordPageParts,
  person: Person,
  claimant: Claimant,
): Promise<PasswordFlash | undefined> {
  const { ownPassword } = parts;
  const typed = formFields(person.ctx.state.form, ['currentPassword', 'newPassword', 'newPasswordAgain']);
  if (!(await ownPassword.tryCurrent(claimant, typed.currentPassword)))
    return { notice: await wrongCurrent(parts, person), problems: [] };
  const refusal = await ownPassword.judge(claimant, typed.newPassword, typed.newPasswordAgain);
  if (refusal) return refusal;
  const notice = await proofMissing(parts, person, claimant);
  return notice && { notice, problems: [] };
}

/** `POST /account/password`: the new password, and the end of everything but this session (PWD-10, SES-4). */
export async function submitPassword(parts: PasswordPageParts, person: Person): Promise<boolean> {
  const { ctx, account, session } = person;
  const claimant = claimantOf(parts, person);
  const inTheWay = await obstacle(parts, person, claimant);
  if (inTheWay) return again(parts, person, inTheWay);
  const { newPassword } = formFields(ctx.state.form, ['newPassword']);
  const changed = await parts.ownPassword.set(claimant, {
    newPassword,
    isStillProved: (current: Account) => current.password?.hash === account.password?.hash,
    kind: 'changed',
    keepSession: session.kept,
  });
  // Changed elsewhere meanwhile: what was typed as the current one no longer is.
  if (!changed) return again(parts, person, { notice: 'wrong-current-password', problems: [] });
  ctx.status = 303;
  ctx.redirect('/account?changed=password');
  return true;
}
