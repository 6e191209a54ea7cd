import type { Clock } from '../../foundation/base/index.ts';
import type { Account, Accounts } from '../accounts/index.ts';
import type { Audit } from '../audit/index.ts';
import type { JobHandlers, JobRun, Jobs } from '../jobs/index.ts';
import type { Tenant, Tenants } from '../tenants/index.ts';
import type { CredentialEvent } from './events.ts';
import { type Member, memberOf } from './member.ts';

interface Payload {
  tenantId: string;
  population: Account['population'];
  /** Of the tenant, once the end has happened. */
  epoch: number;
  /** Epoch seconds from which the end did not happen if it has not. */
  until: number;
  after?: string;
}

const POPULATION_JOB = 'population-sweep';
const PAGE = 100;
const PATIENCE_SECONDS = 60;
const SOON_SECONDS = 1;

/** The end of all sessions of a population: refused at once by the epoch, then told to applications page by page. */
export function createPopulationEnd(parts: {
  accounts: Pick<Accounts, 'list'>;
  tenants: Pick<Tenants, 'raiseEpoch' | 'byId'>;
  audit: Audit;
  jobs: Pick<Jobs, 'enqueue'>;
  clock: Clock;
  /** Ends the sessions of an account that are not of the epoch of the member. */
  endStale(member: Member): Promise<void>;
}): {
  end(tenant: Tenant, population: Account['population'], context: CredentialEvent['context']): Promise<void>;
  jobs: JobHandlers;
} {
  const { accounts, tenants, audit, jobs, clock, endStale } = parts;
  const enqueue = (payload: Payload, dueAt: number) => jobs.enqueue({ kind: POPULATION_JOB, payload, dueAt });

  const sweep = async (payload: Payload, { postpone }: JobRun) => {
    const { tenantId, population, epoch, until, after } = payload;
    const tenant = await tenants.byId(tenantId);
    if (!tenant) return;
    if (tenant.epochs[population] < epoch) {
      if (clock.now() < until) postpone(clock.now() + SOON_SECONDS);
      return;
    }
    const from = after === undefined ? {} : { after };
    const page = await accounts.list({ tenantId, population, limit: PAGE, ...from });
    for (const account of page.items) await endStale(memberOf(account, tenant));
    if (page.next) await enqueue({ ...payload, after: page.next }, clock.now());
  };

  return {
    async end({ id: tenantId, epochs }, population, context) {
      const now = clock.now();
      const epoch = epochs[population] + 1;
      await enqueue({ tenantId, population, epoch, until: now + PATIENCE_SECONDS }, now + SOON_SECONDS);
      await tenants.raiseEpoch(tenantId, population);
      await audit.write({
        type: 'sessions.ended',
        outcome: 'success',
        tenantId,
        ...context,
        detail: { population },
      });
    },
    jobs: { [POPULATION_JOB]: sweep },
  };
}
