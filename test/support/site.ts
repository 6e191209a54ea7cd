import type { Account, Permission, Population, Role } from '../../src/capabilities/accounts/index.ts';
import type { NewApplication } from '../../src/capabilities/applications/applications.ts';
import { counterKey } from '../../src/capabilities/lockout/policy.ts';
import { loadPreset, type Policy, type Tenant } from '../../src/capabilities/tenants/index.ts';
import type { Core } from '../../src/core/index.ts';

/** Short words for what a story needs to be there. */
export interface Site {
  tenant(preset?: string, change?: (policy: Policy) => Policy, clientCode?: string): Promise<Tenant>;
  account(tenant: Tenant, options?: NewPerson): Promise<Account>;
  application(options?: Partial<NewApplication>): Promise<{ id: string; secret: string }>;
  /** @returns the secret of a new API token */
  apiToken(tenant: Tenant, name?: string): Promise<string>;
  reread(account: Account): Promise<Account>;
  /** Changes values of a policy that is at its first revision, or at the one given. */
  changePolicy(tenant: Tenant, values: Record<string, unknown>, revision?: number): Promise<void>;
  /** Wrong codes in a row, as the counter of the account has them now. */
  wrongCodes(account: Account): Promise<number>;
}

export interface NewPerson {
  userName?: string;
  population?: Population;
  password?: string;
  isTemporary?: boolean;
  totpSecret?: string;
  isEnrolled?: boolean;
  email?: string;
  name?: string;
  permissions?: Permission[];
  role?: Role;
  team?: string;
}

export const PASSWORD = 'correct horse 9';
/** What the authenticator app of a person and the server share. */
export const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
export const CALLBACK = 'http://localhost:9/callback';

/** The browser is back at the application: the person is signed in, or the sign-in failed in a way that the application hears of. */
export function isIn({ url }: { url: string }): boolean {
  return url.startsWith(CALLBACK);
}

/** Makes what a story needs straight in the stores, as the commands do. */
export function siteOn(core: Core): Site {
  let serial = 0;
  const reread = async ({ id }: Account) => {
    const found = await core.accounts.byId(id);
    if (!found) throw new Error('the account is gone');
    return found.doc;
  };
  return {
    reread,
    async apiToken({ id }, name = 'reports') {
      const made = await core.apiTokens.create(id, name, 'command-line');
      if ('refused' in made) throw new Error(made.refused.code);
      return made.secret;
    },
    async changePolicy({ id }, values, revision = 1) {
      const outcome = await core.tenants.changePolicy({
        tenantId: id,
        expectedRevision: revision,
        values,
        by: 'command-line',
        reason: '',
        isOperator: true,
      });
      if (!('changed' in outcome)) throw new Error(JSON.stringify(outcome));
    },
    async wrongCodes(account) {
      const key = counterKey(await reread(account), 'second-factor', false);
      return (await core.ephemeral.count(key, undefined, core.clock.now())).failures;
    },
    async tenant(preset = 'livevox', change = (policy) => policy, clientCode) {
      serial += 1;
      const policy = loadPreset(preset);
      if (!policy) throw new Error(preset);
      const tenant = await core.tenants.create({
        clientCode: clientCode ?? `SITE-${serial}`,
        name: `Site ${serial}`,
        preset,
        policy: change(policy),
      });
      if ('refused' in tenant) throw new Error(tenant.refused.code);
      return tenant;
    },
    async account(tenant, options = {}) {
      serial += 1;
      const name = `Person${serial}`;
      const {
        population = 'user',
        password = PASSWORD,
        isTemporary = false,
        totpSecret,
        isEnrolled,
        email,
      } = options;
      const record = await core.passwords.make(password, tenant.policy, isTemporary);
      const userName = options.userName ?? name;
      const account = await core.accounts.create({
        tenantId: tenant.id,
        population,
        userName,
        email,
        name: options.name,
        permissions: options.permissions,
        role: options.role,
        password: record,
        identifiedBy: tenant.policy.signIn.identifiedBy,
      });
      if ('refused' in account) throw new Error(account.refused.code);
      const { team } = options;
      if (team) await core.accounts.update(account.id, (a) => ({ ...a, team }));
      if (totpSecret) await core.secondFactors.bindKnown(account.id, totpSecret);
      if (isEnrolled)
        await core.accounts.update(account.id, (a) => ({
          ...a,
          secondFactor: { ...a.secondFactor, status: 'pending' },
        }));
      return account;
    },
    async application(options = {}) {
      serial += 1;
      const id = options.id ?? `application-${serial}`;
      const isMachine = options.kind === 'machine';
      const created = await core.applications.create({
        kind: 'web',
        isFirstParty: true,
        ...(isMachine ? {} : { redirectUris: [CALLBACK], postLogoutRedirectUris: ['http://localhost:9/'] }),
        ...options,
        id,
      });
      if ('refused' in created) throw new Error(created.refused.code);
      return { id, secret: created.secret ?? '' };
    },
  };
}
