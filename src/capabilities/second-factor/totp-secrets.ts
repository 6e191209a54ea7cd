import { type Clock, newId, typedCode, type Vault } from '../../foundation/base/index.ts';
import type { Ephemeral } from '../../foundation/stores/index.ts';
import type { Account } from '../accounts/index.ts';
import type { Policy } from '../tenants/index.ts';
import type { TotpAuthenticator } from './methods/totp.ts';
import { judgeCode, newTotpSecret } from './totp.ts';

/** `expired`: it was right once. `replayed`: right, but it, or its time step, was used before. */
export type CodeVerdict = 'accepted' | 'wrong' | 'replayed' | 'expired';

type Owner = Pick<Account, 'id' | 'tenantId'>;

/** Secrets of authenticator apps: sealed for one account, judged, and spent by the time step (MFA-2, MFA-15). */
export interface TotpSecrets {
  /** A new secret; the text is what the person sees once. */
  make(owner: Owner): { sealed: string; text: string };
  seal(owner: Owner, secret: string): string;
  reveal(owner: Owner, sealedSecret: string): string;
  /** Sealed again under the first master key, or undefined when it already is. */
  reseal(owner: Owner, sealedSecret: string): string | undefined;
  authenticator(sealedSecret: string): TotpAuthenticator;
  /** Judges six digits, and spends their time step when they are right (S27, S28). */
  spend(owner: Owner, sealedSecret: string, digits: string, policy: Policy): Promise<CodeVerdict>;
}

/** Far longer than any clock is set wrong: a code stays spent however the time jumps (S31). */
const SPENT_SECONDS = 400 * 86_400;

/** Whether a text is a base32 secret of 128 bits or more, spaces and dashes apart (RFC 4226, section 4). */
export function isTotpSecret(text: string): boolean {
  return /^[A-Z2-7]{26,}$/.test(compactSecret(text));
}

export function compactSecret(text: string): string {
  return typedCode(text).toUpperCase();
}

export function createTotpSecrets(parts: {
  ephemeral: Ephemeral;
  vault: Vault;
  clock: Clock;
  /** The time step below which nothing is accepted: the one in which a lost store was created again (P5). */
  floor(): Promise<number>;
}): TotpSecrets {
  const { ephemeral, vault, clock, floor } = parts;
  const contextOf = ({ tenantId, id }: Owner) => `totp:${tenantId}:${id}`;
  const seal = (owner: Owner, secret: string) => vault.seal(secret, contextOf(owner));
  const reveal = (owner: Owner, sealed: string) => vault.open(sealed, contextOf(owner));

  return {
    seal,
    reveal,
    make(owner) {
      const text = newTotpSecret();
      return { text, sealed: seal(owner, text) };
    },
    reseal: (owner, sealed) => (vault.isCurrent(sealed) ? undefined : seal(owner, reveal(owner, sealed))),
    authenticator: (sealedSecret) => ({ id: newId(), kind: 'totp', sealedSecret, boundAt: clock.now() }),
    async spend(owner, sealedSecret, code, policy) {
      const now = clock.now();
      const { driftSteps } = policy.secondFactor;
      const step = judgeCode({ secret: reveal(owner, sealedSecret), code, now, driftSteps });
      if (step === undefined) return 'wrong';
      if (step <= (await floor())) return 'replayed';
      // By account, not by authenticator: the code that activated cannot sign in afterwards.
      const rose = await ephemeral.advance(`totp:${owner.id}`, step, now + SPENT_SECONDS, now);
      return rose ? 'accepted' : 'replayed';
    },
  };
}
