import { eachPage } from '../../foundation/stores/index.ts';
import type { Account, Accounts, Authenticator } from '../accounts/index.ts';
import type { Policy } from '../tenants/index.ts';
import { withAuthenticator } from './changes.ts';
import { readTyped } from './codes.ts';
import type { KeptCodes } from './kept-codes.ts';
import type { MailedCodes } from './mailed-codes.ts';
import { codeMethods, methodOf } from './methods/index.ts';
import { type CodeVerdict, compactSecret, type TotpSecrets } from './totp-secrets.ts';

export interface JudgedCode {
  /** What a method calls it, `recovery-code` or `login-code`; `code` if it had the shape of none. */
  factor: string;
  verdict: CodeVerdict;
}

export interface SecondFactors {
  /**
   * Judges what was typed into the one field against all that the person has, told apart by shape; a code that is
   * accepted is thereby spent. Six digits are the app's, or those that were mailed in this context.
   * @param mailed the context in which a code may have been mailed; none where mail is no proof
   */
  verify(account: Account, typed: string, policy: Policy, mailed: string | undefined): Promise<JudgedCode>;
  /** Binds a secret that the operator knows, active at once: for scripts. @returns what the account then keeps */
  bindKnown(accountId: string, secret: string): Promise<Authenticator | undefined>;
  /**
   * Seals every secret under the first master key, account by account.
   * @param progress told after each page how many accounts were looked at
   * @returns how many secrets were not so sealed
   */
  reseal(progress: (accounts: number) => Promise<void>): Promise<number>;
}

const NO_CODE: JudgedCode = { factor: 'code', verdict: 'wrong' };
const NO_DIGITS: JudgedCode = { ...NO_CODE, factor: codeMethods[0]?.said ?? NO_CODE.factor };

export function createSecondFactors(parts: {
  accounts: Accounts;
  totp: TotpSecrets;
  keptCodes: KeptCodes;
  mailedCodes: MailedCodes;
}): SecondFactors {
  const { accounts, totp, keptCodes, mailedCodes } = parts;

  /**
   * Six digits are of the first method that accepts them. Refused, they are told of by the method that knew them, such as a code
   * that came too late, else by the first that the person has.
   */
  const digits = async (
    account: Account,
    code: string,
    policy: Policy,
    mailed: string | undefined,
  ): Promise<JudgedCode> => {
    let refused: JudgedCode | undefined;
    for (const method of codeMethods) {
      const verdict = await method.spend({ totp, mailedCodes }, account, code, { policy, mailed });
      if (verdict === 'accepted') return { factor: method.said, verdict };
      if (verdict !== undefined && (!refused || verdict !== 'wrong'))
        refused = { factor: method.said, verdict };
    }
    return refused ?? NO_DIGITS;
  };

  /** @returns the account with its secrets under the first master key, and how many had to be sealed again */
  const resealed = (account: Account): { account: Account; count: number } => {
    let count = 0;
    const counted = <T>(again: T | undefined, was: T): T => {
      if (again !== undefined) count += 1;
      return again ?? was;
    };
    const { authenticators, slip } = account.secondFactor;
    const secondFactor = {
      ...account.secondFactor,
      authenticators: authenticators.map((one) =>
        counted(methodOf(one.kind)?.reseal?.({ totp }, account, one), one),
      ),
      slip: slip && {
        ...slip,
        sealedSecret: counted(totp.reseal(account, slip.sealedSecret), slip.sealedSecret),
      },
    };
    return { account: { ...account, secondFactor }, count };
  };

  return {
    async verify(account, typed, policy, mailed) {
      const read = readTyped(typed);
      if (read?.kind === 'digits') return digits(account, read.code, policy, mailed);
      if (!read) return NO_CODE;
      const { recoveryCodes, loginCodes } = policy.secondFactor;
      // A site that has none takes none that were made before either.
      if (read.kind === 'recovery')
        return {
          factor: 'recovery-code',
          verdict: recoveryCodes === null ? 'wrong' : await keptCodes.spendRecoveryCode(account, read.code),
        };
      return {
        factor: 'login-code',
        verdict: loginCodes ? await keptCodes.spendLoginCode(account, read.code) : 'wrong',
      };
    },
    async bindKnown(accountId, secret) {
      let bound: Authenticator | undefined;
      await accounts.update(accountId, (current) => {
        bound = totp.authenticator(totp.seal(current, compactSecret(secret)));
        return { ...current, secondFactor: withAuthenticator(current.secondFactor, bound) };
      });
      return bound;
    },
    async reseal(progress) {
      let looked = 0;
      let count = 0;
      for await (const page of eachPage(({ after }) => accounts.all(after))) {
        for (const listed of page) {
          if (resealed(listed).count === 0) continue;
          // Asked again for each lost race: only the last answer was stored.
          let stale = 0;
          await accounts.update(listed.id, (current) => {
            const again = resealed(current);
            stale = again.count;
            return stale === 0 ? undefined : again.account;
          });
          count += stale;
        }
        looked += page.length;
        await progress(looked);
      }
      return count;
    },
  };
}
