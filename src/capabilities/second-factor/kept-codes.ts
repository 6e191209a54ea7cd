import { type Clock, newSecret, sameSecret } from '../../foundation/base/index.ts';
import type { Account, Accounts, LoginCode, RecoveryCodes } from '../accounts/index.ts';
import { newLoginCode, newRecoveryCode } from './codes.ts';
import type { CodeVerdict } from './totp-secrets.ts';

/** What of the hashing gate this needs. */
interface Derives {
  derive(text: string, salt: string): Promise<string>;
}

/** Codes that are kept, hashed, in the account's own document: spent in the write that strikes them out (P2, P6). */
export interface KeptCodes {
  /** @returns the codes as the person sees them once, and what is kept of them (MFA-10) */
  makeRecoveryCodes(count: number): Promise<{ codes: string[]; kept: RecoveryCodes }>;
  /** @returns the code as it is shown once, and what is kept of it (MFA-11) */
  makeLoginCode(epoch: number, minutes: number): Promise<{ code: string; kept: LoginCode }>;
  /** Of any number at once one is accepted. */
  spendRecoveryCode(account: Account, code: string): Promise<CodeVerdict>;
  spendLoginCode(account: Account, code: string): Promise<CodeVerdict>;
}

/** Recovery codes that are not used yet. */
export function recoveryCodesLeft({ recoveryCodes }: Account['secondFactor']): number {
  return recoveryCodes?.hashes.filter((hash) => hash !== null).length ?? 0;
}

function withRecoveryCodes(account: Account, recoveryCodes: RecoveryCodes): Account {
  return { ...account, secondFactor: { ...account.secondFactor, recoveryCodes } };
}

export function createKeptCodes(parts: { accounts: Accounts; hashing: Derives; clock: Clock }): KeptCodes {
  const { accounts, hashing, clock } = parts;

  return {
    async makeRecoveryCodes(count) {
      const codes = Array.from({ length: count }, newRecoveryCode);
      const salt = newSecret();
      const hashes = await Promise.all(codes.map((code) => hashing.derive(code, salt)));
      return { codes, kept: { salt, hashes, madeAt: clock.now() } };
    },

    async makeLoginCode(epoch, minutes) {
      const code = newLoginCode();
      const salt = newSecret();
      const hash = await hashing.derive(code, salt);
      return { code, kept: { salt, hash, epoch, expiresAt: clock.now() + minutes * 60 } };
    },

    async spendRecoveryCode(account, code) {
      const set = account.secondFactor.recoveryCodes;
      if (!set) return 'wrong';
      const hash = await hashing.derive(code, set.salt);
      if (!set.hashes.some((kept) => kept !== null && sameSecret(kept, hash))) return 'wrong';
      const { changed } = await accounts.update(account.id, (current) => {
        // Read again: another try may have been first, or a newer set may have voided this one.
        const now = current.secondFactor.recoveryCodes;
        if (now?.salt !== set.salt || !now.hashes.includes(hash)) return undefined;
        return withRecoveryCodes(current, {
          ...now,
          hashes: now.hashes.map((kept) => (kept === hash ? null : kept)),
        });
      });
      return changed ? 'accepted' : 'replayed';
    },

    async spendLoginCode(account, code) {
      const kept = account.secondFactor.loginCode;
      if (!kept) return 'wrong';
      if (!sameSecret(kept.hash, await hashing.derive(code, kept.salt))) return 'wrong';
      if (clock.now() >= kept.expiresAt || kept.epoch !== account.epoch) return 'expired';
      const { changed } = await accounts.update(account.id, (current) =>
        current.secondFactor.loginCode?.hash === kept.hash && current.epoch === kept.epoch
          ? { ...current, secondFactor: { ...current.secondFactor, loginCode: null } }
          : undefined,
      );
      return changed ? 'accepted' : 'replayed';
    },
  };
}
