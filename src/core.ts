import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Accounts, createAccounts } from './accounts/index.ts';
import { type Audit, createAudit } from './audit/index.ts';
import { type Clock, createVault, type Log, type Vault } from './base/index.ts';
import { createLockout, type Lockout } from './lockout/index.ts';
import { type Applications, createApplications, dependents } from './oidc/core.ts';
import { createHasher, createPasswords, type Passwords } from './passwords/index.ts';
import { createSecondFactor, type SecondFactor, timeStepAt } from './second-factor/index.ts';
import { createSessions, type Sessions } from './sessions/index.ts';
import type { Settings } from './settings/index.ts';
import {
  type Documents,
  type Ephemeral,
  type Installation,
  openInstallation,
  openRedisEphemeral,
  openSqliteDocuments,
  openSqliteEphemeral,
} from './stores/index.ts';
import { createTenants, type Tenants } from './tenants/index.ts';

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
  passwords: Passwords;
  lockout: Lockout;
  secondFactor: SecondFactor;
  sessions: Sessions;
  audit: Audit;
  close(): Promise<void>;
}

/** A few times as many waiting as running: beyond that a person would wait longer than they look at a page. */
const QUEUE_PER_SLOT = 64;

const REDIS_PREFIX = 'sallyport:';

function openEphemeral({ stores, data }: Settings, clock: Clock, log: Log): Promise<Ephemeral> {
  if (stores.ephemeral !== 'sqlite')
    return openRedisEphemeral(
      { url: stores.ephemeral, prefix: REDIS_PREFIX, warn: (text) => log.warn(text) },
      clock,
    );
  return Promise.resolve(openSqliteEphemeral(join(data, 'ephemeral.sqlite'), clock.now()));
}

/**
 * Opens everything that keeps state.
 * @param masterKey 32 bytes
 * @throws SallyportError `store_unavailable` when a store cannot be opened, is damaged, or belongs to another master key
 */
export async function openCore(settings: Settings, masterKey: Buffer, clock: Clock, log: Log): Promise<Core> {
  const vault = createVault(masterKey);
  const documents = openSqliteDocuments(join(settings.data, 'documents.sqlite'));
  const opened: { close(): Promise<void> }[] = [documents];
  try {
    const ephemeral = await openEphemeral(settings, clock, log);
    opened.push(ephemeral);
    const installation = await openInstallation({ documents, ephemeral, vault });
    const accounts = createAccounts({ documents, clock });
    const audit = createAudit({ documents, clock, log });
    const slots = availableParallelism();
    const hasher = createHasher(settings.hashing, { slots, queue: slots * QUEUE_PER_SLOT });
    return {
      settings,
      clock,
      vault,
      documents,
      ephemeral,
      installation,
      accounts,
      audit,
      tenants: createTenants({ documents, ephemeral, clock }),
      applications: createApplications({ documents, ephemeral, clock }),
      passwords: createPasswords({ hasher, clock }),
      lockout: createLockout({ ephemeral, accounts, clock, vault }),
      secondFactor: createSecondFactor({
        accounts,
        ephemeral,
        vault,
        clock,
        floor: async () => timeStepAt((await installation()).forgottenBefore),
      }),
      sessions: createSessions({
        accounts,
        ephemeral,
        audit,
        dependents: [
          ...dependents,
          { kind: 'Attempt', name: 'halfDoneSignIns' },
          { kind: 'Activation', name: 'activations' },
        ],
      }),
      close: async () => {
        await audit
          .flush()
          .catch((error: Error) => log.error({ error: error.message }, 'audit entries were lost'));
        for (const store of opened) await store.close();
      },
    };
  } catch (error) {
    for (const store of opened) await store.close();
    throw error;
  }
}
