import type { FirstProof } from '../../capabilities/account-state/index.ts';
import type { Account } from '../../capabilities/accounts/index.ts';
import { factorDuty, maySetUp } from '../../capabilities/second-factor/index.ts';
import type { Policy } from '../../capabilities/tenants/index.ts';
import type { Claimant } from './claimant.ts';

/** Every door at which a claimant could bind something of their own. */
export type BindingDoor = 'sign-in' | 'own-pages' | 'recovery-link' | 'set-up-link' | 'session-api';

/** Everything that lets a person in later, or spares them a proof. `method`: any of them. */
export type Bindable = 'method' | 'slip' | 'recovery-codes' | 'trusted-browser';

/** What was proved in this very attempt. What a session proved once is no proof here: its cookie may be a copy. */
export interface Proofs {
  first: FirstProof | null;
  hasFactor: boolean;
}

/** `proved`: the password, or a passkey in its place, and the factor where one is active, in this very attempt. */
type Demand = 'never' | 'proved';

const NOTHING: Readonly<Record<Bindable, Demand>> = {
  method: 'never',
  slip: 'never',
  'recovery-codes': 'never',
  'trusted-browser': 'never',
};

/** Door by kind of binding, the proof that is demanded (S33). A kind or a door that is missing does not compile. */
export const bindingDemands: Readonly<Record<BindingDoor, Readonly<Record<Bindable, Demand>>>> = {
  'sign-in': {
    method: 'proved',
    slip: 'proved',
    'recovery-codes': 'proved',
    'trusted-browser': 'proved',
  },
  'own-pages': {
    ...NOTHING,
    method: 'proved',
    'recovery-codes': 'proved',
  },
  'recovery-link': NOTHING,
  'set-up-link': NOTHING,
  'session-api': NOTHING,
};

/** A claimant at a door where something may be bound, with what was proved there. */
export interface BindingClaimant extends Claimant {
  at: BindingDoor;
  proofs: Proofs;
}

/** Whether the site lets this person have it through this door: where administrators enrol, only the enrolled set a method up (MFA-1). */
function isMeant(at: BindingDoor, what: Bindable, account: Account, policy: Policy): boolean {
  if (what === 'recovery-codes' || what === 'trusted-browser')
    return account.secondFactor.status === 'active';
  return at === 'own-pages' ? maySetUp(account, policy) : factorDuty(account, policy, true) === 'activation';
}

/** The one question that is asked before anything is bound, on every door. */
export function mayBind(
  { at, proofs, account, tenant }: Pick<BindingClaimant, 'at' | 'proofs' | 'account' | 'tenant'>,
  what: Bindable,
): boolean {
  if (bindingDemands[at][what] === 'never' || proofs.first === null) return false;
  if (account.secondFactor.status === 'active' && !proofs.hasFactor) return false;
  return isMeant(at, what, account, tenant.policy);
}
