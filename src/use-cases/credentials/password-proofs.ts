import type { Account, Accounts, Population } from '../../capabilities/accounts/index.ts';
import { foldName } from '../../capabilities/accounts/index.ts';
import type { AuditEvent } from '../../capabilities/audit/index.ts';
import { type BrowserClass, type GuessParts, guess, type Subject } from '../../capabilities/lockout/index.ts';
import type { Passwords } from '../../capabilities/passwords/index.ts';
import { isOutside, type Policy, type Tenant } from '../../capabilities/tenants/index.ts';
import { typedName } from '../../foundation/base/index.ts';

/** Whom a typed name means, through whichever door (S16, S19). */
export interface Named {
  tenant: Tenant | undefined;
  policy: Policy;
  population: Population;
  userName: string;
  account: Account | undefined;
  /** The account that was named from outside the networks of its tenant: it is treated like one that is not there (SGN-5). */
  hidden: Account | undefined;
  /** The counter of a name that no account has. */
  shadow: string | null;
}

/** What was typed, and where from. */
export interface Typed {
  tenant: Tenant | undefined;
  /** Names the tenant where there is none. */
  tenantKey: string;
  /** The rules where there is no tenant. */
  strangersPolicy: Policy;
  population: Population;
  userName: string;
  address: string;
}

export interface PasswordProofs {
  /** By the fold of the name, so that every spelling counts on one counter. */
  named(typed: Typed): Promise<Named>;
  /**
   * One try at a password. It is reserved before it is hashed, then counted and recorded; a right password is hashed
   * again if the parameters rose. A name that no one has costs the same and gets the same answer (S15, S16).
   * @param browser the class of the browser that tries, where there is an account
   */
  tryPassword(
    named: Named,
    browser: BrowserClass,
    where: Omit<AuditEvent, 'type' | 'outcome'>,
    password: string,
  ): Promise<boolean>;
}

/** In case-sensitive mode another spelling of the name fails like a wrong password; an address has no case (ACC-2, ACC-3). */
function isSpelledRight(account: Account, typed: string, policy: Policy): boolean {
  const { identifiedBy, caseSensitiveNames } = policy.signIn;
  if (!caseSensitiveNames.includes(account.population) || identifiedBy === 'email') return true;
  if ([typed, typedName(typed)].some((name) => name.normalize('NFC') === account.userName)) return true;
  return identifiedBy === 'either' && account.emailKey !== '' && foldName(typed) === account.emailKey;
}

export function createPasswordProofs(
  parts: GuessParts & { accounts: Accounts; passwords: Passwords },
): PasswordProofs {
  const { accounts, passwords, lockout } = parts;

  /** Keeps the better hash only if the password is still the one that was verified (S9, R9). */
  const rehash = async (account: Account, password: string) => {
    const better = await passwords.rehash(account, password);
    if (!better) return;
    await accounts.update(account.id, (current) =>
      current.password?.hash === account.password?.hash ? { ...current, password: better } : undefined,
    );
  };

  return {
    async named({ tenant, tenantKey, strangersPolicy, population, userName, address }) {
      const policy = tenant?.policy ?? strangersPolicy;
      const { identifiedBy } = policy.signIn;
      const found = tenant && (await accounts.identified(tenant.id, population, userName, identifiedBy));
      const outside = isOutside(policy, population, address);
      const account = outside ? undefined : found;
      const shadow = account
        ? null
        : lockout.shadowOf(tenant?.id ?? tenantKey, population, foldName(userName));
      return { tenant, policy, population, userName, account, hidden: outside ? found : undefined, shadow };
    },

    async tryPassword(named, browser, where, password) {
      const { account, hidden, policy, population, shadow, userName } = named;
      const subject: Subject = account ? { account, browser } : { shadow: shadow ?? '', population };
      const isRight = await guess(parts, {
        subject,
        policy,
        kind: 'password',
        factor: 'password',
        where,
        check: async () => {
          const verdict = await passwords.verify(account, password);
          if (hidden) return { wrong: 'network' };
          if (!account) return { wrong: 'unknown' };
          if (verdict !== 'right') return { wrong: verdict };
          if (account.status !== 'enabled') return { wrong: 'disabled' };
          return { wrong: isSpelledRight(account, userName, policy) ? undefined : 'spelling' };
        },
      });
      if (isRight && account) await rehash(account, password);
      return isRight;
    },
  };
}
