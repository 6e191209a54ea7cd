import type { Account, SecondFactor } from '../accounts/index.ts';
import type { Policy } from '../tenants/index.ts';
import { methods, methodsListed } from './methods/index.ts';
import type { Method } from './methods/method.ts';

/** What a sign-in owes after the password: nothing, a code, or the set-up of an authenticator. */
export type FactorDuty = 'nothing' | 'code' | 'activation';

/** What of an account decides about its second factor. */
type FactorHolder = Pick<Account, 'population' | 'role' | 'secondFactor'>;

/** Whether the tenant's mode is about this account: by population and role (MFA-1). */
function modeHoldsFor({ population, role }: FactorHolder, policy: Policy): boolean {
  const { populations, roles } = policy.secondFactor;
  return populations.includes(population) && roles.includes(role);
}

/** The mode that holds for this account: `off` where the tenant's is about others. */
export function modeFor(account: FactorHolder, policy: Policy): Policy['secondFactor']['mode'] {
  return modeHoldsFor(account, policy) ? policy.secondFactor.mode : 'off';
}

/** Whether an account may not be without a factor (MFA-1). Enrolled or reset, it stays so in every mode (MFA-7). */
export function mustHaveFactor(account: FactorHolder, policy: Policy): boolean {
  return account.secondFactor.status !== 'none' || modeFor(account, policy) === 'required';
}

/**
 * @param asked the application wants the second factor for this sign-in (`acr_values` or `claims`)
 * A factor that is active is demanded no matter what the policy says (S36; CVE-2025-64103).
 */
export function factorDuty(account: FactorHolder, policy: Policy, asked: boolean): FactorDuty {
  if (account.secondFactor.status === 'active') return 'code';
  if (mustHaveFactor(account, policy)) return 'activation';
  // Where administrators enrol, a wish of an application enrols no one (MFA-1).
  return asked && modeFor(account, policy) === 'voluntary' ? 'activation' : 'nothing';
}

/** The methods that the account has, in the order in which the code page offers them: the last one used first. */
export function methodsOf({ authenticators, lastUsed }: SecondFactor): Method[] {
  const has = methods.filter((method) => authenticators.some(({ kind }) => kind === method.kind));
  return has.sort((a, b) => Number(b.kind === lastUsed) - Number(a.kind === lastUsed));
}

/** The methods that the account may set up where what is mailed can reach it. */
export function methodsToSetUp(
  account: Pick<Account, 'email'>,
  policy: Policy,
  isMailConfigured: boolean,
): Method[] {
  const isReached = account.email !== null && isMailConfigured;
  return methodsListed(policy).filter(({ needsMail }) => !needsMail || isReached);
}

/**
 * Whether the person may set methods up on their own page: a first one where that is voluntary, more of them wherever
 * the mode is about the account (MFA-1, MFA-5).
 */
export function maySetUp(account: FactorHolder, policy: Policy): boolean {
  const mode = modeFor(account, policy);
  if (mode === 'off') return false;
  return mode === 'voluntary' || account.secondFactor.status === 'active';
}

/**
 * Whether the person may turn this method off: the last one only where no one demands a factor (MFA-1); one of
 * several always, as the factor stays.
 */
export function mayTurnOff(account: FactorHolder, policy: Policy): boolean {
  const mode = modeFor(account, policy);
  return account.secondFactor.authenticators.length > 1 || mode === 'voluntary' || mode === 'off';
}

/** The state after an administrator turned the factor off: nothing, but to be set up again where the mode demands it (MFA-6). */
export function statusWithout(account: FactorHolder, policy: Policy): 'none' | 'pending' {
  return modeFor(account, policy) === 'required' ? 'pending' : 'none';
}
