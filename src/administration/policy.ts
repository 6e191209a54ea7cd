import type { Accounts, Population } from '../accounts/index.ts';
import type { Audit } from '../audit/index.ts';
import { type Clock, newId } from '../base/index.ts';
import type { Jobs } from '../jobs/index.ts';
import type { Sessions } from '../sessions/index.ts';
import {
  type ChangeOutcome,
  differences,
  type PolicyChange,
  type PolicyDifference,
  spreadAfter,
  type Tenant,
  type Tenants,
} from '../tenants/index.ts';
import type { Actor } from './passwords.ts';
import { type AccountFacts, emptyPreview, type PolicyPreview, previewChange } from './preview.ts';

export interface PolicyParts {
  tenants: Tenants;
  accounts: Accounts;
  sessions: Sessions;
  audit: Audit;
  jobs: Jobs;
  clock: Clock;
}

export type Change = Pick<PolicyChange, 'values' | 'reason' | 'rollout'> & {
  /** The revision that the caller looked at. */
  expectedRevision: number;
};

/** The kind of a scheduled change among the jobs. */
export const POLICY_JOB = 'policy.apply';

const PAGE = 500;
const AT_ONCE = 25;
const MOST_NAMED = 5;

/** Short enough to be read in an audit entry. */
function told(changed: readonly PolicyDifference[]): Record<string, string> {
  const text = (value: unknown) => JSON.stringify(value ?? 'off').slice(0, 120);
  return Object.fromEntries(changed.map((d) => [d.path, `${text(d.before)} -> ${text(d.after)}`]));
}

