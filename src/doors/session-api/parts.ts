import type { Standings } from '../../capabilities/account-state/index.ts';
import type { Accounts } from '../../capabilities/accounts/index.ts';
import type { ApiSessions, ApiTokens, UsageCounter } from '../../capabilities/api-access/index.ts';
import type { Audit } from '../../capabilities/audit/index.ts';
import type { Policy, Tenants } from '../../capabilities/tenants/index.ts';
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
  standings: Pick<Standings, 'reasons' | 'isApiUsable' | 'daysUntilPasswordExpires'>;
  audit: Audit;
  clock: Clock;
  strangersPolicy(clientCode: string): Policy;
}
