import type { Reason } from '../../capabilities/account-state/index.ts';
import type { Account, Accounts } from '../../capabilities/accounts/index.ts';
import type { ApiSessions, ApiTokens, UsageCounter } from '../../capabilities/api-access/index.ts';
import type { Audit } from '../../capabilities/audit/index.ts';
import type { Policy, Tenant, Tenants } from '../../capabilities/tenants/index.ts';
import type { Clock } from '../../foundation/base/index.ts';
import type { Registry } from '../../foundation/web/index.ts';
import type { FactorProofs, OwnPassword, PasswordProofs } from '../../use-cases/credentials/index.ts';

/** What the session API stands on; handed over in app.ts. */
export interface SessionApiParts {
  registry: Registry;
  tenants: Tenants;
  accounts: Accounts;
  apiTokens: ApiTokens;
  apiSessions: ApiSessions;
  usage: UsageCounter;
  passwordProofs: PasswordProofs;
  factorProofs: FactorProofs;
  ownPassword: OwnPassword;
  standings: {
    reasons(account: Account, tenant: Tenant): Reason[];
    /** Whether sessions of programs of the account may be used at all (API-6, API-7). */
    isApiUsable(account: Account, tenant: Tenant): boolean;
    daysUntilPasswordExpires(account: Account, tenant: Tenant): number | undefined;
  };
  audit: Audit;
  clock: Clock;
  strangersPolicy(clientCode: string): Policy;
}
