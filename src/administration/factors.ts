import type { Account, Accounts } from '../accounts/index.ts';
import type { Audit, AuditEvent } from '../audit/index.ts';
import { type Clock, longTime, type Say } from '../base/index.ts';
import type { Budgets } from '../lockout/index.ts';
import type { Mail } from '../mail/index.ts';
import {
  grouped,
  type KeptCodes,
  modeFor,
  revoked,
  type SecondFactors,
  secretToAdd,
  statusWithout,
  type TotpSecrets,
  type TrustedBrowsers,
} from '../second-factor/index.ts';
import { epochOf, type Sessions } from '../sessions/index.ts';
import type { Tenant } from '../tenants/index.ts';
import type { Actor } from './passwords.ts';

export type FactorStatus = Account['secondFactor']['status'];

export interface ActivationSlip {
  account: Account;
  /** Base32 in groups of four, told once. */
  secret: string;
  uri: string;
  expiresAt: number;
}

const DAY = 86_400;
const SLIP_SECONDS = 14 * DAY;
/** Login codes that one administrator issues a day: enough for a bad Monday, too few to hand out by habit (S38). */
const LOGIN_CODES_A_DAY = 100;

const NOBODY = { refused: 'the account is gone' };

/** The second factor of others: enrol, reset, turn off, login codes, slips, trusted browsers (MFA-3, MFA-6, MFA-7, MFA-11). */
export function createFactorActions(parts: {
  accounts: Accounts;
  sessions: Sessions;
  secondFactors: Pick<SecondFactors, 'bindKnown'>;
  keptCodes: KeptCodes;
  totp: TotpSecrets;
  trustedBrowsers: TrustedBrowsers;
  budgets: Budgets;
  audit: Audit;
  mail: Mail;
  clock: Clock;
  say: Say;
}) {
  const {
    accounts,
    sessions,
    secondFactors,
    keptCodes,
    totp,
    trustedBrowsers,
    budgets,
    audit,
    mail,
    clock,
    say,
  } = parts;

  const record = (
    account: Account,
    actor: Actor,
    event: Pick<AuditEvent, 'type' | 'factor' | 'reason' | 'detail'>,
  ) =>
    audit.write({
      ...event,
      outcome: 'success',
      actor: actor.by,
      tenantId: account.tenantId,
      accountId: account.id,
    });
  const tell = async (
    { id, tenantId, email, userName }: Account,
    what: string,
    values: Record<string, string> = {},
  ) => {
    if (email === null) return;
    const subject = say(`mail.${what}.subject`);
    await mail.send({
      to: email,
      about: { tenantId, accountId: id },
      subject,
      text: say(`mail.${what}.text`, { userName, ...values }),
    });
  };

  return {
    /** Binds a secret that the operator knows, active at once: for scripts. */
    async bindKnownSecret(account: Account, secret: string, actor: Actor): Promise<void> {
      await secondFactors.bindKnown(account.id, secret);
      await record(account, actor, { type: 'authenticator.bound', factor: 'totp', reason: 'known secret' });
    },

    /** @returns the status afterwards: an active factor stays */
    async enrol(
      tenant: Tenant,
      account: Account,
      actor: Actor,
      reason: string,
    ): Promise<{ status: FactorStatus } | { refused: string }> {
      if (modeFor(account, tenant.policy) === 'off')
        return { refused: `the second factor is off for ${account.userName} (secondFactor.mode)` };
      let isNew = false;
      const stored = await accounts.update(account.id, (current) => {
        isNew = current.secondFactor.status === 'none';
        return isNew
          ? { ...current, secondFactor: { ...current.secondFactor, status: 'pending' } }
          : undefined;
      });
      if (!stored) return NOBODY;
      if (isNew) await record(stored, actor, { type: 'account.enrolled', reason });
      return { status: stored.secondFactor.status };
    },

    /** Revokes everything and ends sessions and trust; set up again at the next sign-in, in every mode (MFA-7). */
    async resetFactor(
      account: Account,
      actor: Actor,
      reason: string,
    ): Promise<{ status: FactorStatus } | { refused: string }> {
      const event = await sessions.credentialEvent({
        accountId: account.id,
        kind: 'factor-reset',
        change: (current) =>
          current.secondFactor.status === 'none'
            ? undefined
            : { ...current, secondFactor: revoked(current.secondFactor, 'pending') },
        context: { actor: actor.by, reason },
      });
      if (!event) return { refused: `${account.userName} has no second factor` };
      const { account: stored } = event;
      await record(stored, actor, { type: 'factor.reset', reason });
      await tell(stored, 'factor.reset');
      return { status: stored.secondFactor.status };
    },

    /** Ends the factor without a code of the person; where the mode demands one it is set up anew (MFA-6). */
    async turnFactorOff(
      tenant: Tenant,
      account: Account,
      actor: Actor,
      reason: string,
    ): Promise<{ status: FactorStatus } | { refused: string }> {
      let hadOne = false;
      const stored = await accounts.update(account.id, (current) => {
        hadOne = current.secondFactor.status !== 'none';
        if (!hadOne) return undefined;
        const status = statusWithout(current, tenant.policy);
        return { ...current, secondFactor: revoked(current.secondFactor, status) };
      });
      if (!stored) return NOBODY;
      if (!hadOne) return { refused: `${account.userName} has no second factor` };
      await trustedBrowsers.end(stored, 'all');
      await record(stored, actor, { type: 'factor.off', reason });
      await tell(stored, 'factor.off');
      return { status: stored.secondFactor.status };
    },

    /** A one-time code in place of the factor; the newest alone counts (MFA-11, S38). */
    async makeLoginCode(
      tenant: Tenant,
      { id }: Account,
      actor: Actor,
      reason: string,
    ): Promise<{ code: string; expiresAt: number } | { refused: string }> {
      const account = (await accounts.byId(id))?.doc;
      if (!account) return NOBODY;
      const { loginCodes, loginCodeMinutes } = tenant.policy.secondFactor;
      if (!loginCodes) return { refused: 'login codes are off at this site (secondFactor.loginCodes)' };
      if (reason.trim() === '') return { refused: 'a login code needs a reason, for the record' };
      if (actor.by === account.id) return { refused: 'nobody issues a login code to themselves' };
      if (account.status !== 'enabled') return { refused: `${account.userName} is disabled` };
      if (account.secondFactor.status !== 'active')
        return {
          refused: `${account.userName} has no active second factor that a code could stand for`,
        };
      if (!(await budgets.take(`login-code:${actor.by}`, LOGIN_CODES_A_DAY, DAY)))
        return { refused: `more than ${LOGIN_CODES_A_DAY} login codes today` };
      const { code, kept } = await keptCodes.makeLoginCode(account.epoch, loginCodeMinutes);
      let isKept = false;
      await accounts.update(account.id, (current) => {
        isKept = current.epoch === account.epoch && current.secondFactor.status === 'active';
        return isKept
          ? { ...current, secondFactor: { ...current.secondFactor, loginCode: kept } }
          : undefined;
      });
      if (!isKept) return { refused: 'the account changed meanwhile; try again' };
      const { expiresAt } = kept;
      await record(account, actor, { type: 'login-code.made', reason, detail: { expiresAt } });
      await tell(account, 'login-code-made', {
        until: longTime(expiresAt, tenant.policy.locale.timeZone),
      });
      return { code: grouped(code), expiresAt };
    },

    /** A secret on paper for a person who cannot scan a picture from the sign-in page: told once (MFA-17). */
    async makeSlip(
      tenant: Tenant,
      account: Account,
      actor: Actor,
      reason: string,
    ): Promise<ActivationSlip | { refused: string }> {
      const { policy } = tenant;
      const isDue = account.secondFactor.status === 'pending' || modeFor(account, policy) !== 'off';
      if (!isDue) return { refused: `the second factor is off for ${account.userName} (secondFactor.mode)` };
      if (!policy.secondFactor.methods.includes('app'))
        return { refused: 'authenticator apps are not allowed here (secondFactor.methods)' };
      const { sealed, text } = totp.make(account);
      const expiresAt = clock.now() + SLIP_SECONDS;
      let isMade = false;
      const stored = await accounts.update(account.id, (current) => {
        const { secondFactor } = current;
        isMade = secondFactor.status !== 'active';
        const slip = { sealedSecret: sealed, expiresAt };
        // A new round: a set-up that is under way with another secret is void.
        return isMade
          ? {
              ...current,
              secondFactor: { ...secondFactor, status: 'pending', round: secondFactor.round + 1, slip },
            }
          : undefined;
      });
      if (!stored) return NOBODY;
      if (!isMade) return { refused: `${account.userName} has an active second factor already` };
      await record(stored, actor, { type: 'activation-slip.made', reason, detail: { expiresAt } });
      const { secret, uri } = secretToAdd(text, tenant, stored.userName);
      return { account: stored, secret, uri, expiresAt };
    },

    trustedBrowsersOf: (tenant: Tenant, account: Account) =>
      trustedBrowsers.list(account, epochOf(account, tenant), tenant),

    /** @returns how many were ended */
    async endTrust(account: Account, id: string | 'all', actor: Actor, reason: string): Promise<number> {
      const ended = await trustedBrowsers.end(account, id);
      if (ended > 0) await record(account, actor, { type: 'trust.ended', reason, detail: { ended } });
      return ended;
    },
  };
}
