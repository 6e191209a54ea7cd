import type { Account, Accounts, Authenticator, RecoveryCodes } from '../../capabilities/accounts/index.ts';
import type { AuditEvent } from '../../capabilities/audit/index.ts';
import { epochOf } from '../../capabilities/credential-events/index.ts';
import { type Factor, type GuessParts, guess } from '../../capabilities/lockout/index.ts';
import type { Mail } from '../../capabilities/mail/index.ts';
import {
  type CodeVerdict,
  type KeptCodes,
  type MailedCodes,
  MOST_PASSKEYS,
  mayTurnOff,
  methodOf,
  type Passkeys,
  readTyped,
  type TotpSecrets,
  type TrustedBrowsers,
  withAuthenticator,
  withoutAuthenticator,
} from '../../capabilities/second-factor/index.ts';
import type { Clock, Say } from '../../foundation/base/index.ts';
import { type Bindable, type BindingPlace, mayBind } from './binding-rules.ts';
import type { Door } from './door.ts';
import type { ProvedFactor } from './factor-proofs.ts';

/** A method that was set up: by showing it, it was proved too. */
export interface Bound {
  account: Account;
  proved: ProvedFactor;
  /** Of a first method, where the tenant gives them: shown once, kept nowhere (MFA-10). */
  recoveryCodes: string[] | undefined;
}

/**
 * `wrong`: the code or answer was not right. `elsewhere`: it was, but the account had changed meanwhile, as by another
 * activation, a reset or a lock; nothing was bound.
 */
export type Binding = { bound: Bound } | { refused: 'wrong' | 'elsewhere' };

/**
 * A person's own methods: set up by showing that they work, turned off, and the recovery codes (MFA-2, MFA-5, MFA-10). Nothing
 * is bound at a place where `mayBind` says no, and no try is spent there.
 */
export interface OwnFactors {
  /** Whether this may be bound at this place, as the one table has it: for what is not bound here. */
  mayBind(place: BindingPlace, what: Bindable): boolean;
  /** Ends the set-up of an app with a code of it (S33). */
  bindApp(
    door: BindingPlace,
    sealedSecret: string,
    typed: string,
    from: Extract<Bindable, 'app' | 'slip'>,
  ): Promise<Binding>;
  /** Ends the set-up of mailed codes with one that was mailed in this context (MFA-9). */
  bindMail(door: BindingPlace, context: string, typed: string): Promise<Binding>;
  /** Takes the passkey that the browser made for this challenge, which the caller has spent. */
  bindPasskey(door: BindingPlace, answer: string, challenge: string, name: string): Promise<Binding>;
  /** @returns the account without it, or undefined where this person may not, or it is gone */
  turnOff(door: Door, authenticatorId: string): Promise<Account | undefined>;
  /**
   * New codes in place of the former ones, which are void at once. @returns undefined where there is nothing to recover, or the
   * account was changed meanwhile
   */
  newRecoveryCodes(door: BindingPlace): Promise<string[] | undefined>;
}

export interface OwnFactorParts extends GuessParts {
  accounts: Accounts;
  totp: TotpSecrets;
  mailedCodes: MailedCodes;
  keptCodes: KeptCodes;
  passkeys: Passkeys;
  trustedBrowsers: TrustedBrowsers;
  mail: Mail;
  say: Say;
  clock: Clock;
}

