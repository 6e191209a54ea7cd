import { type Clock, newId, type Refused, refuse } from '../../foundation/base/index.ts';
import { type Collection, changeUntilWon, type Versioned } from '../../foundation/stores/index.ts';
import {
  differences,
  type PolicyDifference,
  type PolicyMistake,
  parsePolicy,
  trustDaysOf,
  withValues,
} from './policy.ts';
import { OPERATOR_ONLY, type Policy } from './policy-schema.ts';
import type { PolicyRevision, Revisions, ScheduledChange, Spread } from './revisions.ts';
import type { Tenant, TrustCut } from './tenants.ts';

/** When and how a change comes into force (PWD-16). */
export interface Rollout {
  /** Epoch seconds; at once unless it lies ahead. */
  at?: number | undefined;
  /** Spreads over so many days the expiry of passwords that the change would expire at once. */
  spreadDays?: number | undefined;
  /** Epoch seconds from which duties of hygiene act on running sessions too (PWD-17). */
  deadline?: number | undefined;
}

export interface PolicyChange {
  tenantId: string;
  /** The revision that the caller looked at: another one in between is a conflict. */
  expectedRevision: number;
  /** Values by path. */
  values: Readonly<Record<string, unknown>>;
  by: string;
  reason: string;
  /** Only the operator changes values that are marked so, and the marks. */
  isOperator: boolean;
  rollout?: Rollout;
  /** The id of the change where it is set for later: known beforehand, so that what is to apply it can be made first. */
  scheduledId?: string;
}

export type ChangeOutcome =
  | { changed: Tenant; differences: PolicyDifference[] }
  | { scheduled: ScheduledChange; differences: PolicyDifference[] }
  | { unchanged: Tenant }
  /** Someone else saved in between; their change stands. */
  | { conflict: Tenant }
  | { mistakes: PolicyMistake[] }
  | { operatorOnly: string[] }
  | Refused;

export type TenantDocuments = Pick<Collection<Tenant>, 'get' | 'insert' | 'replace'>;

interface Parts {
  tenants: TenantDocuments;
  revisions: Revisions;
  clock: Clock;
}

const EXPIRY = 'password.expireAfterDays';

/** The values that this caller may not change, of those that would change. */
function forbidden(policy: Policy, changed: readonly PolicyDifference[]): string[] {
  const marked = new Set([...policy.operatorOnly, OPERATOR_ONLY]);
  return changed.map(({ path }) => path).filter((path) => marked.has(path));
}

/** The spread that holds with a policy: a new one, the one that runs, or none once expiry itself was changed without one. */
export function spreadAfter(
  tenant: Pick<Tenant, 'policy' | 'spread'>,
  policy: Policy,
  spreadDays: number | undefined,
  now: number,
): Spread | null {
  if (spreadDays) return { from: now, days: spreadDays };
  return differences(tenant.policy, policy).some(({ path }) => path === EXPIRY) ? null : tenant.spread;
}

/** Longer than any trust lasts. */
const CUT_KEPT_SECONDS = 91 * 86_400;

/** A policy that allows fewer days cuts the trusts there are for good: none comes back when it allows more again (MFA-13). */
export function trustCutsAfter(
  { policy, trustCuts }: Pick<Tenant, 'policy' | 'trustCuts'>,
  next: Policy,
  now: number,
): readonly TrustCut[] {
  const days = trustDaysOf(next);
  if (days >= trustDaysOf(policy)) return trustCuts;
  return [...trustCuts.filter(({ at }) => at > now - CUT_KEPT_SECONDS), { at: now, days }];
}

/** The tenant with the next revision of its policy in force from `now` on. */
function advanced(
  tenant: Tenant,
  policy: Policy,
  change: Pick<PolicyChange, 'by' | 'reason' | 'rollout'>,
  now: number,
): Tenant {
  const { by, reason, rollout = {} } = change;
  const spread = spreadAfter(tenant, policy, rollout.spreadDays, now);
  return {
    ...tenant,
    policy,
    revision: { n: tenant.revision.n + 1, by, at: now, reason },
    spread,
    trustCuts: trustCutsAfter(tenant, policy, now),
    deadline: rollout.deadline === undefined ? tenant.deadline : { at: rollout.deadline, policy, spread },
  };
}

