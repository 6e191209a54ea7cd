import type { Standings } from '../../capabilities/account-state/index.ts';
import type { Accounts } from '../../capabilities/accounts/index.ts';
import type { Applications } from '../../capabilities/applications/index.ts';
import type { Audit } from '../../capabilities/audit/index.ts';
import type { Sessions } from '../../capabilities/credential-events/index.ts';
import type { Budgets, KnownBrowsers, Lockout } from '../../capabilities/lockout/index.ts';
import type { Mail } from '../../capabilities/mail/index.ts';
import type { Passwords } from '../../capabilities/passwords/index.ts';
import type {
  Challenges,
  MailedCodes,
  Passkeys,
  ShownCodes,
  TotpSecrets,
  TrustedBrowsers,
} from '../../capabilities/second-factor/index.ts';
import type { Policy, Tenants } from '../../capabilities/tenants/index.ts';
import type { Clock } from '../../foundation/base/index.ts';
import type { BrowserCookies, Pages, Registry, Submissions } from '../../foundation/web/index.ts';
import type {
  FactorProofs,
  OwnFactors,
  OwnPassword,
  PasswordProofs,
} from '../../use-cases/credentials/index.ts';
import type { BrowserSessions, Interactions } from '../oidc/index.ts';
import type { Attempts } from './attempt.ts';

/** What the sign-in stands on; handed over in app.ts. */
export interface SignInParts {
  interactions: Interactions;
  applications: Applications;
  browserSessions: BrowserSessions;
  attempts: Attempts;
  tenants: Tenants;
  accounts: Accounts;
  passwords: Passwords;
  passwordProofs: PasswordProofs;
  ownPassword: OwnPassword;
  lockout: Lockout;
  budgets: Budgets;
  knownBrowsers: KnownBrowsers;
  cookies: BrowserCookies;
  /** How an account stands: the reasons of the one table (PWD-17). */
  standings: Pick<Standings, 'reasons' | 'daysToWarn'>;
  totp: TotpSecrets;
  mailedCodes: MailedCodes;
  passkeys: Passkeys;
  trustedBrowsers: TrustedBrowsers;
  shownCodes: ShownCodes;
  challenges: Challenges;
  factorProofs: FactorProofs;
  ownFactors: OwnFactors;
  sessions: Sessions;
  audit: Audit;
  mail: Mail;
  registry: Registry;
  submissions: Submissions;
  pages: Pages;
  clock: Clock;
  /** The rules for client codes that no tenant has. */
  strangersPolicy(clientCode: string): Policy;
  acr: { password: string; multiFactor: string };
}
