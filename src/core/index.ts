import { availableParallelism } from 'node:os';
import { createStandings, type Standings } from '../capabilities/account-state/index.ts';
import {
  type Accounts,
  createAccounts,
  giveAccountsDoors,
  giveFactorsRounds,
  may,
} from '../capabilities/accounts/index.ts';
import {
  type ApiSessions,
  type ApiTokens,
  createUsage,
  type UsageCounter,
} from '../capabilities/api-access/index.ts';
import type { Applications } from '../capabilities/applications/index.ts';
import { type Audit, createAudit, indexAudit } from '../capabilities/audit/index.ts';
import type { Sessions } from '../capabilities/credential-events/index.ts';
import { createJobs, giveJobsLanes, type JobHandlers, type Jobs } from '../capabilities/jobs/index.ts';
import {
  type Budgets,
  createBudgets,
  createKnownBrowsers,
  createLockout,
  type KnownBrowsers,
  type Lockout,
} from '../capabilities/lockout/index.ts';
import type { Deliveries } from '../capabilities/logout-delivery/index.ts';
import { createMail, type Mail, type Mailbox } from '../capabilities/mail/index.ts';
import { createMetrics, type Metrics } from '../capabilities/metrics/index.ts';
import {
  createHasher,
  createPasswords,
  daysToWarnOf,
  daysUntil,
  type Passwords,
  passwordExpiresAt,
  passwordState,
} from '../capabilities/passwords/index.ts';
import type {
  Challenges,
  KeptCodes,
  MailedCodes,
  Passkeys,
  SecondFactors,
  ShownCodes,
  TotpSecrets,
  TrustedBrowsers,
} from '../capabilities/second-factor/index.ts';
import { mustHaveFactor } from '../capabilities/second-factor/index.ts';
import { createKeys, giveKeysTimes, type Keys } from '../capabilities/signing-keys/index.ts';
import {
  createTenants,
  givePolicyRevisions,
  giveTenantsNumbers,
  type Tenants,
} from '../capabilities/tenants/index.ts';
import {
  type Clock,
  createLanguage,
  createSealer,
  createVault,
  type Log,
  type Say,
  type Vault,
} from '../foundation/base/index.ts';
import type { Settings } from '../foundation/settings/index.ts';
import {
  createNumbers,
  type Documents,
  type Ephemeral,
  type Installation,
  openInstallation,
  type Patience,
  rememberingTopics,
} from '../foundation/stores/index.ts';
import {
  createPerform,
  createScheduledChanges,
  createSysAdmins,
  type Perform,
  POLICY_JOB,
} from '../use-cases/administration/index.ts';
import {
  createFactorProofs,
  createOwnFactors,
  createOwnPassword,
  createPasswordProofs,
  type FactorProofs,
  type OwnFactors,
  type OwnPassword,
  type PasswordProofs,
} from '../use-cases/credentials/index.ts';
import { onlyListed } from './collections.ts';
import { openStores } from './open-stores.ts';
import { buildFactors, buildSessions, type Ground } from './parts.ts';
import { onlyRegistered } from './short-lived.ts';

export { type Patience, patienceFor } from '../foundation/stores/index.ts';

/** The stores and the capabilities on them: what the server and every command share. */
export interface Core {
  settings: Settings;
  clock: Clock;
  vault: Vault;
  documents: Documents;
  ephemeral: Ephemeral;
  installation(): Promise<Installation>;
  tenants: Tenants;
  accounts: Accounts;
  applications: Applications;
  keys: Keys;
  passwords: Passwords;
  lockout: Lockout;
  budgets: Budgets;
  knownBrowsers: KnownBrowsers;
  standings: Standings;
  secondFactors: SecondFactors;
  totp: TotpSecrets;
  keptCodes: KeptCodes;
  mailedCodes: MailedCodes;
  passkeys: Passkeys;
  trustedBrowsers: TrustedBrowsers;
  shownCodes: ShownCodes;
  challenges: Challenges;
  sessions: Sessions;
  apiTokens: ApiTokens;
  apiSessions: ApiSessions;
  usage: UsageCounter;
  deliveries: Deliveries;
  audit: Audit;
  passwordProofs: PasswordProofs;
  ownPassword: OwnPassword;
  factorProofs: FactorProofs;
  ownFactors: OwnFactors;
  jobs: Jobs;
  mail: Mail;
  say: Say;
  /** Everything that administrators do, whichever door they use. */
  perform: Perform;
  /** What the queue runs for them. */
  administrationJobs: JobHandlers;
  /** Only where there is an internal port to read them at. */
  metrics: Metrics | undefined;
  close(): Promise<void>;
}

export interface CoreOptions {
  settings: Settings;
  /** 32 bytes each: the first seals, all open. */
  masterKeys: readonly Buffer[];
  clock: Clock;
  log: Log;
  /** Keeps mails instead of sending them. */
  mailbox?: Mailbox | undefined;
  /** How long a store that does not answer is waited for. */
  waitMs?: number;
  /** A command's: for stores that are not there yet, are held by another process, or that another one migrates. */
  patience?: Patience | undefined;
  /** Whether a new installation may be made where there is none. */
  mayMake?: boolean;
}

