import {
  type Account,
  type Accounts,
  type IdentifiedBy,
  noFactor,
  type Permission,
  type Population,
  type Role,
} from '../accounts/index.ts';
import type { Audit } from '../audit/index.ts';
import { type Clock, longTime, newSecret, type Say } from '../base/index.ts';
import type { Mail } from '../mail/index.ts';
import { newLink, type Passwords, type StrengthProblem } from '../passwords/index.ts';
import { mustHaveFactor } from '../second-factor/index.ts';
import type { Sessions } from '../sessions/index.ts';
import type { Tenant } from '../tenants/index.ts';

/** Who acts. `by` is an account id or `command-line`. */
export interface Actor {
  by: string;
  /** The operator of the installation, who may act against a policy. */
  isOperator: boolean;
  address?: string;
  browser?: string;
}

export type PasswordOutcome =
  /** `made`: the password that was made, shown once. */
  | { account: Account; isTemporary: boolean; made?: string }
  /** Nobody sets one here: the token of the link under which the person does, and whether it was mailed. */
  | { account: Account; token: string; isMailed: boolean }
  | { refused: string }
  | { problems: StrengthProblem[] };

export interface PasswordChoice {
  /** Typed; one is made unless given. */
  typed?: string | undefined;
  /** Not to be changed at the next sign-in, whatever the policy: the operator's alone. */
  isPermanent?: boolean;
}

export interface NewPerson extends PasswordChoice {
  population: Population;
  userName: string;
  name?: string | undefined;
  email?: string | undefined;
  role: Role;
  permissions?: readonly Permission[];
}

export interface PasswordParts {
  accounts: Accounts;
  passwords: Passwords;
  sessions: Sessions;
  audit: Audit;
  mail: Mail;
  clock: Clock;
  issuer: string;
  say: Say;
}

/** Whose password it is: an account, or the person for whom one is being made. */
type Whom = Account | (Omit<NewPerson, keyof PasswordChoice> & Pick<Account, 'secondFactor'>);

const SET_BY_LINK = 'nobody sets passwords here (password.setByOthers is link): a link is sent instead';
const MADE_LENGTH = 16;

function madePassword(minLength: number): string {
  return `${(newSecret() + newSecret()).slice(0, Math.max(MADE_LENGTH, minLength))}-7a`;
}

/** What a password that this actor sets for somebody else is (PWD-7). Changing one's own never forces a change. */
function kindOfSetting(
  { policy }: Tenant,
  actor: Actor,
  { isPermanent, typed }: PasswordChoice,
  isOwn: boolean,
): 'temporary' | 'permanent' | 'link' | { refused: string } {
  if (isPermanent && !actor.isOperator) return { refused: 'only the operator sets a permanent password' };
  if (isPermanent || isOwn) return 'permanent';
  const { setByOthers } = policy.password;
  return setByOthers === 'link' && typed !== undefined ? { refused: SET_BY_LINK } : setByOthers;
}