export function createOwnFactors(parts: OwnFactorParts): OwnFactors {
  const { accounts, totp, mailedCodes, keptCodes, passkeys, trustedBrowsers, audit, mail, say, clock } =
    parts;

  const tell = async (
    { account, where }: Door,
    event: Pick<AuditEvent, 'type' | 'factor'>,
    method: string,
  ): Promise<void> => {
    await audit.write({ ...where, ...event, outcome: 'success', actor: account.id });
    await mail.notify(account, event.type, { method: say(`method.${method}`) });
  };

  /** The code that ends a set-up counts like any other (LCK-3). */
  const tryNew = (
    door: Door,
    factor: Factor,
    typed: string,
    judge: (digits: string) => Promise<CodeVerdict>,
  ) =>
    guess(parts, {
      subject: { account: door.account, browser: door.browser },
      policy: door.tenant.policy,
      kind: 'second-factor',
      factor,
      where: door.where,
      check: async () => {
        const read = readTyped(typed);
        const verdict = read?.kind === 'digits' ? await judge(read.code) : 'wrong';
        return { wrong: verdict === 'accepted' ? undefined : verdict };
      },
    });

  const firstCodes = async ({ account, tenant }: Door) => {
    const { recoveryCodes: count } = tenant.policy.secondFactor;
    const isFirst = account.secondFactor.status !== 'active';
    return count !== null && isFirst ? keptCodes.makeRecoveryCodes(count) : undefined;
  };

  /** Of two that bind at once one wins: the other finds a later round. */
  const bind = async (door: Door, authenticator: Authenticator, by: ProvedFactor['by']): Promise<Binding> => {
    const { account, tenant } = door;
    const made = await firstCodes(door);
    const { doc: stored, changed } = await accounts.update(account.id, (current) => {
      const isAsProved =
        current.secondFactor.round === account.secondFactor.round &&
        current.epoch === account.epoch &&
        current.lock === null;
      if (!isAsProved) return undefined;
      const next = withAuthenticator(current.secondFactor, authenticator);
      const recoveryCodes: RecoveryCodes | null = made?.kept ?? next.recoveryCodes;
      return { ...current, secondFactor: { ...next, lastUsed: authenticator.kind, recoveryCodes } };
    });
    if (!stored || !changed) return { refused: 'elsewhere' };
    await trustedBrowsers.follow(door.trustToken, account, stored, epochOf(stored, tenant));
    const method = methodOf(authenticator.kind);
    await tell(door, { type: 'authenticator.bound', factor: authenticator.kind }, method);
    const isSynced = authenticator.kind === 'passkey' ? { isSynced: authenticator.isSynced } : {};
    const proved = { by, at: clock.now(), round: stored.secondFactor.round, ...isSynced };
    return { bound: { account: stored, proved, recoveryCodes: made?.codes } };
  };

  return {
    mayBind,
    async bindApp(door, sealedSecret, typed, from) {
      if (!mayBind(door, from)) return { refused: 'elsewhere' };
      const { account, tenant } = door;
      const isRight = await tryNew(door, 'totp', typed, (digits) =>
        totp.spend(account, sealedSecret, digits, tenant.policy),
      );
      return isRight ? bind(door, totp.authenticator(sealedSecret), 'totp') : { refused: 'wrong' };
    },
    async bindMail(door, context, typed) {
      const { account } = door;
      const { email } = account;
      if (email === null || !mayBind(door, 'mail')) return { refused: 'elsewhere' };
      const isRight = await tryNew(door, 'mailed-code', typed, (digits) =>
        mailedCodes.spend(context, account, digits),
      );
      return isRight ? bind(door, mailedCodes.authenticator(email), 'mailed-code') : { refused: 'wrong' };
    },
    async bindPasskey(door, answer, challenge, name) {
      const { authenticators } = door.account.secondFactor;
      const count = authenticators.filter(({ kind }) => kind === 'passkey').length;
      if (count >= MOST_PASSKEYS || !mayBind(door, 'passkey')) return { refused: 'elsewhere' };
      const passkey = await passkeys.created(answer, challenge, name);
      const isKnown = authenticators.some(
        (one) => one.kind === 'passkey' && one.credentialId === passkey?.credentialId,
      );
      return passkey && !isKnown ? bind(door, passkey, 'passkey') : { refused: 'wrong' };
    },

    async turnOff(door, authenticatorId) {
      const { account, tenant } = door;
      let removed: Authenticator | undefined;
      const { doc: stored } = await accounts.update(account.id, (current) => {
        removed = current.secondFactor.authenticators.find(({ id }) => id === authenticatorId);
        // Of two tabs that each turn one of two off, the second finds a later round, and is asked again.
        const isSame =
          current.secondFactor.round === account.secondFactor.round && current.epoch === account.epoch;
        if (!removed || !isSame || !mayTurnOff(current, tenant.policy)) return undefined;
        return {
          ...current,
          secondFactor: withoutAuthenticator(current.secondFactor, authenticatorId),
        };
      });
      const isGone = stored?.secondFactor.authenticators.every(({ id }) => id !== authenticatorId);
      if (!stored || !removed || !isGone) return undefined;
      await trustedBrowsers.follow(door.trustToken, account, stored, epochOf(stored, tenant));
      await tell(door, { type: 'authenticator.removed', factor: removed.kind }, methodOf(removed.kind));
      return stored;
    },

    async newRecoveryCodes(door) {
      const { account, tenant } = door;
      const { recoveryCodes: count } = tenant.policy.secondFactor;
      if (count === null || !mayBind(door, 'recovery-codes')) return undefined;
      const { codes, kept } = await keptCodes.makeRecoveryCodes(count);
      const { changed } = await accounts.update(account.id, (current) => {
        // Of the round that was proved: codes are for what the person had then, and no reset in between is undone by them.
        const isAsProved =
          current.secondFactor.status === 'active' &&
          current.secondFactor.round === account.secondFactor.round &&
          current.epoch === account.epoch &&
          current.lock === null;
        return isAsProved
          ? { ...current, secondFactor: { ...current.secondFactor, recoveryCodes: kept } }
          : undefined;
      });
      if (!changed) return undefined;
      await tell(door, { type: 'recovery-codes.made' }, 'recovery');
      return codes;
    },
  };
}
