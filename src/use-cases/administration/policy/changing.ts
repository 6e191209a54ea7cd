import type { Account } from '../../../capabilities/accounts/index.ts';
import type {
  ChangeOutcome,
  PolicyChange,
  PolicyDifference,
  Tenant,
} from '../../../capabilities/tenants/index.ts';
import { newId, type Refused, refuse } from '../../../foundation/base/index.ts';
import { eachPage } from '../../../foundation/stores/index.ts';
import type { Actor } from '../authority.ts';
import type { AdministrationParts } from '../parts.ts';

/** The kind of a scheduled change among the jobs. */
export const POLICY_JOB = 'policy.apply';

export type Change = Pick<PolicyChange, 'values' | 'reason' | 'rollout'> & {
  /** The revision that the caller looked at. */
  expectedRevision: number;
};

const PAGE = 500;
const MOST_NAMED = 5;

/** Every account of a tenant, page by page. */
export function everyone(
  { accounts }: Pick<AdministrationParts, 'accounts'>,
  tenantId: string,
): AsyncGenerator<Account[]> {
  return eachPage((from) => accounts.list({ tenantId, limit: PAGE, ...from }));
}

/** Short enough to be read in an audit entry. */
export function told(changed: readonly PolicyDifference[]): Record<string, string> {
  const text = (value: unknown) => JSON.stringify(value ?? 'off').slice(0, 120);
  return Object.fromEntries(changed.map((d) => [d.path, `${text(d.before)} -> ${text(d.after)}`]));
}

/** Before e-mail identifies: every name and address for one account only. @returns the addresses that are not */
async function ambiguous(parts: AdministrationParts, tenantId: string): Promise<string[]> {
  const taken: string[] = [];
  for await (const page of everyone(parts, tenantId))
    for (const account of page) {
      const key = await parts.accounts.claimIdentifiers(account);
      if (key !== undefined) taken.push(key);
    }
  return taken;
}

type Settled = Extract<ChangeOutcome, { changed: Tenant } | { unchanged: Tenant } | { scheduled: object }>;

/** What a change of policy came to: done, set for later, or without effect; the rest are refusals. */
function settled(outcome: ChangeOutcome): Settled | Refused {
  if ('mistakes' in outcome) return refuse('policy_mistakes', { mistakes: outcome.mistakes });
  if ('operatorOnly' in outcome) return refuse('policy_operator_only', { paths: outcome.operatorOnly });
  if ('conflict' in outcome) {
    const { n, by, at } = outcome.conflict.revision;
    return refuse('policy_conflict', { revision: n, by, at });
  }
  return outcome;
}

/** Changes the policy now or sets the change for later (TEN-3, PWD-16). */
export async function changePolicy(
  parts: AdministrationParts,
  tenant: Tenant,
  wanted: Change,
  actor: Pick<Actor, 'by' | 'isOperator'>,
): Promise<Settled | Refused> {
  const { tenants, jobs, clock } = parts;
  const identifiedBy = wanted.values['signIn.identifiedBy'];
  // An account made until then would not be held to it.
  if (identifiedBy !== undefined && wanted.rollout?.at !== undefined)
    return refuse('policy_changes_at_once', { path: 'signIn.identifiedBy' });
  const beginsByEmail =
    identifiedBy !== tenant.policy.signIn.identifiedBy &&
    (identifiedBy === 'email' || identifiedBy === 'either');
  const taken = beginsByEmail ? await ambiguous(parts, tenant.id) : [];
  if (taken.length > 0)
    return refuse('policy_email_ambiguous', { count: taken.length, examples: taken.slice(0, MOST_NAMED) });
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
  // Accounts that were made between the look and the change are held to it from now on.
  if (beginsByEmail && 'changed' in outcome) await ambiguous(parts, tenant.id);
  return settled(outcome);
}

/** What the queue calls when a scheduled change is due. Twice is once: the second finds nothing scheduled. */
export function createScheduledChanges({ tenants, audit }: Pick<AdministrationParts, 'tenants' | 'audit'>) {
  return async ({ tenantId, scheduledId }: { tenantId: string; scheduledId: string }): Promise<void> => {
    const outcome = await tenants.applyScheduled(tenantId, scheduledId);
    if (outcome && 'mistakes' in outcome)
      await audit.write({
        type: 'policy.scheduled',
        outcome: 'failure',
        actor: 'system',
        tenantId,
        reason: outcome.mistakes.map(({ path, message }) => `${path}: ${message}`).join('; '),
      });
    if (!outcome || !('changed' in outcome)) return;
    const { by, reason, n } = outcome.changed.revision;
    await audit.write({
      type: 'policy.changed',
      outcome: 'success',
      actor: by,
      tenantId,
      reason: `scheduled: ${reason}`,
      detail: { revision: n, ...told(outcome.differences) },
    });
  };
}
