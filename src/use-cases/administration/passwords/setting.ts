import type { Account, NewAccount } from '../../../capabilities/accounts/index.ts';
import type { Member } from '../../../capabilities/credential-events/index.ts';
import { newLink } from '../../../capabilities/passwords/index.ts';
import { mustHaveFactor } from '../../../capabilities/second-factor/index.ts';
import type { Tenant } from '../../../capabilities/tenants/index.ts';
import { longTime, newSecret, type Refused, refuse } from '../../../foundation/base/index.ts';
import type { Actor } from '../authority.ts';
import type { AdministrationParts } from '../parts.ts';

export interface PasswordChoice {
  /** Typed; one is made unless given. */
  password?: string | undefined;
  /** It need not be changed at the next sign-in, even if the policy requires it: only for the operator. */
  permanent: boolean;
}

/** Whose password it is: an account, or the person for whom one is being made. */
type Whom =
  | Account
  | (Pick<NewAccount, 'userName' | 'name' | 'email'> & Pick<Account, 'population' | 'role' | 'secondFactor'>);

const MADE_LENGTH = 16;

function madePassword(minLength: number): string {
  return `${(newSecret() + newSecret()).slice(0, Math.max(MADE_LENGTH, minLength))}-7a`;
}

/** What a password that this actor sets for someone else is (PWD-7). Changing one's own never forces a change. */
export function kindOfSetting(
  { policy }: Tenant,
  actor: Actor,
  { permanent, password }: PasswordChoice,
  isOwn: boolean,
): 'temporary' | 'permanent' | 'link' | Refused {
  if (permanent && !actor.isOperator) return refuse('permanent_by_operator_only');
  if (permanent || isOwn) return 'permanent';
  const { setByOthers } = policy.password;
  return setByOthers === 'link' && password !== undefined ? refuse('password_set_by_link') : setByOthers;
}

/** The typed password held to the policy, or one that is made. */
export async function choosePassword(
  { passwords }: AdministrationParts,
  tenant: Tenant,
  whom: Whom,
  typed: string | undefined,
): Promise<{ password: string } | Refused> {
  const password = typed ?? madePassword(tenant.policy.password.minLength);
  const problems = await passwords.problems({
    password,
    policy: tenant.policy,
    person: { ...whom, clientCode: tenant.clientCode },
    account: 'id' in whom ? whom : undefined,
    hasFactor: mustHaveFactor(whom, tenant.policy),
  });
  return problems.length > 0 ? refuse('password_refused', { problems }) : { password };
}

/** What the administrator is shown, once: a link to hand over, or that it was mailed. */
export type SentLink = { link: string; mailed: false } | { link: null; mailed: true };

/** Makes the one live link of the account and mails it where that can be done. */
export async function makeLink(
  { accounts, mail, clock, issuer }: AdministrationParts,
  { account, tenant }: Member,
): Promise<SentLink | Refused> {
  const { token, link } = newLink(account.id, 'set-password', clock.now());
  const { changed } = await accounts.update(account.id, (current) => ({ ...current, link }));
  if (!changed) return refuse('account_gone');
  const address = `${issuer}/recover/set?token=${token}`;
  const isMailed = account.email !== null && mail.isConfigured;
  const values = {
    tenant: tenant.name,
    link: address,
    until: longTime(link.expiresAt, tenant.policy.locale.timeZone),
  };
  await mail.notify(account, 'set-password', values, { giveUpAt: link.expiresAt });
  return isMailed ? { link: null, mailed: true } : { link: address, mailed: false };
}
