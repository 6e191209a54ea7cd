import type { Accounts } from '../accounts/index.ts';
import type { Audit } from '../audit/index.ts';
import type { Clock } from '../base/index.ts';
import type { Lockout } from '../lockout/index.ts';
import type { Mail } from '../mail/index.ts';
import type { Applications, Interactions } from '../oidc/index.ts';
import type { Passwords } from '../passwords/index.ts';
import type { SecondFactor } from '../second-factor/index.ts';
import type { Sessions } from '../sessions/index.ts';
import type { Policy, Tenants } from '../tenants/index.ts';
import type { Pages, Registry } from '../web/index.ts';
import type { Attempts } from './attempt.ts';

/** What the sign-in stands on; handed over in app.ts. */
export interface SignInParts {
  interactions: Interactions;
  applications: Applications;
  attempts: Attempts;
  tenants: Tenants;
  accounts: Accounts;
  passwords: Passwords;
  lockout: Lockout;
  secondFactor: SecondFactor;
  sessions: Sessions;
  audit: Audit;
  mail: Mail;
  registry: Registry;
  pages: Pages;
  clock: Clock;
  issuer: string;
  /** The rules for client codes that nobody has. */
  strangersPolicy: Policy;
  acr: { password: string; multiFactor: string };
}
