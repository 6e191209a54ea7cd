import { type Accounts, OPERATOR_CODE } from '../../capabilities/accounts/index.ts';
import type { Audit } from '../../capabilities/audit/index.ts';
import type { Passwords, StrengthProblem } from '../../capabilities/passwords/index.ts';
import type { Policy, Tenants } from '../../capabilities/tenants/index.ts';
import { type Clock, fingerprint, newSecret, type Refusal, sameSecret } from '../../foundation/base/index.ts';
import { type CollectionSpec, changeUntilWon, type Documents } from '../../foundation/stores/index.ts';

const LINK_SECONDS = 3_600;

interface SetUpLink {
  id: 'set-up';
  tokenHash: string;
  expiresAt: number;
  isSpent: boolean;
}

export type SetUpOutcome =
  | { done: true }
  | { linkInvalid: true }
  | { nameProblem: Refusal }
  | { problems: StrengthProblem[] };

export interface SetUp {
  /** A new link, voiding older ones; undefined once an operator exists. */
  newToken(): Promise<string | undefined>;
  isValid(token: string): Promise<boolean>;
  /** Makes the first operator; the link is spent before the account is made, so that two browsers cannot both (P4). */
  complete(input: {
    token: string;
    userName: string;
    password: string;
    address: string;
    browser: string;
  }): Promise<SetUpOutcome>;
}

const SPEC: CollectionSpec = { name: 'setUp', indexes: {} };

export function createSetUp(parts: {
  documents: Documents;
  tenants: Tenants;
  accounts: Accounts;
  passwords: Passwords;
  audit: Audit;
  clock: Clock;
  operatorPolicy: Policy;
}): SetUp {
  const { tenants, accounts, passwords, audit, clock, operatorPolicy } = parts;
  const links = parts.documents.collection<SetUpLink>(SPEC);

  const operatorTenant = () => tenants.byClientCode(OPERATOR_CODE);
  const operatorExists = async () => {
    const tenant = await operatorTenant();
    if (!tenant) return false;
    const { items } = await accounts.list({ tenantId: tenant.id, population: 'user', limit: 1 });
    return items.length > 0;
  };
  const liveLink = async (token: string) => {
    const stored = await links.get('set-up');
    const isLive =
      stored &&
      !stored.doc.isSpent &&
      clock.now() < stored.doc.expiresAt &&
      sameSecret(stored.doc.tokenHash, fingerprint(token));
    return isLive && !(await operatorExists()) ? stored : undefined;
  };

  return {
    async newToken() {
      if (await operatorExists()) return undefined;
      const token = newSecret();
      const link: SetUpLink = {
        id: 'set-up',
        tokenHash: fingerprint(token),
        expiresAt: clock.now() + LINK_SECONDS,
        isSpent: false,
      };
      await changeUntilWon(links, 'set-up', () => link);
      return token;
    },
    isValid: async (token) => (await liveLink(token)) !== undefined,
    async complete({ token, userName, password, address, browser }) {
      const link = await liveLink(token);
      if (!link) return { linkInvalid: true };
      const problems = await passwords.problems({
        password,
        policy: operatorPolicy,
        person: { userName, clientCode: OPERATOR_CODE },
        hasFactor: true,
      });
      if (problems.length > 0) return { problems };
      const record = await passwords.make(password, operatorPolicy, false);
      const created = await tenants.create({
        clientCode: OPERATOR_CODE,
        name: 'Sallyport',
        policy: operatorPolicy,
      });
      const tenant = 'refused' in created ? await operatorTenant() : created;
      if (!tenant) throw new Error('the operator tenant is gone');
      if (!(await links.replace({ ...link.doc, isSpent: true }, link.version))) return { linkInvalid: true };
      const account = await accounts.create({
        tenantId: tenant.id,
        population: 'user',
        userName,
        role: 'SysAdmin',
        password: record,
        identifiedBy: operatorPolicy.signIn.identifiedBy,
      });
      if ('refused' in account) {
        // Nothing was made: the link may be used again with another name.
        await links.replace(link.doc, link.version + 1);
        return { nameProblem: account.refused };
      }
      await audit.write({
        type: 'set-up.completed',
        outcome: 'success',
        actor: account.id,
        tenantId: tenant.id,
        accountId: account.id,
        address,
        browser,
      });
      return { done: true };
    },
  };
}