/** Setting passwords for others, under the policy of their tenant (PWD-7, S12). */
export function createPasswordSetting(parts: PasswordParts) {
  const { accounts, passwords, sessions, audit, mail, clock, issuer, say } = parts;

  /** The typed password held to the policy, or one that is made. */
  const choose = async (tenant: Tenant, whom: Whom, typed: string | undefined) => {
    const password = typed ?? madePassword(tenant.policy.password.minLength);
    const problems = await passwords.problems({
      password,
      policy: tenant.policy,
      person: { ...whom, clientCode: tenant.clientCode },
      account: 'id' in whom ? whom : undefined,
      hasFactor: mustHaveFactor(whom, tenant.policy),
    });
    return { password, problems };
  };

  /** Makes the one live link of the account and mails it where that can be done. */
  const sendLink = async (tenant: Tenant, account: Account, actor: Actor): Promise<PasswordOutcome> => {
    const { token, link } = newLink(account.id, 'set-password', clock.now());
    const stored = await accounts.update(account.id, (current) => ({ ...current, link }));
    if (!stored) return { refused: 'the account is gone' };
    const isMailed = account.email !== null && mail.isConfigured;
    await audit.write({
      type: 'link.sent',
      outcome: 'success',
      actor: actor.by,
      tenantId: tenant.id,
      accountId: account.id,
      reason: isMailed ? 'mailed' : 'handed over',
    });
    if (account.email !== null) {
      const values = {
        userName: account.userName,
        tenant: tenant.name,
        link: `${issuer}/recover/set?token=${token}`,
        until: longTime(link.expiresAt, tenant.policy.locale.timeZone),
      };
      await mail.send(
        {
          to: account.email,
          about: { tenantId: account.tenantId, accountId: account.id },
          subject: say('mail.set-password.subject'),
          text: say('mail.set-password.text', values),
        },
        link.expiresAt,
      );
    }
    return { account: stored, token, isMailed };
  };

  return {
    sendLink,

    async createAccount(tenant: Tenant, person: NewPerson, actor: Actor): Promise<PasswordOutcome> {
      const { typed, isPermanent: _, ...rest } = person;
      const kind = kindOfSetting(tenant, actor, person, false);
      if (typeof kind === 'object') return kind;
      const identifiedBy: IdentifiedBy = tenant.policy.signIn.identifiedBy;
      const isTemporary = kind === 'temporary';
      const whom: Whom = { ...rest, secondFactor: noFactor };
      const chosen = kind === 'link' ? undefined : await choose(tenant, whom, typed);
      if (chosen && chosen.problems.length > 0) return { problems: chosen.problems };
      const password = chosen ? await passwords.make(chosen.password, tenant.policy, isTemporary) : null;
      const account = await accounts.create({ ...rest, tenantId: tenant.id, password, identifiedBy });
      if ('refused' in account) return account;
      await audit.write({
        type: 'account.created',
        outcome: 'success',
        actor: actor.by,
        tenantId: tenant.id,
        accountId: account.id,
        reason: person.isPermanent ? 'permanent password' : '',
      });
      if (!chosen) return sendLink(tenant, account, actor);
      return { account, isTemporary, ...(typed === undefined ? { made: chosen.password } : {}) };
    },

    async setPassword(
      tenant: Tenant,
      account: Account,
      choice: PasswordChoice,
      actor: Actor,
    ): Promise<PasswordOutcome> {
      const isOwn = actor.by === account.id;
      const kind = kindOfSetting(tenant, actor, choice, isOwn);
      if (typeof kind === 'object') return kind;
      if (kind === 'link') return sendLink(tenant, account, actor);
      const { password, problems } = await choose(tenant, account, choice.typed);
      if (problems.length > 0) return { problems };
      const isTemporary = kind === 'temporary';
      const record = await passwords.make(password, tenant.policy, isTemporary);
      const context = { actor: actor.by, reason: choice.isPermanent ? 'permanent, by the operator' : kind };
      const event = await sessions.credentialEvent({
        accountId: account.id,
        kind: 'password-set',
        change: (current) => passwords.withPassword(current, record),
        context,
      });
      if (!event) return { refused: 'the account is gone' };
      await audit.write({
        type: 'password.set',
        outcome: 'success',
        tenantId: tenant.id,
        accountId: account.id,
        ...context,
      });
      return {
        account: event.account,
        isTemporary,
        ...(choice.typed === undefined ? { made: password } : {}),
      };
    },

    /** On evidence that somebody else knows it: everything ends at once, and the next sign-in must change it (S6). */
    async markCompromised(account: Account, actor: Actor, reason: string): Promise<void> {
      const context = { actor: actor.by, reason };
      await sessions.credentialEvent({
        accountId: account.id,
        kind: 'password-compromised',
        change: (current) =>
          current.password
            ? { ...current, link: null, password: { ...current.password, compromisedAt: clock.now() } }
            : undefined,
        context,
      });
      await audit.write({
        type: 'password.compromised',
        outcome: 'success',
        tenantId: account.tenantId,
        accountId: account.id,
        ...context,
      });
    },
  };
}