/** Changing, scheduling, rolling back and previewing the policy of a tenant (TEN-3, TEN-4, PWD-16). */
export function createPolicyActions(parts: PolicyParts) {
  const { tenants, accounts, sessions, audit, jobs, clock } = parts;

  async function* everyone(tenantId: string) {
    let after: string | undefined;
    do {
      const page = await accounts.list({ tenantId, limit: PAGE, ...(after ? { after } : {}) });
      yield page.items;
      after = page.next;
    } while (after);
  }

  /** Before e-mail identifies: every name and address for one account alone. @returns the addresses that are not */
  const ambiguous = async (tenantId: string): Promise<string[]> => {
    const taken: string[] = [];
    for await (const page of everyone(tenantId))
      for (const account of page) {
        const key = await accounts.claimIdentifiers(account);
        if (key !== undefined) taken.push(key);
      }
    return taken;
  };

  const record = async (
    tenant: Pick<Tenant, 'id'>,
    outcome: ChangeOutcome | undefined,
    actor: Actor,
    reason: string,
  ) => {
    if (!outcome || !('changed' in outcome || 'scheduled' in outcome)) return;
    await audit.write({
      type: 'changed' in outcome ? 'policy.changed' : 'policy.scheduled',
      outcome: 'success',
      actor: actor.by,
      tenantId: tenant.id,
      reason,
      detail: {
        ...('changed' in outcome ? { revision: outcome.changed.revision.n } : { at: outcome.scheduled.at }),
        ...told(outcome.differences),
      },
    });
  };

  const change = async (tenant: Tenant, wanted: Change, actor: Actor): Promise<ChangeOutcome> => {
    const identifiedBy = wanted.values['signIn.identifiedBy'];
    // Whoever is made until then would not be held to it.
    if (identifiedBy !== undefined && wanted.rollout?.at !== undefined)
      return { refused: 'signIn.identifiedBy changes at once, or not at all' };
    const beginsByEmail =
      identifiedBy !== tenant.policy.signIn.identifiedBy &&
      (identifiedBy === 'email' || identifiedBy === 'either');
    if (beginsByEmail) {
      const taken = await ambiguous(tenant.id);
      if (taken.length > 0)
        return {
          refused: `e-mail cannot identify people here: ${taken.length} accounts share an address or a name with another one, such as ${taken.slice(0, MOST_NAMED).join(', ')}`,
        };
    }
    const scheduledId = newId();
    const { at } = wanted.rollout ?? {};
    // First: a crash in between leaves a job that finds nothing, not a change that never comes.
    if (at !== undefined && at > clock.now())
      await jobs.enqueue({ kind: POLICY_JOB, payload: { tenantId: tenant.id, scheduledId }, dueAt: at });
    const { by, isOperator } = actor;
    const outcome = await tenants.changePolicy({
      ...wanted,
      tenantId: tenant.id,
      by,
      isOperator,
      scheduledId,
    });
    // Whoever was made between the look and the change is held to it from now on.
    if (beginsByEmail && 'changed' in outcome) await ambiguous(tenant.id);
    await record(tenant, outcome, actor, wanted.reason);
    return outcome;
  };

  return {
    changePolicy: change,

    /** The policy of an earlier revision as a new one: history is never rewritten. */
    async rollbackPolicy(tenant: Tenant, toRevision: number, actor: Actor): Promise<ChangeOutcome> {
      const former = (await tenants.history(tenant.id)).find(({ n }) => n === toRevision);
      if (!former) return { refused: `there is no revision ${toRevision}` };
      const values = Object.fromEntries(
        differences(tenant.policy, former.policy).map(({ path, after }) => [path, after]),
      );
      const expectedRevision = tenant.revision.n;
      return change(tenant, { expectedRevision, values, reason: `back to revision ${toRevision}` }, actor);
    },

    /** What the queue calls when a scheduled change is due. Twice is once: the second finds nothing scheduled. */
    async applyScheduled({
      tenantId,
      scheduledId,
    }: {
      tenantId: string;
      scheduledId: string;
    }): Promise<void> {
      const outcome = await tenants.applyScheduled(tenantId, scheduledId);
      if (outcome && 'mistakes' in outcome)
        await audit.write({
          type: 'policy.scheduled',
          outcome: 'failure',
          actor: 'system',
          tenantId,
          reason: outcome.mistakes.map(({ path, message }) => `${path}: ${message}`).join('; '),
        });
      if (outcome && 'changed' in outcome) {
        const { by, reason } = outcome.changed.revision;
        await record({ id: tenantId }, outcome, { by, isOperator: true }, `scheduled: ${reason}`);
      }
    },

    async cancelScheduled(tenant: Tenant, actor: Actor): Promise<boolean> {
      const wasThere = await tenants.cancelScheduled(tenant.id);
      if (wasThere)
        await audit.write({
          type: 'policy.scheduled',
          outcome: 'success',
          actor: actor.by,
          tenantId: tenant.id,
          reason: 'taken back',
        });
      return wasThere;
    },

    /**
     * What a change would do to whom, account by account in constant memory (PWD-16).
     * @param progress told after each page how many accounts were looked at
     */
    async previewPolicy(
      tenant: Tenant,
      after: Tenant['policy'],
      spreadDays: number | undefined,
      progress: (accounts: number) => void = () => {},
    ): Promise<PolicyPreview> {
      const now = clock.now();
      const spread = spreadAfter(tenant, after, spreadDays, now);
      const states = [
        { policy: tenant.policy, spread: tenant.spread },
        { policy: after, spread },
      ] as const;
      let table = emptyPreview();
      let looked = 0;
      for await (const page of everyone(tenant.id)) {
        for (let at = 0; at < page.length; at += AT_ONCE) {
          const batch = page.slice(at, at + AT_ONCE);
          const facts = await Promise.all(
            batch.map(async (account): Promise<AccountFacts> => {
              const live = await sessions.live(tenant, account);
              const browsers = live.filter(({ token }) => token === null);
              return { account, sessions: browsers, apiSessions: live.length - browsers.length };
            }),
          );
          for (const one of facts) table = previewChange(table, one, states[0], states[1], now);
        }
        looked += page.length;
        progress(looked);
      }
      return table;
    },

    endSessions: (tenant: Tenant, population: Population, actor: Actor, reason: string) =>
      sessions.endPopulation(tenant, population, { actor: actor.by, reason }),
  };
}
