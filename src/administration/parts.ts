import type { Account, Accounts } from '../accounts/index.ts';
import type { ApiSessions, ApiTokens, UsageCounter } from '../api-sessions/index.ts';
import type { Audit } from '../audit/index.ts';
import type { Clock, Say } from '../base/index.ts';
import type { Jobs } from '../jobs/index.ts';
import type { Budgets, Lockout } from '../lockout/index.ts';
import type { Mail } from '../mail/index.ts';
import type { Applications, Keys } from '../oidc/core.ts';
import type { Passwords } from '../passwords/index.ts';
import type { KeptCodes, SecondFactors, TotpSecrets, TrustedBrowsers } from '../second-factor/index.ts';
import type { Deliveries, Reason, Sessions } from '../sessions/index.ts';
import type { Tenant, Tenants } from '../tenants/index.ts';
import type { SysAdmins } from './sysadmins.ts';

/** The capabilities that operations work with. */
export interface AdministrationParts {
  accounts: Accounts;
  tenants: Tenants;
  applications: Applications;
  keys: Keys;
  passwords: Passwords;
  secondFactors: SecondFactors;
  keptCodes: KeptCodes;
  totp: TotpSecrets;
  trustedBrowsers: TrustedBrowsers;
  lockout: Lockout;
  budgets: Budgets;
  sessions: Sessions;
  deliveries: Deliveries;
  apiTokens: ApiTokens;
  apiSessions: ApiSessions;
  usage: UsageCounter;
  audit: Audit;
  jobs: Jobs;
  mail: Mail;
  clock: Clock;
  say: Say;
  issuer: string;
  sysAdmins: SysAdmins;
  /** Why a sign-in of the account would be refused or ask for more. */
  reasons(account: Account, tenant: Tenant): Reason[];
  /** Seals everything that lives long under the first master key. */
  reseal(progress: (accounts: number) => void): Promise<number>;
}
