// The capabilities that hang together, and the use cases on them, put together.
import { createStandings, type Standings } from '../capabilities/account-state/index.ts';
import { createAccounts, may } from '../capabilities/accounts/index.ts';
import { createUsage } from '../capabilities/api-access/index.ts';
import { type AuditEvent, createAudit } from '../capabilities/audit/index.ts';
import { createJobs } from '../capabilities/jobs/index.ts';
import { createBudgets, createKnownBrowsers, createLockout } from '../capabilities/lockout/index.ts';
import { createLongOperations } from '../capabilities/long-operations/index.ts';
import { createMail } from '../capabilities/mail/index.ts';
import type { Metrics } from '../capabilities/metrics/index.ts';
import {
  createPasswords,
  daysToWarnOf,
  daysUntil,
  type Hasher,
  passwordExpiresAt,
  passwordState,
} from '../capabilities/passwords/index.ts';
import { mustHaveFactor } from '../capabilities/second-factor/index.ts';
import { createKeys } from '../capabilities/signing-keys/index.ts';
import { createStatistics } from '../capabilities/statistics/index.ts';
import { createTenants } from '../capabilities/tenants/index.ts';
import { type Clock, createLanguage, type Vault } from '../foundation/base/index.ts';
import {
  type ConditionalDocuments,
  createNumbers,
  type OpenedInstallation,
  rememberingTopics,
} from '../foundation/stores/index.ts';
import {
  type AdministrationParts,
  createLongRuns,
  createPerform,
  createScheduledChanges,
  createSysAdmins,
  POLICY_JOB,
} from '../use-cases/administration/index.ts';
import {
  createFactorProofs,
  createOwnFactors,
  createOwnPassword,
  createPasswordProofs,
} from '../use-cases/credentials/index.ts';
import { buildFactors } from './factors.ts';
import type { Core, CoreOptions } from './index.ts';
import type { Stores } from './open-stores.ts';
import { buildOutside } from './outside.ts';
import { buildSessions } from './sessions.ts';
import { onlyRegistered } from './short-lived.ts';

/** What everything is built on. */
export interface Ground extends Omit<CoreOptions, 'waitMs' | 'masterKeys'> {
  stores: Stores & { documents: ConditionalDocuments };
  vault: Vault;
  installation: OpenedInstallation;
  hasher: Hasher;
  metrics: Metrics | undefined;
}

/** Attempts on one account wait for each other, each for a hash and what the store takes. */
const DEADLINES_IN_LINE = 5;

/** What the rest stands on: records, keys, the queue, mail, limits. */
function buildBase({ settings, clock, log, stores, vault, hasher, metrics, mailbox }: Ground) {
  const { documents } = stores;
  const ephemeral = onlyRegistered(rememberingTopics(stores.ephemeral));
  const nextNumber = createNumbers(documents);
  const statistics = createStatistics({ documents, clock, log });
  const observe = (event: AuditEvent) => {
    metrics?.event({ type: event.type, outcome: event.outcome });
    statistics.count(event);
  };
  const audit = createAudit({ documents, clock, log, observe });
  const jobs = createJobs({ documents, vault, clock, log });
  const say = createLanguage();
  const patienceSeconds = DEADLINES_IN_LINE * settings.stores.deadlineSeconds;
  return {
    documents,
    ephemeral,
    accounts: createAccounts({ documents, nextNumber, clock }),
    tenants: createTenants({ documents, ephemeral, nextNumber, clock }),
    audit,
    statistics,
    jobs,
    longOperations: createLongOperations({ documents, jobs, vault, clock, log }),
    say,
    keys: createKeys({ documents, vault, clock }),
    mail: createMail({ settings: settings.mail, mailbox, jobs, ephemeral, audit, clock, say }),
    passwords: createPasswords({ hasher, clock }),
    usage: createUsage({ documents, clock, log }),
    knownBrowsers: createKnownBrowsers({ ephemeral, clock }),
    budgets: createBudgets({ ephemeral, clock, patienceSeconds }),
    patienceSeconds,
  };
}

/** The reasons of the one table (PWD-17), from the rooms that know them. */
function buildStandings(clock: Clock): Standings {
  return createStandings({
    clock,
    rules: {
      passwordState,
      passwordExpiresAt,
      daysUntil,
      daysToWarnOf,
      mustHaveFactor,
      mayUseSessionApi: ({ account, tenant }) => may(account, tenant, 'use-session-api'),
    },
  });
}

/** Every capability on the open stores. */
function buildCapabilities(ground: Ground) {
  const { clock, vault } = ground;
  const { patienceSeconds, ...base } = buildBase(ground);
  const { ephemeral, accounts } = base;
  const open = { ...ground, stores: { ...ground.stores, ephemeral } };
  const outside = buildOutside(open, base);
  const ended = buildSessions(open, { ...base, ...outside });
  const { sessions } = ended;
  return {
    ...base,
    ...outside,
    ...ended,
    ...buildFactors(open, base),
    clock,
    vault,
    standings: buildStandings(clock),
    lockout: createLockout({ ephemeral, accounts, sessions, clock, vault, patienceSeconds }),
  };
}

type Capabilities = ReturnType<typeof buildCapabilities>;

/** Everything that administrators do, whichever door they use. */
function buildAdministration(capabilities: Capabilities, { installation, settings }: Ground) {
  const { documents, accounts, tenants, audit, clock, jobs, keys, longOperations, secondFactors, standings } =
    capabilities;
  const { webhooks } = capabilities;
  const parts: AdministrationParts = {
    ...capabilities,
    issuer: settings.issuer,
    reasons: standings.reasons,
    // How the person signed in is not kept with what they ask for: what stands against a password stands against it.
    isUsable: (member) => standings.isUsable(member, 'password'),
    sysAdmins: createSysAdmins({ documents, accounts, clock }),
    reseal: async (progress) => {
      const root = (await installation.reseal()) ? 1 : 0;
      const queued = (await jobs.reseal()) + (await longOperations.reseal());
      const hooks = await webhooks.reseal();
      return root + queued + hooks + (await keys.reseal()) + (await secondFactors.reseal(progress));
    },
  };
  const { perform, start } = createPerform(parts);
  return {
    perform,
    startOperation: start,
    administrationJobs: {
      [POLICY_JOB]: createScheduledChanges({ tenants, audit }),
      ...createLongRuns(parts, perform),
    },
  };
}

/** The capabilities on the open stores, and the use cases on them. */
export function build(ground: Ground): Core {
  const { settings, log, stores, installation, metrics } = ground;
  const capabilities = buildCapabilities(ground);
  const { audit } = capabilities;
  return {
    ...capabilities,
    settings,
    installation: installation.current,
    metrics,
    passwordProofs: createPasswordProofs(capabilities),
    ownPassword: createOwnPassword(capabilities),
    factorProofs: createFactorProofs(capabilities),
    ownFactors: createOwnFactors(capabilities),
    ...buildAdministration(capabilities, ground),
    close: async () => {
      await audit
        .flush()
        .catch((error: Error) => log.error({ error: error.message }, 'audit entries were lost'));
      await stores.close();
    },
  };
}
