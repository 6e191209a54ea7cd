import { type CollectionSpec, type Documents, eachPage } from '../../foundation/stores/index.ts';
import type { Policy } from './policy-schema.ts';
import { completed } from './presets.ts';
import type { Tenant } from './tenants.ts';

/** Which revision, and who made it: `command-line`, `system` or an account id. */
export interface RevisionHead {
  n: number;
  by: string;
  /** Epoch seconds. */
  at: number;
  reason: string;
}

/** One version of a tenant's policy (TEN-3). */
export interface PolicyRevision extends RevisionHead {
  policy: Policy;
}

/** From `from` on, an equal share of those concerned each moment, for `days` days. */
export interface Spread {
  from: number;
  days: number;
}

/**
 * The rules whose duties act on running sessions from `at` on: those that a change set with it. What a later change asks for
 * waits for the next fresh sign-in again.
 */
export interface Deadline {
  /** Epoch seconds. */
  at: number;
  policy: Policy;
  spread: Spread | null;
}

/** A change of single values that comes into force at a set time, on the policy as it is then. */
export interface ScheduledChange {
  id: string;
  at: number;
  values: Record<string, unknown>;
  by: string;
  reason: string;
  spreadDays: number | null;
  deadline: number | null;
}

export interface Revisions {
  /** Keeps the revision that the tenant has now; done already is done. */
  keep(tenant: Tenant): Promise<void>;
  /** The former revisions, oldest first. */
  of(tenantId: string): Promise<PolicyRevision[]>;
}

type StoredRevision = PolicyRevision & { id: string; tenantId: string };

const SPEC: CollectionSpec = { name: 'policyRevisions', indexes: { tenant: { fields: ['tenantId', 'n'] } } };

export function createRevisions(documents: Documents): Revisions {
  const collection = documents.collection<StoredRevision>(SPEC);
  return {
    async keep({ id: tenantId, revision, policy }) {
      await collection.insert({ id: `${tenantId}/${revision.n}`, tenantId, ...revision, policy });
    },
    async of(tenantId) {
      const revisions: PolicyRevision[] = [];
      const query = { index: 'tenant', equals: [tenantId], limit: 500 };
      for await (const page of eachPage((from) => collection.page({ ...query, ...from })))
        for (const { doc } of page) {
          const { id: _, tenantId: __, policy, ...head } = doc;
          revisions.push({ ...head, policy: completed(policy) });
        }
      return revisions;
    },
  };
}
