import type { Account } from '../accounts/index.ts';
import type { Policy } from '../tenants/index.ts';

/** What a sign-in owes after the password: nothing, a code, or the set-up of an authenticator. */
export type FactorDuty = 'nothing' | 'code' | 'activation';

/** Whether an account of this population may not be without a factor (MFA-1). */
export function mustHaveFactor(
  account: Pick<Account, 'population' | 'role' | 'secondFactor'>,
  policy: Policy,
): boolean {
  const { mode } = policy.secondFactor;
  return account.secondFactor.status !== 'none' || (mode === 'required' && modeHoldsFor(account, policy));
}

/** Whether the tenant's mode is about this account: by population and role (MFA-1). */
function modeHoldsFor({ population, role }: Pick<Account, 'population' | 'role'>, policy: Policy): boolean {
  const { populations, roles } = policy.secondFactor;
  return populations.includes(population) && roles.includes(role);
}

/**
 * @param asked the application wants the second factor for this sign-in (`acr_values` or `claims`)
 * A factor that is active is demanded whatever the policy says (S36; CVE-2025-64103).
 */
export function factorDuty(
  account: Pick<Account, 'population' | 'role' | 'secondFactor'>,
  policy: Policy,
  asked: boolean,
): FactorDuty {
  if (account.secondFactor.status === 'active') return 'code';
  if (mustHaveFactor(account, policy)) return 'activation';
  return asked && policy.secondFactor.mode !== 'off' && modeHoldsFor(account, policy)
    ? 'activation'
    : 'nothing';
}
