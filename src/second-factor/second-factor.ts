import type { Account, Accounts, Authenticator } from '../accounts/index.ts';
import { type Clock, newId, type Vault } from '../base/index.ts';
import type { Ephemeral } from '../stores/index.ts';
import type { Policy } from '../tenants/index.ts';
import { judgeCode, newTotpSecret, readCode } from './totp.ts';

/** `replayed`: right, but its time step was used before. */
export type CodeVerdict = 'accepted' | 'wrong' | 'replayed';

export interface SecondFactor {
  /** A new secret for an activation, sealed for this account; the text is what the person sees once. */
  newSecret(account: Account): { sealed: string; text: string };
  reveal(account: Account, sealedSecret: string): string;
  /** Judges a code against the active authenticators; an accepted one is spent by that (MFA-15, S27, S28). */
  verify(account: Account, typed: string, policy: Policy): Promise<CodeVerdict>;
  /** Judges the code that ends an activation, and spends it. */
  verifyNew(account: Account, sealedSecret: string, typed: string, policy: Policy): Promise<CodeVerdict>;
  /**
   * Binds the authenticator: compare-and-set on the status, so that of two activations one wins.
   * @returns the account with the active factor, or undefined when another activation was first or the account changed state
   */
  bind(account: Account, sealedSecret: string): Promise<Account | undefined>;
  /** Whether a text is a base32 secret of 128 bits or more, spaces and dashes apart (RFC 4226, section 4). */
  isSecret(text: string): boolean;
  /** Binds a secret that the operator knows, active at once: for scripts. */
  bindKnown(accountId: string, secret: string): Promise<void>;
  /**
   * Seals every secret under the first master key, account by account.
   * @param progress told after each page how many accounts were looked at
   * @returns how many secrets were not so sealed
   */
  reseal(progress: (accounts: number) => void): Promise<number>;
}

/** Far longer than any clock is set wrong: a code stays spent however the time jumps (S31). */
const SPENT_SECONDS = 400 * 86_400;

function compact(secret: string): string {
  return secret.replace(/[\s-]/g, '').toUpperCase();
}

export function createSecondFactor(parts: {
  accounts: Accounts;
  ephemeral: Ephemeral;
  vault: Vault;
  clock: Clock;
  /** The time step below which nothing is accepted: that in which a lost store was born anew (P5). */
  floor(): Promise<number>;
}): SecondFactor {
  const { accounts, ephemeral, vault, clock, floor } = parts;
  const contextOf = (account: Pick<Account, 'id' | 'tenantId'>) => `totp:${account.tenantId}:${account.id}`;

  const spend = async (
    account: Account,
    secret: string,
    typed: string,
    policy: Policy,
  ): Promise<CodeVerdict> => {
    const code = readCode(typed);
    if (code === undefined) return 'wrong';
    const now = clock.now();
    const step = judgeCode({ secret, code, now, driftSteps: policy.secondFactor.driftSteps });
    if (step === undefined) return 'wrong';
    if (step <= (await floor())) return 'replayed';
    // By account, not by authenticator: the code that activated cannot sign in afterwards.
    const rose = await ephemeral.advance(`totp:${account.id}`, step, now + SPENT_SECONDS, now);
    return rose ? 'accepted' : 'replayed';
  };

  const resealed = (account: Account): Account => ({
    ...account,
    secondFactor: {
      ...account.secondFactor,
      authenticators: account.secondFactor.authenticators.map((authenticator) => ({
        ...authenticator,
        sealedSecret: vault.seal(
          vault.open(authenticator.sealedSecret, contextOf(account)),
          contextOf(account),
        ),
      })),
    },
  });
  const staleSecrets = (account: Account) =>
    account.secondFactor.authenticators.filter(({ sealedSecret }) => !vault.isCurrent(sealedSecret)).length;

  const totp = (sealedSecret: string): Authenticator => ({
    id: newId(),
    kind: 'totp',
    sealedSecret,
    boundAt: clock.now(),
  });

  return {
    newSecret(account) {
      const text = newTotpSecret();
      return { text, sealed: vault.seal(text, contextOf(account)) };
    },
    reveal: (account, sealedSecret) => vault.open(sealedSecret, contextOf(account)),
    async verify(account, typed, policy) {
      let verdict: CodeVerdict = 'wrong';
      for (const { sealedSecret } of account.secondFactor.authenticators) {
        verdict = await spend(account, vault.open(sealedSecret, contextOf(account)), typed, policy);
        if (verdict !== 'wrong') return verdict;
      }
      return verdict;
    },
    verifyNew: (account, sealedSecret, typed, policy) =>
      spend(account, vault.open(sealedSecret, contextOf(account)), typed, policy),
    async bind(account, sealedSecret) {
      let won = false;
      const stored = await accounts.update(account.id, (current) => {
        won =
          current.secondFactor.status !== 'active' &&
          current.epoch === account.epoch &&
          current.lock === null;
        return won
          ? { ...current, secondFactor: { status: 'active', authenticators: [totp(sealedSecret)] } }
          : undefined;
      });
      return won ? stored : undefined;
    },
    isSecret: (text) => /^[A-Z2-7]{26,}$/.test(compact(text)),
    async bindKnown(accountId, secret) {
      const text = compact(secret);
      await accounts.update(accountId, (current) => ({
        ...current,
        secondFactor: { status: 'active', authenticators: [totp(vault.seal(text, contextOf(current)))] },
      }));
    },
    async reseal(progress) {
      let looked = 0;
      let count = 0;
      let after: string | undefined;
      do {
        const page = await accounts.all(after);
        for (const listed of page.items) {
          if (staleSecrets(listed) === 0) continue;
          // Asked again for each lost race: only the last answer was stored.
          let stale = 0;
          await accounts.update(listed.id, (current) => {
            stale = staleSecrets(current);
            return stale === 0 ? undefined : resealed(current);
          });
          count += stale;
        }
        looked += page.items.length;
        progress(looked);
        after = page.next;
      } while (after);
      return count;
    },
  };
}