/** A few times as many waiting as running: beyond that a person would wait longer than they look at a page. */
const QUEUE_PER_SLOT = 64;
/** Attempts on one account wait for each other, each for a hash and what the store takes. */
const DEADLINES_IN_LINE = 5;
const MIGRATIONS = [
  giveKeysTimes,
  async (parts: { documents: Documents }) => {
    await givePolicyRevisions(parts);
    await giveAccountsDoors(parts);
  },
  giveFactorsRounds,
  giveJobsLanes,
  (parts: { documents: Documents }) => giveTenantsNumbers(parts, createNumbers(parts.documents)),
  indexAudit,
];

/** Every capability on the open stores. */
function build(ground: Ground): Core {
  const { settings, clock, log, stores, vault, installation, hasher, metrics, mailbox } = ground;
  const { documents } = stores;
  const ephemeral = onlyRegistered(rememberingTopics(stores.ephemeral));
  const open = { ...stores, ephemeral };
  const nextNumber = createNumbers(documents);
  const accounts = createAccounts({ documents, nextNumber, clock });
  const tenants = createTenants({ documents, ephemeral, nextNumber, clock });
  const audit = createAudit({ documents, clock, log, observe: metrics?.event });
  const keys = createKeys({ documents, vault, clock });
  const jobs = createJobs({ documents, vault, clock, log });
  const say = createLanguage();
  const mail = createMail({ settings: settings.mail, mailbox, jobs, ephemeral, audit, clock, say });
  const standings = createStandings({
    clock,
    rules: {
      passwordState,
      passwordExpiresAt,
      daysUntil,
      daysToWarnOf,
      mustHaveFactor,
      mayUseSessionApi: (account, tenant) => may(account, tenant, 'use-session-api'),
    },
  });
  const passwords = createPasswords({ hasher, clock });
  const patienceSeconds = DEADLINES_IN_LINE * settings.stores.deadlineSeconds;
  const budgets = createBudgets({ ephemeral, clock, patienceSeconds });
  const ended = buildSessions({ ...ground, stores: open }, { accounts, tenants, audit, keys, jobs });
  const { sessions } = ended;
  const lockout = createLockout({ ephemeral, accounts, sessions, clock, vault, patienceSeconds });
  const factors = buildFactors({ ...ground, stores: open }, { accounts, mail, budgets });
  const shared = {
    accounts,
    tenants,
    passwords,
    lockout,
    ...ended,
    audit,
    jobs,
    mail,
    clock,
    say,
    ...factors,
  };
  const usage = createUsage({ documents, clock, log });
  const perform = createPerform({
    ...shared,
    budgets,
    keys,
    usage,
    issuer: settings.issuer,
    reasons: standings.reasons,
    sysAdmins: createSysAdmins({ documents, accounts, clock }),
    reseal: async (progress) => {
      const root = (await installation.reseal()) ? 1 : 0;
      const queued = await jobs.reseal();
      return root + queued + (await keys.reseal()) + (await factors.secondFactors.reseal(progress));
    },
  });
  return {
    ...shared,
    settings,
    vault,
    documents,
    ephemeral,
    installation: installation.current,
    keys,
    standings,
    metrics,
    budgets,
    passwordProofs: createPasswordProofs({ ...shared, budgets }),
    ownPassword: createOwnPassword({ ...shared, budgets }),
    factorProofs: createFactorProofs({ ...shared, budgets }),
    ownFactors: createOwnFactors({ ...shared, budgets }),
    knownBrowsers: createKnownBrowsers({ ephemeral, clock }),
    usage,
    perform,
    administrationJobs: { [POLICY_JOB]: createScheduledChanges({ tenants, audit }) },
    close: async () => {
      await audit
        .flush()
        .catch((error: Error) => log.error({ error: error.message }, 'audit entries were lost'));
      await stores.close();
    },
  };
}

/**
 * Opens everything that keeps state.
 * @throws SallyportError `store_unavailable` when a store cannot be opened or is damaged, `store_unfit` when it must not be used
 */
export async function openCore({
  masterKeys,
  waitMs = 0,
  patience,
  mayMake = true,
  ...rest
}: CoreOptions): Promise<Core> {
  const { settings, clock, log } = rest;
  const sealer = createSealer(masterKeys);
  const slots = Math.max(1, Math.floor(availableParallelism() / settings.workers));
  const hasher = createHasher(settings.hashing, { slots, queue: slots * QUEUE_PER_SLOT });
  const metrics =
    settings.listen.internalPort === undefined ? undefined : await createMetrics({ hashing: hasher.load });
  const opened = await openStores({ settings, clock, log, metrics, waitMs, patience, mayMake });
  const stores = { ...opened, documents: onlyListed(opened.documents) };
  try {
    const { documents, ephemeral } = stores;
    const opening = { documents, ephemeral, sealer, clock, migrations: MIGRATIONS, patience };
    const installation = await openInstallation(opening);
    const vault = createVault(sealer, installation.macRoot);
    return build({ ...rest, stores, vault, installation, hasher, metrics });
  } catch (error) {
    await stores.close();
    throw error;
  }
}
