import type { Authenticator, SecondFactor } from '../accounts/index.ts';
import { methodOf } from './methods/index.ts';

/** Pure changes of what an account holds; each begins a new round. */

/** Everything revoked, with the codes that stood for it. */
export function revoked(factor: SecondFactor, status: 'none' | 'pending'): SecondFactor {
  return {
    status,
    authenticators: [],
    round: factor.round + 1,
    lastUsed: null,
    recoveryCodes: null,
    loginCode: null,
    slip: null,
  };
}

/** One more, or in place of the former one where a person has one of the method. */
export function withAuthenticator(factor: SecondFactor, added: Authenticator): SecondFactor {
  const isOneOfMany = (methodOf(added.kind)?.most ?? 1) > 1;
  const kept = factor.authenticators.filter(({ kind }) => isOneOfMany || kind !== added.kind);
  return {
    ...factor,
    status: 'active',
    authenticators: [...kept, added],
    round: factor.round + 1,
    slip: null,
  };
}

/** One fewer; with the last one everything goes (MFA-10). */
export function withoutAuthenticator(factor: SecondFactor, id: string): SecondFactor {
  const authenticators = factor.authenticators.filter((one) => one.id !== id);
  return authenticators.length === 0
    ? revoked(factor, 'none')
    : { ...factor, authenticators, round: factor.round + 1 };
}
