import type { Reason } from '../../capabilities/account-state/index.ts';
import type { Accounts } from '../../capabilities/accounts/index.ts';
import type { ApiSessions, ApiTokens, UsageCounter } from '../../capabilities/api-access/index.ts';
import type { Applications } from '../../capabilities/applications/index.ts';
import type { Audit } from '../../capabilities/audit/index.ts';
import type { Member, Sessions } from '../../capabilities/credential-events/index.ts';
import type { Jobs } from '../../capabilities/jobs/index.ts';
import type { Budgets, Lockout } from '../../capabilities/lockout/index.ts';
import type { LogoutDeliveries } from '../../capabilities/logout-delivery/index.ts';
import type { LongOperations } from '../../capabilities/long-operations/index.ts';
import type { Mail } from '../../capabilities/mail/index.ts';
import type { Passwords } from '../../capabilities/passwords/index.ts';
import type {
  KeptCodes,
  SecondFactors,
  TotpSecrets,
  TrustedBrowsers,
} from '../../capabilities/second-factor/index.ts';
import type { Keys } from '../../capabilities/signing-keys/index.ts';
import type { Statistics } from '../../capabilities/statistics/index.ts';
import type { Tenants } from '../../capabilities/tenants/index.ts';
import type { ProgressKeeper, WebhookDeliveries, Webhooks } from '../../capabilities/webhooks/index.ts';
import type { Clock } from '../../foundation/base/index.ts';
import type { ConditionalDocuments } from '../../foundation/stores/index.ts';
import type { SysAdmins } from './sysadmins.ts';

/** The capabilities that operations work with. */
export interface AdministrationParts {
  /** In which state a document stands, and changes held to it. */
  documents: Pick<ConditionalDocuments, 'versionOf' | 'onlyIf'>;
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
  deliveries: LogoutDeliveries;
  webhooks: Webhooks;
  webhookProgress: ProgressKeeper;
  webhookDeliveries: WebhookDeliveries;
  apiTokens: ApiTokens;
  apiSessions: ApiSessions;
  usage: UsageCounter;
  audit: Audit;
  statistics: Statistics;
  jobs: Jobs;
  longOperations: LongOperations;
  mail: Mail;
  clock: Clock;
  issuer: string;
  sysAdmins: SysAdmins;
  /** Why a sign-in of the account would be refused or ask for more. */
  reasons(member: Member): Reason[];
  /** Whether sessions of the account may be used at all. */
  isUsable(member: Member): boolean;
  /** Seals everything that lives long under the first master key. */
  reseal(progress: (accounts: number) => Promise<void>): Promise<number>;
}
