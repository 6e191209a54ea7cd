import { eachPage } from '../../foundation/stores/index.ts';
import type { Account, Accounts, Authenticator } from '../accounts/index.ts';
import type { Policy } from '../tenants/index.ts';
import { withAuthenticator } from './changes.ts';
import { readTyped } from './codes.ts';
import type { KeptCodes } from './kept-codes.ts';
import type { MailedCodes } from './mailed-codes.ts';
import { type CodeVerdict, compactSecret, type TotpSecrets } from './totp-secrets.ts';

/** What a code was: `code` where it had the shape of none. */
export type CodeFactor = 'totp' | 'mailed-code' | 'recovery-code' | 'login-code' | 'code';

export interface JudgedCode {
  factor: CodeFactor;
  verdict: CodeVerdict;
}

export interface SecondFactors {
  /**
   * Judges what was typed into the one field against all that the person has, told apart by shape; a code that is
   * accepted is thereby spent. Six digits are the app's, or those that were mailed in this context.
   * @param mailed the context in which a code may have been mailed; none where mail is no proof
   */
  verify(account: Account, typed: string, policy: Policy, mailed: string | undefined): Promise<JudgedCode>;
  /** Binds a secret that the operator knows, active at once: for scripts. */
  bindKnown(accountId: string, secret: string): Promise<void>;
  /**
   * Seals every secret under the first master key, account by account.
   * @param progress told after each page how many accounts were looked at
   * @returns how many secrets were not so sealed
   */
  reseal(progress: (accounts: number) => void): Promise<number>;
}

const NO_CODE: JudgedCode = { factor: 'code', verdict: 'wrong' };

export function createSecondFactors(parts: {
  accounts: Accounts;
  totp: TotpSecrets;
  keptCodes: KeptCodes;
  mailedCodes: MailedCodes;
}): SecondFactors {
  const { accounts, totp, keptCodes, mailedCodes } = parts;

  const digits = async (
    account: Account,
    code: string,
    policy: Policy,
    mailed: string | undefined,
  ): Promise<JudgedCode> => {
    const { authenticators } = account.secondFactor;
    const app = authenticators.find((one) => one.kind === 'totp');
    const byApp = app && (await totp.spend(account, app.sealedSecret, code, policy));
    const isByMail = mailed !== undefined && authenticators.some(({ kind }) => kind === 'mail');
    if (byApp === 'accepted' || !isByMail) return { factor: 'totp', verdict: byApp ?? 'wrong' };
    const verdict = await mailedCodes.spend(mailed, account, code);
    const isOfApp = verdict === 'wrong' && app !== undefined;
    return isOfApp ? { factor: 'totp', verdict: byApp ?? 'wrong' } : { factor: 'mailed-code', verdict };
  };

  /** @returns the account with its secrets under the first master key, and how many had to be sealed again */
  const resealed = (account: Account): { account: Account; count: number } => {
    let count = 0;
    const fresh = (sealed: string) => {
      const again = totp.reseal(account, sealed);
      if (again !== undefined) count += 1;
      return again ?? sealed;
    };
    const { authenticators, slip } = account.secondFactor;
    const secondFactor = {
      ...account.secondFactor,
      authenticators: authenticators.map(
        (one): Authenticator =>
          one.kind === 'totp' ? { ...one, sealedSecret: fresh(one.sealedSecret) } : one,
      ),
      slip: slip && { ...slip, sealedSecret: fresh(slip.sealedSecret) },
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
      await accounts.update(accountId, (current) => ({
        ...current,
        secondFactor: withAuthenticator(
          current.secondFactor,
          totp.authenticator(totp.seal(current, compactSecret(secret))),
        ),
      }));
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
        progress(looked);
      }
      return count;
    },
  };
}
