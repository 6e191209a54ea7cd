export type Population = 'user' | 'agent';

export const roles = ['SysAdmin', 'SuperUser', 'Manager', 'Agent'] as const;
export type Role = (typeof roles)[number];

export interface Lock {
  cause: 'password' | 'second-factor';
  /** Epoch seconds. */
  at: number;
}

/** A mailed link under which a person sets a password (S41). One an account: a newer one voids it, and so does any change. */
export interface PasswordLink {
  /** Fingerprint of the secret that the link carries. */
  hash: string;
  purpose: 'reset' | 'set-password';
  expiresAt: number;
}

export interface PasswordRecord {
  /** PHC string. */
  hash: string;
  setAt: number;
  /** Set by somebody else: must be changed at the next sign-in, and is dead from `expiresAt` on (PWD-7). */
  temporary: { expiresAt: number } | null;
  /** Since when somebody else may know it: it must be changed at the next sign-in (S6). */
  compromisedAt?: number;
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
  /** What the person is called; null: the user name. */
  name: string | null;
  email: string | null;
  /** The folded e-mail address, empty where there is none; unique only where e-mail identifies (ACC-3). */
  emailKey: string;
  role: Role;
  status: 'enabled' | 'disabled';
  lock: Lock | null;
  /** Where budgets are split: browsers that the person has not used before are shut out (LCK-7). */
  strangersLock: Lock | null;
  /** For the list of locked accounts; follows from the two locks. */
  lockState: 'locked' | 'open';
  /** Part of every counter's key: an unlock raises it, and old attempts are dead by that (P14). */
  lockRound: number;
  /** Part of the key of the strangers' counters: a completed reset raises it (S23). */
  strangersRound: number;
  /** Rises with every credential event; whatever was born in an older one is refused (SES-4). */
  epoch: number;
  /** Which event began the epoch: the session in which a person changed the own password survives by it (SES-4). */
  epochEvent: string;
  password: PasswordRecord | null;
  /** Hashes of former passwords, newest first, at most 25 with the current one. */
  history: string[];
  link: PasswordLink | null;
  secondFactor: { status: 'none' | 'pending' | 'active'; authenticators: Authenticator[] };
  createdAt: number;
}
