import type { Account } from '../accounts/index.ts';
import { type GuessParts, guess, type Subject } from '../lockout/index.ts';
import type { Mail } from '../mail/index.ts';
import { MAX_PASSWORD_LENGTH, type Passwords, type StrengthProblem } from '../passwords/index.ts';
import { mustHaveFactor, type SecondFactor } from '../second-factor/index.ts';
import type { Ephemeral } from '../stores/index.ts';
import { createSaid, formFields, type Registry } from '../web/index.ts';
import { type Person, type PersonParts, shell } from './person.ts';

export interface PasswordPageParts extends PersonParts, GuessParts {
  passwords: Passwords;
  secondFactor: SecondFactor;
  mail: Mail;
  ephemeral: Ephemeral;
  registry: Registry;
}

type Notice =
  | 'wrong-current-password'
  | 'passwords-differ'
  | 'new-password-refused'
  | 'wrong-code'
  | 'account-locked';

interface Said {
  notice: Notice;
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
function subjectOf({ account }: Person): Subject {
  return { account, browser: 'known' };
}

function where({ ctx, account, tenant }: Person) {
  return {
    tenantId: tenant.id,
    accountId: account.id,
    address: ctx.state.address,
    browser: ctx.get('user-agent'),
  };
}

function tryCurrent(parts: PasswordPageParts, person: Person, password: string): Promise<boolean> {
  const { account, tenant } = person;
  if ([...password].length > MAX_PASSWORD_LENGTH) return Promise.resolve(false);
  return guess(parts, {
    subject: subjectOf(person),
    policy: tenant.policy,
    kind: 'password',
    factor: 'password',
    where: where(person),
    check: async () => {
      const verdict = await parts.passwords.verify(account, password);
      return verdict === 'right' ? undefined : 'wrong current password';
    },
  });
}

/** A fresh code, on the counter of the sign-in (PWD-11). */
function tryCode(parts: PasswordPageParts, person: Person, code: string): Promise<boolean> {
  const { account, tenant } = person;
  return guess(parts, {
    subject: subjectOf(person),
    policy: tenant.policy,
    kind: 'second-factor',
    factor: 'totp',
    where: where(person),
    check: async () => {
      const verdict = await parts.secondFactor.verify(account, code, tenant.policy);
      return verdict === 'accepted' ? undefined : verdict;
    },
  });
}

/** What stands in the way of the change, checked in the order in which a person can mend it; the code last, as it is spent. */
async function obstacle(parts: PasswordPageParts, person: Person): Promise<Said | undefined> {
  const { ctx, account, tenant } = person;
  const typed = formFields(ctx.state.form, ['currentPassword', 'newPassword', 'newPasswordAgain', 'code']);
  const said = (notice: Notice, problems: StrengthProblem[] = []): Said => ({ notice, problems });
  if (!(await tryCurrent(parts, person, typed.currentPassword))) {
    const isLocked = (await parts.accounts.byId(account.id))?.doc.lock != null;
    return said(
      isLocked && tenant.policy.lockout.reveal === 'always' ? 'account-locked' : 'wrong-current-password',
    );
  }
  if (typed.newPassword !== typed.newPasswordAgain) return said('passwords-differ');
  const problems = await parts.passwords.problems({
    account,
    password: typed.newPassword,
    policy: tenant.policy,
    person: { ...account, clientCode: tenant.clientCode },
    hasFactor: mustHaveFactor(account, tenant.policy),
  });
  if (problems.length > 0) return said('new-password-refused', problems);
  const isCodeDue = account.secondFactor.status === 'active';
  if (isCodeDue && !(await tryCode(parts, person, typed.code))) return said('wrong-code');
  return undefined;
}

/** The new password, and the end of everything but this session (PWD-10, SES-4). */
async function change(parts: PasswordPageParts, person: Person): Promise<Account | undefined> {
  const { ctx, account, tenant, session } = person;
  const { newPassword } = formFields(ctx.state.form, ['newPassword']);
  const made = await parts.passwords.make(newPassword, tenant.policy, false);
  const { address, browser } = where(person);
  return parts.sessions.credentialEvent({
    accountId: account.id,
    kind: 'password-changed',
    change: (current) =>
      current.password?.hash === account.password?.hash
        ? parts.passwords.withPassword(current, made)
        : undefined,
    context: { actor: account.id, address, browser },
    keepSession: session.kept,
  });
}

/** `POST /account/password` */
export async function submitPassword(parts: PasswordPageParts, person: Person): Promise<void> {
  const inTheWay = await obstacle(parts, person);
  if (inTheWay) return again(parts, person, inTheWay);
  const changed = await change(parts, person);
  // Changed elsewhere meanwhile: what was typed as the current one no longer is.
  if (!changed) return again(parts, person, { notice: 'wrong-current-password', problems: [] });
  await parts.audit.write({
    ...where(person),
    type: 'password.changed',
    outcome: 'success',
    actor: changed.id,
  });
  if (changed.email)
    await parts.mail.send({
      to: changed.email,
      subject: parts.pages.say('mail.changed.subject'),
      text: parts.pages.say('mail.changed.text', { userName: changed.userName }),
    });
  person.ctx.status = 303;
  person.ctx.redirect('/account?changed=password');
}
