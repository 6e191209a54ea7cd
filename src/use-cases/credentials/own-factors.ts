import type { Account, Accounts, Authenticator, RecoveryCodes } from '../../capabilities/accounts/index.ts';
import type { AuditEvent } from '../../capabilities/audit/index.ts';
import { memberOf } from '../../capabilities/credential-events/index.ts';
import { type GuessParts, guess } from '../../capabilities/lockout/index.ts';
import type { Mail } from '../../capabilities/mail/index.ts';
import {
  type CodeVerdict,
  type KeptCodes,
  type Method,
  type MethodTools,
  mayTurnOff,
  methodOf,
  readTyped,
  type TrustedBrowsers,
  withAuthenticator,
  withoutAuthenticator,
} from '../../capabilities/second-factor/index.ts';
import { type Clock, type Say, typedName } from '../../foundation/base/index.ts';
import { type Bindable, type BindingClaimant, mayBind } from './binding-rules.ts';
import type { Claimant } from './claimant.ts';
import type { ProvedFactor } from './factor-proofs.ts';
import type { FactorRefusal, TypedFactor } from './typed-factor.ts';

/** A method that was set up: by showing it, it was proved too. */
export interface Bound {
  account: Account;
  proved: ProvedFactor;
  /** Of a first method, where the tenant gives them: shown once, kept nowhere (MFA-10). */
  recoveryCodes: string[] | undefined;
}

/**
 * `elsewhere`: what was typed was right, but the account had changed meanwhile, as by another activation, a reset or a lock; nothing
 * was bound.
 */
export type Binding = { bound: Bound } | { refused: FactorRefusal | 'elsewhere' };

/** What is being set up, as the door kept it since the page was shown. */
export interface SetUp {
  method: Method;
  from: Extract<Bindable, 'method' | 'slip'>;
  /** What its codes and challenges are bound to. */
  place: string;
  /** What it began with, sealed; empty for a method that begins with nothing. */
  secret: string;
}

/**
 * A person's own methods: set up by showing that they work, turned off, and the recovery codes (MFA-2, MFA-5, MFA-10). Nothing
 * is bound at a place where `mayBind` says no, and no try is spent there.
 */
export interface OwnFactors {
  /** Whether this may be bound at this place, as the one table has it: for what is not bound here. */
  mayBind(place: BindingClaimant, what: Bindable): boolean;
  /**
   * Ends the set-up of a method by showing that it works: with a code, which counts like any other (S33, LCK-3), or with an answer
   * to the challenge of its place.
   */
  bind(claimant: BindingClaimant, setUp: SetUp, typed: TypedFactor): Promise<Binding>;
  /** @returns the account without it, or undefined where this person may not, or it is gone */
  turnOff(claimant: Claimant, authenticatorId: string): Promise<Account | undefined>;
  /**
   * New codes in place of the former ones, which are void at once. @returns undefined where there is nothing to recover, or the
   * account was changed meanwhile
   */
  newRecoveryCodes(claimant: BindingClaimant): Promise<string[] | undefined>;
}

export interface OwnFactorParts extends GuessParts, MethodTools {
  accounts: Accounts;
  keptCodes: KeptCodes;
  trustedBrowsers: TrustedBrowsers;
  mail: Mail;
  say: Say;
  clock: Clock;
}

export function createOwnFactors(parts: OwnFactorParts): OwnFactors {
  const { accounts, keptCodes, trustedBrowsers, audit, mail, say, clock } = parts;

  const tell = async (
    { account, where }: Claimant,
    event: Pick<AuditEvent, 'type' | 'factor'>,
    method: string,
  ): Promise<void> => {
    await audit.write({ ...where, ...event, outcome: 'success', actor: account.id });
    await mail.notify(account, event.type, { method: say(`method.${method}`) });
  };

  /** The code that ends a set-up counts like any other (LCK-3). */
  const tryNew = (
    claimant: Claimant,
    factor: string,
    typed: string,
    judge: (digits: string) => Promise<CodeVerdict>,
  ) =>
    guess(parts, {
      subject: { account: claimant.account, browser: claimant.browser },
      policy: claimant.tenant.policy,
      kind: 'second-factor',
      factor,
      where: claimant.where,
      check: async () => {
        const read = readTyped(typed);
        const verdict = read?.kind === 'digits' ? await judge(read.code) : 'wrong';
        return { wrong: verdict === 'accepted' ? undefined : verdict };
      },
    });

  const firstCodes = async ({ account, tenant }: Claimant) => {
    const { recoveryCodes: count } = tenant.policy.secondFactor;
    const isFirst = account.secondFactor.status !== 'active';
    return count !== null && isFirst ? keptCodes.makeRecoveryCodes(count) : undefined;
  };

  /** Of two that bind at once one wins: the other finds a later round. */
  const keep = async (claimant: Claimant, authenticator: Authenticator, method: Method): Promise<Binding> => {
    const { account, tenant } = claimant;
    const made = await firstCodes(claimant);
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
    await trustedBrowsers.follow(claimant.trustToken, account, memberOf(stored, tenant));
    await tell(claimant, { type: 'authenticator.bound', factor: authenticator.kind }, method.name);
    const traits = method.traits?.(authenticator) ?? {};
    const proved = { by: method.said, at: clock.now(), round: stored.secondFactor.round, ...traits };
    return { bound: { account: stored, proved, recoveryCodes: made?.codes } };
  };

  /** Of many posts of one answer one is looked at: its challenge is spent first. */
  const created = async (
    { account }: Claimant,
    { method, place }: SetUp,
    { answer, name }: TypedFactor,
  ): Promise<Authenticator | undefined> => {
    const challenge = await parts.challenges.spend(place);
    if (challenge === undefined || method.proof !== 'answer' || answer?.method !== method) return undefined;
    return method.created(parts, account, { text: answer.text, name, challenge });
  };

  return {
    mayBind,
    async bind(claimant, setUp, typed) {
      const { method, from, place, secret } = setUp;
      const { account, tenant } = claimant;
      const held = account.secondFactor.authenticators.filter(({ kind }) => kind === method.kind);
      const isFull = method.most > 1 && held.length >= method.most;
      const hasNoMailbox = method.needsMail && account.email === null;
      if (!mayBind(claimant, from) || isFull || hasNoMailbox) return { refused: 'elsewhere' };
      if (method.proof === 'answer') {
        const authenticator = await created(claimant, setUp, typed);
        return authenticator ? keep(claimant, authenticator, method) : { refused: method.refusal };
      }
      if (typedName(typed.code) === '') return { refused: 'no-code' };
      const at = { place, account, tenant, secret };
      const isRight = await tryNew(claimant, method.said, typed.code, (digits) =>
        method.spendNew(parts, at, digits),
      );
      return isRight ? keep(claimant, method.authenticator(parts, at), method) : { refused: method.refusal };
    },

    async turnOff(claimant, authenticatorId) {
      const { account, tenant } = claimant;
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
      await trustedBrowsers.follow(claimant.trustToken, account, memberOf(stored, tenant));
      const { kind } = removed;
      await tell(claimant, { type: 'authenticator.removed', factor: kind }, methodOf(kind)?.name ?? kind);
      return stored;
    },

    async newRecoveryCodes(claimant) {
      const { account, tenant } = claimant;
      const { recoveryCodes: count } = tenant.policy.secondFactor;
      if (count === null || !mayBind(claimant, 'recovery-codes')) return undefined;
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
      await tell(claimant, { type: 'recovery-codes.made' }, 'recovery');
      return codes;
    },
  };
}
