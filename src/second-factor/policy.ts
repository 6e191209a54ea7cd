import type { Account } from '../accounts/index.ts';
import type { Policy } from '../tenants/index.ts';

/** What a sign-in owes after the password: nothing, a code, or the set-up of an authenticator. */
export type FactorDuty = 'nothing' | 'code' | 'activation';

/** Whether an account of this population may not be without a factor (MFA-1). */
export function mustHaveFactor(
  account: Pick<Account, 'population' | 'secondFactor'>,
  policy: Policy,
): boolean {
  const { mode, populations } = policy.secondFactor;
  return (
    account.secondFactor.status !== 'none' ||
    (mode === 'required' && populations.includes(account.population))
  );
}

/**
 * @param asked the application wants the second factor for this sign-in (`acr_values` or `claims`)
 * A factor that is active is demanded whatever the policy says (S36; CVE-2025-64103).
 */
export function factorDuty(
  account: Pick<Account, 'population' | 'secondFactor'>,
  policy: Policy,
  asked: boolean,
): FactorDuty {
  if (account.secondFactor.status === 'active') return 'code';
  if (mustHaveFactor(account, policy)) return 'activation';
  const { mode, populations } = policy.secondFactor;
  return asked && mode !== 'off' && populations.includes(account.population) ? 'activation' : 'nothing';
}
