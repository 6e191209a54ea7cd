// What the core is built of: the capabilities that hang together, put together.
import { createApiSessions, createApiTokens, createProgramSessions } from './api-sessions/index.ts';
import type { Vault } from './base/index.ts';
import type { Core, CoreOptions } from './core.ts';
import type { Metrics } from './metrics/index.ts';
import { createApplications, createLogoutTokens, createSessionReader } from './oidc/core.ts';
import type { Stores } from './open-stores.ts';
import { createOutbound } from './outbound/index.ts';
import type { Hasher } from './passwords/index.ts';
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
} from './second-factor/index.ts';
import { createDeliveries, createSessions } from './sessions/index.ts';
import { accountDependents } from './short-lived.ts';
import type { OpenedInstallation } from './stores/index.ts';
import { trustDaysOf } from './tenants/index.ts';

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
  { accounts, mail, say, budgets }: Pick<Core, 'accounts' | 'mail' | 'say' | 'budgets'>,
) {
  const { ephemeral } = stores;
  const forgottenBefore = async () => (await installation.current()).forgottenBefore;
  const floor = async () => timeStepAt(await forgottenBefore());
  const totp = createTotpSecrets({ ephemeral, vault, clock, floor });
  const keptCodes = createKeptCodes({ accounts, hashing: hasher, clock });
  const mailedCodes = createMailedCodes({ ephemeral, budgets, mail, vault, clock, say, forgottenBefore });
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
