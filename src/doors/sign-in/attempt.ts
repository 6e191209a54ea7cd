import type { FirstProof } from '../../capabilities/account-state/index.ts';
import type { Population } from '../../capabilities/accounts/index.ts';
import type { StrengthProblem } from '../../capabilities/passwords/index.ts';
import type { Clock } from '../../foundation/base/index.ts';
import type { Ephemeral } from '../../foundation/stores/index.ts';
import type { ProvedFactor } from '../../use-cases/credentials/index.ts';

/** One person's way through one interaction, decided from at every request. It holds proofs, never passwords. */
export interface Attempt {
  uid: string;
  applicationId: string;
  /** Epoch seconds at which the interaction ends; the record outlives it by an hour, to name the way back. */
  interactionEndsAt: number;
  population: Population | null;
  /** What was typed, and whom it names: an account, or the shadow of a name that does not exist. */
  who: Who | null;
  /**
   * In this epoch and lock round of the account: in another it no longer counts. `session`: a step-up, in which it was not
   * given; `at` is 0 then.
   */
  firstProof: { by: FirstProof | 'session'; at: number; epoch: number; lockRound: number } | null;
  /** It counts in the round of the factors in which it was given. */
  factorProof: ProvedFactor | null;
  /** The secret of an activation: one for the attempt, even if the person reloads or mistypes (MFA-4). */
  activation: { sealedSecret: string } | null;
  /** The name of what the person chose on the code page, or to set up. */
  method: string | null;
  /** Recovery codes that are read before it goes on, sealed; `used-up`: the last one was used, and new ones are offered. */
  recovery: { sealed: string } | 'used-up' | null;
  /** The page that says how soon the password expires was read (PWD-14). */
  isWarned: boolean;
  notice: Notice | null;
  problems: StrengthProblem[];
}

export interface Who {
  clientCode: string;
  userName: string;
  tenantId: string | null;
  accountId: string | null;
  shadow: string | null;
}

/** What the next page says first; each is a sentence in the language file. */
export type Notice =
  | 'wrong-password'
  | 'password-too-long'
  | 'wrong-code'
  | 'wrong-current-password'
  | 'passwords-differ'
  | 'no-code'
  | 'passkey-refused'
  | 'activation-replaced'
  | 'code-sent'
  | 'code-too-soon'
  | 'code-too-many'
  | 'new-password-refused';

/** An attempt as read, with the version that a change must still find. */
export interface StoredAttempt {
  attempt: Attempt;
  version: number;
  /** It was handed to the engine: nothing more happens in it. */
  isFinished: boolean;
}

export interface Attempts {
  load(uid: string): Promise<StoredAttempt | undefined>;
  /** Makes the record unless another tab was first; answers what is stored. */
  begin(attempt: Attempt): Promise<StoredAttempt>;
  /** Compare-and-set. @returns false when another tab moved on in between */
  save(stored: StoredAttempt, attempt: Attempt): Promise<boolean>;
  /**
   * Applies a change that must not be lost, as what it holds was spent: again and again, while the attempt goes on for the same
   * person. @returns whether it is kept
   */
  keep(stored: StoredAttempt, change: (attempt: Attempt) => Attempt): Promise<boolean>;
  /** Spends the attempt: of two tabs that finish, one commits. */
  finish(uid: string): Promise<boolean>;
  /** Makes this attempt the one whose secret may be activated; an older one's is void. */
  claimActivation(accountId: string, uid: string): Promise<void>;
  holdsActivation(accountId: string, uid: string): Promise<boolean>;
}

const OUTLIVES_SECONDS = 3_600;
const KIND = 'Attempt';

export function freshAttempt({
  uid,
  applicationId,
  interactionEndsAt,
  population,
}: Pick<Attempt, 'uid' | 'applicationId' | 'interactionEndsAt' | 'population'>): Attempt {
  return {
    uid,
    applicationId,
    interactionEndsAt,
    population,
    who: null,
    firstProof: null,
    factorProof: null,
    activation: null,
    method: null,
    recovery: null,
    isWarned: false,
    notice: null,
    problems: [],
  };
}

/** The attempt for whom it names now: what it holds of another person, such as codes to be read, is not theirs. */
export function namedBy(attempt: Attempt, who: Who | null): Attempt {
  const isSame = attempt.who?.accountId === who?.accountId;
  return { ...(isSame ? attempt : freshAttempt(attempt)), who };
}

export function createAttempts({ ephemeral, clock }: { ephemeral: Ephemeral; clock: Clock }): Attempts {
  const record = (attempt: Attempt) => ({
    value: JSON.stringify(attempt),
    expiresAt: attempt.interactionEndsAt + OUTLIVES_SECONDS,
    ...(attempt.who?.accountId ? { sets: { account: attempt.who.accountId } } : {}),
  });

  const load = async (uid: string): Promise<StoredAttempt | undefined> => {
    const found = await ephemeral.get(KIND, uid, clock.now());
    if (!found) return undefined;
    // As an earlier version may have written it, beside which this one was started.
    const kept = JSON.parse(found.value) as Attempt;
    return {
      attempt: { ...freshAttempt(kept), ...kept },
      version: found.version,
      isFinished: found.claimedAt !== undefined,
    };
  };

  const save: Attempts['save'] = ({ version }, attempt) =>
    ephemeral.replace(KIND, attempt.uid, record(attempt), version, clock.now());

  return {
    load,
    save,
    async keep(before, change) {
      const person = before.attempt.who?.accountId;
      let stored: StoredAttempt | undefined = before;
      while (stored && !stored.isFinished && stored.attempt.who?.accountId === person) {
        if (await save(stored, change(stored.attempt))) return true;
        stored = await load(before.attempt.uid);
      }
      return false;
    },
    async begin(attempt) {
      await ephemeral.insert(KIND, attempt.uid, record(attempt), clock.now());
      // Ended by a credential event in this very moment: the person starts over.
      return (await load(attempt.uid)) ?? { attempt, version: 0, isFinished: true };
    },
    finish: async (uid) => (await ephemeral.claim(KIND, uid, clock.now())) === 'won',
    async claimActivation(accountId, uid) {
      const expiresAt = clock.now() + OUTLIVES_SECONDS;
      await ephemeral.put(
        'Activation',
        accountId,
        { value: JSON.stringify(uid), expiresAt, sets: { account: accountId } },
        clock.now(),
      );
    },
    async holdsActivation(accountId, uid) {
      const holder = await ephemeral.get('Activation', accountId, clock.now());
      return holder !== undefined && JSON.parse(holder.value) === uid;
    },
  };
}
