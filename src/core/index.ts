import { availableParallelism } from 'node:os';
import type { Standings } from '../capabilities/account-state/index.ts';
import {
  type Accounts,
  giveAccountsDoors,
  giveAccountsKeys,
  giveFactorsRounds,
} from '../capabilities/accounts/index.ts';
import type { ApiSessions, ApiTokens, UsageCounter } from '../capabilities/api-access/index.ts';
import { type Applications, giveApplicationsTenants } from '../capabilities/applications/index.ts';
import { type Audit, indexAudit } from '../capabilities/audit/index.ts';
import type { Sessions } from '../capabilities/credential-events/index.ts';
import type { DeliveryQueue } from '../capabilities/delivery-queue/index.ts';
import { giveJobsLanes, type JobHandlers, type Jobs } from '../capabilities/jobs/index.ts';
import type { Budgets, KnownBrowsers, Lockout } from '../capabilities/lockout/index.ts';
import type { LogoutDeliveries } from '../capabilities/logout-delivery/index.ts';
import type { LongOperations } from '../capabilities/long-operations/index.ts';
import type { Mail, Mailbox } from '../capabilities/mail/index.ts';
import { createMetrics, type Metrics } from '../capabilities/metrics/index.ts';
import { createHasher, type Passwords } from '../capabilities/passwords/index.ts';
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
import { giveKeysTimes, type Keys } from '../capabilities/signing-keys/index.ts';
import type { Statistics } from '../capabilities/statistics/index.ts';
import { givePolicyRevisions, giveTenantsNumbers, type Tenants } from '../capabilities/tenants/index.ts';
import type {
  Following,
  ProgressKeeper,
  WebhookDeliveries,
  Webhooks,
} from '../capabilities/webhooks/index.ts';
import {
  type Clock,
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
  withConditions,
} from '../foundation/stores/index.ts';
import type { Perform, Start } from '../use-cases/administration/index.ts';
import type {
  FactorProofs,
  OwnFactors,
  OwnPassword,
  PasswordProofs,
} from '../use-cases/credentials/index.ts';
import { build } from './build.ts';
import { onlyListed } from './collections.ts';
import { openStores } from './open-stores.ts';

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
  statistics: Statistics;
  deliveries: LogoutDeliveries;
  deliveryQueue: DeliveryQueue;
  webhooks: Webhooks;
  webhookProgress: ProgressKeeper;
  webhookDeliveries: WebhookDeliveries;
  following: Following;
  audit: Audit;
  passwordProofs: PasswordProofs;
  ownPassword: OwnPassword;
  factorProofs: FactorProofs;
  ownFactors: OwnFactors;
  jobs: Jobs;
  longOperations: LongOperations;
  mail: Mail;
  say: Say;
  /** Everything that administrators do, whichever door they use. */
  perform: Perform;
  /** What takes longer than a caller waits. */
  startOperation: Start;
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
  async (parts: { documents: Documents }) => {
    await giveAccountsKeys(parts);
    await giveApplicationsTenants(parts);
  },
];

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
  const stores = { ...opened, documents: withConditions(onlyListed(opened.documents)) };
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