/** A scheduled change whose time has come: the tenant after it, and what to say of it; undefined when there is no such one. */
function applied(
  tenant: Tenant,
  scheduledId: string,
  now: number,
): { next: Tenant; outcome: ChangeOutcome } | undefined {
  const { scheduled, policy } = tenant;
  if (scheduled?.id !== scheduledId || scheduled.at > now) return undefined;
  const parsed = parsePolicy(withValues(policy, scheduled.values));
  // What was sound when it was set may not be since an upgrade: then nothing changes, and that is said.
  if ('mistakes' in parsed) return { next: { ...tenant, scheduled: null }, outcome: parsed };
  const { by, reason, spreadDays, deadline } = scheduled;
  const rollout = { spreadDays: spreadDays ?? undefined, deadline: deadline ?? undefined };
  const next = { ...advanced(tenant, parsed.policy, { by, reason, rollout }, now), scheduled: null };
  return { next, outcome: { changed: next, differences: differences(policy, next.policy) } };
}

/** Saving, scheduling and looking back: the tenant's document holds the revision in force, the collection all of them. */
export function createPolicyChanges({ tenants, revisions, clock }: Parts) {
  /** The commit is the tenant's document. The revision before it is kept first, so that history lacks none after a crash. */
  const commit = async (before: Versioned<Tenant>, after: Tenant): Promise<boolean> => {
    await revisions.keep(before.doc);
    return tenants.replace(after, before.version);
  };

  const save = async (
    stored: Versioned<Tenant>,
    change: PolicyChange,
    next: Tenant,
  ): Promise<ChangeOutcome> => {
    if (await commit(stored, next))
      return { changed: next, differences: differences(stored.doc.policy, next.policy) };
    const conflict = await tenants.get(change.tenantId);
    return conflict
      ? { conflict: conflict.doc }
      : refuse('not_found', { what: 'tenant', name: change.tenantId });
  };

  const schedule = async (
    stored: Versioned<Tenant>,
    change: PolicyChange,
    at: number,
    changed: PolicyDifference[],
  ): Promise<ChangeOutcome> => {
    if (stored.doc.scheduled) return refuse('policy_change_scheduled');
    const { values, by, reason, rollout = {} } = change;
    const { spreadDays = null, deadline = null } = rollout;
    const { scheduledId: id = newId() } = change;
    const scheduled = { id, at, values: { ...values }, by, reason, spreadDays, deadline };
    if (await tenants.replace({ ...stored.doc, scheduled }, stored.version))
      return { scheduled, differences: changed };
    const conflict = await tenants.get(change.tenantId);
    return conflict
      ? { conflict: conflict.doc }
      : refuse('not_found', { what: 'tenant', name: change.tenantId });
  };

  return {
    async changePolicy(change: PolicyChange): Promise<ChangeOutcome> {
      const stored = await tenants.get(change.tenantId);
      if (!stored) return refuse('not_found', { what: 'tenant', name: change.tenantId });
      const { policy, revision } = stored.doc;
      if (revision.n !== change.expectedRevision) return { conflict: stored.doc };
      const parsed = parsePolicy(withValues(policy, change.values));
      if ('mistakes' in parsed) return parsed;
      const changed = differences(policy, parsed.policy);
      const operatorOnly = change.isOperator ? [] : forbidden(policy, changed);
      if (operatorOnly.length > 0) return { operatorOnly };
      if (changed.length === 0) return { unchanged: stored.doc };
      const at = change.rollout?.at;
      if (at !== undefined && at > clock.now()) return schedule(stored, change, at, changed);
      return save(stored, change, advanced(stored.doc, parsed.policy, change, clock.now()));
    },

    async applyScheduled(tenantId: string, scheduledId: string): Promise<ChangeOutcome | undefined> {
      let outcome: ChangeOutcome | undefined;
      await changeUntilWon(tenants, tenantId, async (tenant) => {
        const change = tenant && applied(tenant, scheduledId, clock.now());
        outcome = change?.outcome;
        if (tenant && outcome && 'changed' in outcome) await revisions.keep(tenant);
        return change?.next;
      });
      return outcome;
    },

    async cancelScheduled(tenantId: string): Promise<boolean> {
      const { changed } = await changeUntilWon(tenants, tenantId, (tenant) =>
        tenant?.scheduled ? { ...tenant, scheduled: null } : tenant,
      );
      return changed;
    },

    async history(tenantId: string): Promise<PolicyRevision[]> {
      const stored = await tenants.get(tenantId);
      if (!stored) return [];
      const former = (await revisions.of(tenantId)).filter(({ n }) => n < stored.doc.revision.n);
      return [...former, { ...stored.doc.revision, policy: stored.doc.policy }];
    },
  };
}
