import type { Account, Population } from '../../src/accounts/index.ts';
import { type App, createApp } from '../../src/app.ts';
import { createLog, systemClock } from '../../src/base/index.ts';
import { type Core, openCore } from '../../src/core.ts';
import type { Mailbox } from '../../src/mail/index.ts';
import type { NewApplication } from '../../src/oidc/applications.ts';
import { loadSettings, readMasterKey } from '../../src/settings/index.ts';
import { loadPreset, type Policy, type Tenant } from '../../src/tenants/index.ts';
import { freshFolder } from './folder.ts';
import { freePort } from './port.ts';
import { startRedis } from './redis.ts';

/** A started server with its stores in a folder of its own, and short words for what a story needs to be there. */
export interface StartedApp {
  issuer: string;
  folder: string;
  core: Core;
  app: App;
  mailbox: Mailbox;
  tenant(preset?: string, change?: (policy: Policy) => Policy, clientCode?: string): Promise<Tenant>;
  account(tenant: Tenant, options?: NewPerson): Promise<Account>;
  application(options?: Partial<NewApplication>): Promise<{ id: string; secret: string }>;
  reread(account: Account): Promise<Account>;
  close(): Promise<void>;
}

export interface NewPerson {
  userName?: string;
  population?: Population;
  password?: string;
  isTemporary?: boolean;
  totpSecret?: string;
  isEnrolled?: boolean;
  email?: string;
}

export const PASSWORD = 'correct horse 9';
export const CALLBACK = 'http://localhost:9/callback';

/** @param environment more SALLYPORT_ settings */
export async function startApp(environment: Record<string, string> = {}): Promise<StartedApp> {
  const folder = freshFolder();
  const redis = process.env.SALLYPORT_TEST_EPHEMERAL === 'redis' ? await startRedis() : undefined;
  const port = await freePort();
  const settings = loadSettings({
    environment: {
      SALLYPORT_ISSUER: `http://localhost:${port}`,
      SALLYPORT_PORT: String(port),
      SALLYPORT_DATA: folder.path,
      SALLYPORT_LOG_LEVEL: process.env.SALLYPORT_TEST_LOG ?? 'silent',
      ...(redis ? { SALLYPORT_EPHEMERAL: `redis://127.0.0.1:${redis.port}` } : {}),
      ...environment,
    },
  });
  const log = createLog(settings.log.level);
  const core = await openCore(settings, readMasterKey(settings).key, systemClock, log);
  const mailbox: Mailbox = { messages: [] };
  const app = await createApp(core, { log, mailbox });
  await app.listen();
  let serial = 0;

  return {
    issuer: settings.issuer,
    folder: folder.path,
    core,
    app,
    mailbox,
    async tenant(preset = 'livevox', change = (policy) => policy, clientCode) {
      serial += 1;
      const policy = loadPreset(preset);
      if (!policy) throw new Error(preset);
      const tenant = await core.tenants.create({
        clientCode: clientCode ?? `SITE-${serial}`,
        name: `Site ${serial}`,
        policy: change(policy),
      });
      if (typeof tenant === 'string') throw new Error(tenant);
      return tenant;
    },
    async account(tenant, options = {}) {
      serial += 1;
      const {
        population = 'user',
        password = PASSWORD,
        isTemporary = false,
        totpSecret,
        isEnrolled,
        email,
      } = options;
      const record = await core.passwords.make(password, tenant.policy, isTemporary);
      const userName = options.userName ?? `Person${serial}`;
      const account = await core.accounts.create({
        tenantId: tenant.id,
        population,
        userName,
        email,
        password: record,
      });
      if ('refused' in account) throw new Error(account.refused);
      if (totpSecret) await core.secondFactor.bindKnown(account.id, totpSecret);
      if (isEnrolled)
        await core.accounts.update(account.id, (a) => ({
          ...a,
          secondFactor: { status: 'pending', authenticators: [] },
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
      if ('refused' in created) throw new Error(created.refused);
      return { id, secret: created.secret ?? '' };
    },
    async reread(account) {
      const found = await core.accounts.byId(account.id);
      if (!found) throw new Error('the account is gone');
      return found.doc;
    },
    async close() {
      await app.close();
      await core.close();
      await redis?.stop();
      folder.remove();
    },
  };
}
