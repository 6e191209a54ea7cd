import type { Permission } from './permissions.ts';

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
  /** Set by someone else: must be changed at the next sign-in, and is dead from `expiresAt` on (PWD-7). */
  temporary: { expiresAt: number } | null;
  /** Since when someone else may know it: it must be changed at the next sign-in (S6). */
  compromisedAt?: number;
}

/** One thing that a person holds (SP 800-63B). What else is kept of it is said by its method (second-factor/methods). */
export interface Authenticator {
  id: string;
  kind: string;
  /** Epoch seconds. */
  boundAt: number;
}

/** Argon2id under one salt: one hash checks them all (S37). */
export interface RecoveryCodes {
  salt: string;
  /** One for each code; null once it was used. */
  hashes: readonly (string | null)[];
  madeAt: number;
}

/** One an account: a newer one voids it, and so does a new epoch (MFA-11). */
export interface LoginCode {
  salt: string;
  hash: string;
  /** The epoch of the account in which it was made. */
  epoch: number;
  expiresAt: number;
}

export interface SecondFactor {
  status: 'none' | 'pending' | 'active';
  /** Empty unless `active`. */
  authenticators: readonly Authenticator[];
  /** Rises with every change of what is held: proofs, trusted browsers and the count of failures are of one round. */
  round: number;
  /** What the person proved with last: the code page offers it first. */
  lastUsed: Authenticator['kind'] | null;
  recoveryCodes: RecoveryCodes | null;
  loginCode: LoginCode | null;
  /** A secret that was printed for the person: the activation asks for a code of it (MFA-17). */
  slip: { sealedSecret: string; expiresAt: number } | null;
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
  /** The folded `name`, empty where there is none. */
  shownNameKey: string;
  /** `team`, empty where there is none. */
  teamKey: string;
  /** Of `password`; 0 where there is none. */
  passwordSetAt: number;
  role: Role;
  /** Beside those of the role. Accounts of an earlier version have none. */
  permissions?: readonly Permission[];
  /** Some permissions hold for the accounts of one team only (ACC-7). Accounts of an earlier version are in none. */
  team?: string | null;
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
  /** Rises with every credential event; anything that began in an older one is refused (SES-4). */
  epoch: number;
  /** Which event began the epoch: the session in which a person changed their own password survives by it (SES-4). */
  epochEvent: string;
  password: PasswordRecord | null;
  /** Hashes of former passwords, newest first, at most 25 with the current one. */
  history: string[];
  link: PasswordLink | null;
  secondFactor: SecondFactor;
  createdAt: number;
}

/** The person has set nothing up. */
export const noFactor: SecondFactor = {
  status: 'none',
  authenticators: [],
  round: 0,
  lastUsed: null,
  recoveryCodes: null,
  loginCode: null,
  slip: null,
};
