import type { Account, Accounts } from '../../capabilities/accounts/index.ts';
import { type GuessParts, guess } from '../../capabilities/lockout/index.ts';
import type { Mail } from '../../capabilities/mail/index.ts';
import {
  type Answer,
  type Challenges,
  methodSaid,
  type Passkeys,
  recoveryCodesLeft,
  type SecondFactors,
  type Traits,
} from '../../capabilities/second-factor/index.ts';
import { type Clock, typedName } from '../../foundation/base/index.ts';
import type { Claimant } from './claimant.ts';
import type { FactorRefusal, TypedFactor } from './typed-factor.ts';

/** That a person gave a second factor, and which. */
export interface ProvedFactor extends Traits {
  /** What its method calls it, `recovery-code` or `login-code`. */
  by: string;
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
  tryCode(claimant: Claimant, typed: string, mailed?: string): Promise<ProvedFactor | undefined>;
  /**
   * One answer of a browser.
   * @param challenge what it must answer; the caller has spent it, so that no answer is judged twice
   * @param alone no password was given before it, so the authenticator must have verified the person
   */
  tryAnswer(
    claimant: Claimant,
    answer: Answer,
    challenge: string,
    alone?: boolean,
  ): Promise<ProvedFactor | undefined>;
  /**
   * What a form carries: a code, or an answer to the challenge of this place, which is spent first.
   * @param place also the context in which a code may have been mailed
   */
  tryTyped(
    claimant: Claimant,
    typed: Pick<TypedFactor, 'code' | 'answer'>,
    place: string,
  ): Promise<{ proved: ProvedFactor } | { refused: FactorRefusal }>;
}

export interface FactorProofParts extends GuessParts {
  accounts: Accounts;
  secondFactors: SecondFactors;
  passkeys: Passkeys;
  challenges: Challenges;
  mail: Mail;
  clock: Clock;
}

export function createFactorProofs(parts: FactorProofParts): FactorProofs {
  const { accounts, secondFactors, challenges, audit, mail, clock } = parts;

  /** The code page offers next time what worked this time. */
  const remember = async (account: Account, by: ProvedFactor['by']) => {
    const lastUsed = methodSaid(by)?.kind;
    if (!lastUsed || account.secondFactor.lastUsed === lastUsed) return;
    await accounts.update(account.id, (current) => ({
      ...current,
      secondFactor: { ...current.secondFactor, lastUsed },
    }));
  };

  /** The person is told when a recovery or login code is used: if they did not use it, they must hear of it (S38). */
  const tell = async ({ account, where }: Claimant, by: ProvedFactor['by']) => {
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

  const proved = async (
    claimant: Claimant,
    by: ProvedFactor['by'],
    traits: Traits = {},
  ): Promise<ProvedFactor> => {
    const { account } = claimant;
    await remember(account, by);
    await tell(claimant, by);
    const { round } = account.secondFactor;
    return { by, at: clock.now(), round, ...traits };
  };

  const subjectAt = ({ account, browser }: Claimant) => ({ account, browser });

  const tryCode: FactorProofs['tryCode'] = async (claimant, typed, mailed) => {
    const { account, tenant, where } = claimant;
    let by = 'code';
    const isRight = await guess(parts, {
      subject: subjectAt(claimant),
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
    return isRight && by !== 'code' ? proved(claimant, by) : undefined;
  };

  const tryAnswer: FactorProofs['tryAnswer'] = async (
    claimant,
    { method, text },
    challenge,
    alone = false,
  ) => {
    const { account, tenant, where } = claimant;
    let traits: Traits = {};
    const isRight = await guess(parts, {
      subject: subjectAt(claimant),
      policy: tenant.policy,
      kind: 'second-factor',
      factor: method.said,
      where,
      check: async () => {
        const { verdict, held } = await method.judge(parts, account, { text, challenge }, alone);
        traits = (held && method.traits?.(held)) ?? {};
        if (verdict !== 'accepted') return { wrong: verdict };
        return { wrong: account.status === 'enabled' ? undefined : 'disabled' };
      },
    });
    return isRight ? proved(claimant, method.said, traits) : undefined;
  };

  return {
    tryCode,
    tryAnswer,
    async tryTyped(claimant, { code, answer }, place) {
      if (answer) {
        const challenge = await challenges.spend(place);
        // A second answer to one challenge is not looked at, and no guess.
        const given = challenge === undefined ? undefined : await tryAnswer(claimant, answer, challenge);
        return given ? { proved: given } : { refused: answer.method.refusal };
      }
      if (typedName(code) === '') return { refused: 'no-code' };
      const given = await tryCode(claimant, code, place);
      return given ? { proved: given } : { refused: 'wrong-code' };
    },
  };
}
