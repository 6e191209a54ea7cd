// What the core is built of: the capabilities that hang together, put together.
import {
  createApiSessions,
  createApiTokens,
  createProgramSessions,
} from '../capabilities/api-access/index.ts';
import { createApplications } from '../capabilities/applications/index.ts';
import { createSessionReader } from '../capabilities/browser-sessions/index.ts';
import { createSessions } from '../capabilities/credential-events/index.ts';
import { createDeliveries, createLogoutTokens } from '../capabilities/logout-delivery/index.ts';
import type { Metrics } from '../capabilities/metrics/index.ts';
import { createOutbound } from '../capabilities/outbound/index.ts';
import type { Hasher } from '../capabilities/passwords/index.ts';
import {
  createChallenges,
  createKeptCodes,
  createMailedCodes,
  createPasskeys,
  createSecondFactors,
  createShownCodes,
  createTotpSecrets,
  createTrustedBrowsers,
  timeStepAt,
} from '../capabilities/second-factor/index.ts';
import { trustDaysOf } from '../capabilities/tenants/index.ts';
import type { Vault } from '../foundation/base/index.ts';
import type { OpenedInstallation } from '../foundation/stores/index.ts';
import type { Core, CoreOptions } from './index.ts';
import type { Stores } from './open-stores.ts';
import { accountDependents } from './short-lived.ts';

export interface Ground extends Omit<CoreOptions, 'waitMs' | 'masterKeys'> {
  stores: Stores;
  vault: Vault;
  installation: OpenedInstallation;
  hasher: Hasher;
  metrics: Metrics | undefined;
}

/** What people hold beside the password. */
export function buildFactors(
  { clock, stores, vault, installation, hasher, settings }: Ground,
  { accounts, mail, budgets }: Pick<Core, 'accounts' | 'mail' | 'budgets'>,
) {
  const { ephemeral } = stores;
  const forgottenBefore = async () => (await installation.current()).forgottenBefore;
  const floor = async () => timeStepAt(await forgottenBefore());
  const totp = createTotpSecrets({ ephemeral, vault, clock, floor });
  const keptCodes = createKeptCodes({ accounts, hashing: hasher, clock });
  const mailedCodes = createMailedCodes({ ephemeral, budgets, mail, vault, clock, forgottenBefore });
  return {
    totp,
    shownCodes: createShownCodes({ vault }),
    challenges: createChallenges({ ephemeral, clock }),
    keptCodes,
    mailedCodes,
    passkeys: createPasskeys({ accounts, clock, issuer: settings.issuer }),
    trustedBrowsers: createTrustedBrowsers({ ephemeral, clock, daysOf: trustDaysOf }),
    secondFactors: createSecondFactors({ accounts, totp, keptCodes, mailedCodes }),
  };
}

/** What people and programs are signed in with, and who hears of the end of it. */
export function buildSessions(
  { settings, clock, vault, stores }: Ground,
  { accounts, tenants, audit, keys, jobs }: Pick<Core, 'accounts' | 'tenants' | 'audit' | 'keys' | 'jobs'>,
) {
  const { issuer } = settings;
  const { documents, ephemeral } = stores;
  const applications = createApplications({ documents, ephemeral, clock, tenants, issuer });
  const deliveries = createDeliveries({
    documents,
    jobs,
    outbound: createOutbound(settings.outbound),
    audit,
    clock,
    addressOf: async (id) => (await applications.byId(id))?.backchannelLogoutUri ?? undefined,
    token: createLogoutTokens({ keys, clock, issuer }),
  });
  const apiTokens = createApiTokens({ documents, ephemeral, clock });
  const apiSessions = createApiSessions({ ephemeral, vault, clock });
  const reader = createSessionReader({ ephemeral, clock, tell: deliveries.tell });
  const sessions = createSessions({
    accounts,
    tenants,
    ephemeral,
    audit,
    jobs,
    clock,
    reader,
    programs: createProgramSessions({ apiSessions, apiTokens }),
    dependents: accountDependents,
  });
  return { applications, deliveries, apiTokens, apiSessions, sessions };
}
