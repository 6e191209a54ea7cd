export type Population = 'user' | 'agent';

export const roles = ['SysAdmin', 'SuperUser', 'Manager', 'Agent'] as const;
export type Role = (typeof roles)[number];

export interface Lock {
  cause: 'password' | 'second-factor';
  /** Epoch seconds. */
  at: number;
}

export interface PasswordRecord {
  /** PHC string. */
  hash: string;
  setAt: number;
  /** Set by somebody else: must be changed at the next sign-in, and is dead from `expiresAt` on (PWD-7). */
  temporary: { expiresAt: number } | null;
}

/** What a person holds (SP 800-63B); the secret is sealed for this account alone. */
export interface Authenticator {
  id: string;
  kind: 'totp';
  sealedSecret: string;
  boundAt: number;
}

export interface Account {
  id: string;
  /** For the session API; counted per installation and never reused. */
  number: number;
  tenantId: string;
  population: Population;
  userName: string;
  /** The folded name: unique in tenant and population (ACC-2). */
  nameKey: string;
  email: string | null;
  role: Role;
  status: 'enabled' | 'disabled';
  lock: Lock | null;
  /** Part of every counter's key: an unlock raises it, and old attempts are dead by that (P14). */
  lockRound: number;
  /** Rises with every credential event; whatever was born in an older one is refused (SES-4). */
  epoch: number;
  password: PasswordRecord | null;
  /** Hashes of former passwords, newest first, at most 25 with the current one. */
  history: string[];
  secondFactor: { status: 'none' | 'pending' | 'active'; authenticators: Authenticator[] };
  createdAt: number;
}

/** Whether tokens and sessions of the account may be used at all. A lock refuses new sign-ins only (D7). */
export function isUsable(account: Account): boolean {
  return account.status === 'enabled';
}
