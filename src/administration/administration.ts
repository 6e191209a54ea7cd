import type { Account } from '../accounts/index.ts';
import type { Reason } from '../sessions/index.ts';
import type { Tenant } from '../tenants/index.ts';
import { createAccountActions } from './accounts.ts';
import { createTokenActions } from './api-tokens.ts';
import { createFactorActions } from './factors.ts';
import { createPasswordSetting, type PasswordParts } from './passwords.ts';
import { createPolicyActions, POLICY_JOB, type PolicyParts } from './policy.ts';
import { createSessionActions } from './sessions.ts';
import { type Explanation, explain } from './why.ts';

type Parts = PasswordParts &
  PolicyParts &
  Parameters<typeof createAccountActions>[0] &
  Parameters<typeof createFactorActions>[0] &
  Parameters<typeof createSessionActions>[0] &
  Parameters<typeof createTokenActions>[0] & { reasons(account: Account, tenant: Tenant): Reason[] };

export type Administration = ReturnType<typeof createAdministration>;

const ENTRIES = 500;

/** Everything that administrators do; console, admin API and command line are doors to it. */
export function createAdministration(parts: Parts) {
  const policy: ReturnType<typeof createPolicyActions> = createPolicyActions(parts);
  const passwords: ReturnType<typeof createPasswordSetting> = createPasswordSetting(parts);
  const accounts: ReturnType<typeof createAccountActions> = createAccountActions(parts);
  const factors: ReturnType<typeof createFactorActions> = createFactorActions(parts);
  const sessions: ReturnType<typeof createSessionActions> = createSessionActions(parts);
  const tokens: ReturnType<typeof createTokenActions> = createTokenActions(parts);
  return {
    ...passwords,
    ...tokens,
    ...accounts,
    ...factors,
    ...sessions,
    ...policy,
    /** "Why was this person refused?" (LCK-8). @param last how many attempts */
    async why(tenant: Tenant, account: Account, last: number): Promise<Explanation> {
      const entries = await parts.audit.ofAccount(account.id, ENTRIES);
      const { now, attempts } = explain(account, parts.reasons(account, tenant), entries);
      return { now, attempts: attempts.slice(-last) };
    },
    jobs: { [POLICY_JOB]: policy.applyScheduled },
  };
}
