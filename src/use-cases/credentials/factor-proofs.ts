import type { Account, Accounts, Authenticator } from '../../capabilities/accounts/index.ts';
import { type GuessParts, guess } from '../../capabilities/lockout/index.ts';
import type { Mail } from '../../capabilities/mail/index.ts';
import {
  type CodeFactor,
  type Passkeys,
  recoveryCodesLeft,
  type SecondFactors,
} from '../../capabilities/second-factor/index.ts';
import type { Clock } from '../../foundation/base/index.ts';
import type { Door } from './door.ts';

/** That a person gave a second factor, and which. */
export interface ProvedFactor {
  by: Exclude<CodeFactor, 'code'> | 'passkey';
  /** Of a passkey: whether it is on several devices, or on only one (RFC 8176: `swk`, `hwk`). */
  isSynced?: boolean;
  /** Epoch seconds. */
  at: number;
  /** The round of the account's factors in which it was given: in another it is no proof. */
  round: number;
}

export interface FactorProofs {
  /**
   * One try at a code of any kind: it is reserved before it is judged, and a right code is spent (S18, S21).
   * @param mailed the context in which a code may have been mailed; none where mail is no proof
   */
  tryCode(door: Door, typed: string, mailed?: string): Promise<ProvedFactor | undefined>;
  /**
   * One answer of a passkey.
   * @param challenge what it must answer; the caller has spent it, so that no answer is judged twice
   * @param alone no password was given before it, so the authenticator must have verified the person
   */
  tryPasskey(
    door: Door,
    answer: string,
    challenge: string,
    alone?: boolean,
  ): Promise<ProvedFactor | undefined>;
}

export interface FactorProofParts extends GuessParts {
  accounts: Accounts;
  secondFactors: SecondFactors;
  passkeys: Passkeys;
  mail: Mail;
  clock: Clock;
}

const KIND_PROVED: Partial<Record<ProvedFactor['by'], Authenticator['kind']>> = {
  totp: 'totp',
  'mailed-code': 'mail',
  passkey: 'passkey',
};

export function createFactorProofs(parts: FactorProofParts): FactorProofs {
  const { accounts, secondFactors, passkeys, audit, mail, clock } = parts;

  /** The code page offers next time what worked this time. */
  const remember = async (account: Account, by: ProvedFactor['by']) => {
    const lastUsed = KIND_PROVED[by];
    if (!lastUsed || account.secondFactor.lastUsed === lastUsed) return;
    await accounts.update(account.id, (current) => ({
      ...current,
      secondFactor: { ...current.secondFactor, lastUsed },
    }));
  };

  /** The person is told when a recovery or login code is used: if they did not use it, they must hear of it (S38). */
  const tell = async ({ account, where }: Door, by: ProvedFactor['by']) => {
    if (by !== 'recovery-code' && by !== 'login-code') return;
    const current = (await accounts.byId(account.id))?.doc ?? account;
    const left = recoveryCodesLeft(current.secondFactor);
    await audit.write({
      ...where,
      type: by === 'recovery-code' ? 'recovery-code.used' : 'login-code.used',
      outcome: 'success',
      actor: account.id,
      ...(by === 'recovery-code' ? { detail: { left } } : {}),
    });
    await mail.notify(account, by, { left });
  };

  const proved = async (door: Door, by: ProvedFactor['by'], isSynced?: boolean): Promise<ProvedFactor> => {
    const { account } = door;
    await remember(account, by);
    await tell(door, by);
    const { round } = account.secondFactor;
    return { by, at: clock.now(), round, ...(isSynced === undefined ? {} : { isSynced }) };
  };

  const subjectAt = ({ account, browser }: Door) => ({ account, browser });

  return {
    async tryCode(door, typed, mailed) {
      const { account, tenant, where } = door;
      let by: CodeFactor = 'code';
      const isRight = await guess(parts, {
        subject: subjectAt(door),
        policy: tenant.policy,
        kind: 'second-factor',
        factor: 'code',
        where,
        check: async () => {
          const { factor, verdict } = await secondFactors.verify(account, typed, tenant.policy, mailed);
          by = factor;
          return { factor, wrong: verdict === 'accepted' ? undefined : verdict };
        },
      });
      return isRight && by !== 'code' ? proved(door, by) : undefined;
    },

    async tryPasskey(door, answer, challenge, alone = false) {
      const { account, tenant, where } = door;
      let isSynced = false;
      const isRight = await guess(parts, {
        subject: subjectAt(door),
        policy: tenant.policy,
        kind: 'second-factor',
        factor: 'passkey',
        where,
        check: async () => {
          const { verdict, passkey } = await passkeys.verify(account, answer, challenge, alone);
          isSynced = passkey?.isSynced ?? false;
          if (verdict !== 'accepted') return { wrong: verdict };
          return { wrong: account.status === 'enabled' ? undefined : 'disabled' };
        },
      });
      return isRight ? proved(door, 'passkey', isSynced) : undefined;
    },
  };
}
