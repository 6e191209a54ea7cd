import type { Account } from '../accounts/index.ts';
import type { Door, OwnPassword, Refusal } from '../credentials/index.ts';
import type { StrengthProblem } from '../passwords/index.ts';
import type { Ephemeral } from '../stores/index.ts';
import { createSaid, formFields, type Registry, visitorOf } from '../web/index.ts';
import { type Person, type PersonParts, shell } from './person.ts';

export interface PasswordPageParts extends PersonParts {
  ownPassword: OwnPassword;
  ephemeral: Ephemeral;
  registry: Registry;
}

interface Said {
  notice: Refusal['notice'] | 'wrong-current-password' | 'wrong-code' | 'account-locked';
  problems: StrengthProblem[];
}

async function again(parts: PasswordPageParts, { ctx, session }: Person, said: Said): Promise<void> {
  await createSaid<Said>(parts).keep(session.uid, said);
  ctx.status = 303;
  ctx.redirect('/account/password');
}

/** `GET /account/password` */
export async function showPassword(parts: PasswordPageParts, person: Person): Promise<void> {
  const said = await createSaid<Said>(parts).take(person.session.uid);
  parts.pages.render(person.ctx, 'account/password', {
    title: 'change-password.title',
    step: 'change-password',
    ...shell(person),
    hasFactor: person.account.secondFactor.status === 'active',
    notice: said?.notice,
    problems: said?.problems ?? [],
  });
}

/** The browser carries a session of this account: it is no stranger (LCK-7). */
function doorOf({ ctx, account, tenant }: Person): Door {
  const where = { tenantId: tenant.id, accountId: account.id, ...visitorOf(ctx) };
  return { account, tenant, browser: 'known', where };
}

/** What a wrong current password is answered with: the lock where it is one, and where locks are shown. */
async function wrongCurrent(parts: PasswordPageParts, { account, tenant }: Person): Promise<Said> {
  const current = (await parts.accounts.byId(account.id))?.doc;
  const isShown = tenant.policy.lockout.reveal === 'always' && current?.lock != null;
  return { notice: isShown ? 'account-locked' : 'wrong-current-password', problems: [] };
}

/** What stands in the way of the change, in the order in which a person can mend it; the code last, as it is spent. */
async function obstacle(parts: PasswordPageParts, person: Person, door: Door): Promise<Said | undefined> {
  const { ownPassword } = parts;
  const typed = formFields(person.ctx.state.form, [
    'currentPassword',
    'newPassword',
    'newPasswordAgain',
    'code',
  ]);
  if (!(await ownPassword.tryCurrent(door, typed.currentPassword))) return wrongCurrent(parts, person);
  const refusal = await ownPassword.judge(door, typed.newPassword, typed.newPasswordAgain);
  if (refusal) return refusal;
  const isCodeDue = person.account.secondFactor.status === 'active';
  return isCodeDue && !(await ownPassword.tryCode(door, typed.code))
    ? { notice: 'wrong-code', problems: [] }
    : undefined;
}

/** `POST /account/password`: the new password, and the end of everything but this session (PWD-10, SES-4). */
export async function submitPassword(parts: PasswordPageParts, person: Person): Promise<void> {
  const { ctx, account, session } = person;
  const door = doorOf(person);
  const inTheWay = await obstacle(parts, person, door);
  if (inTheWay) return again(parts, person, inTheWay);
  const { newPassword } = formFields(ctx.state.form, ['newPassword']);
  const changed = await parts.ownPassword.set(door, {
    newPassword,
    isStillProved: (current: Account) => current.password?.hash === account.password?.hash,
    kind: 'changed',
    keepSession: session.kept,
  });
  // Changed elsewhere meanwhile: what was typed as the current one no longer is.
  if (!changed) return again(parts, person, { notice: 'wrong-current-password', problems: [] });
  ctx.status = 303;
  ctx.redirect('/account?changed=password');
}
