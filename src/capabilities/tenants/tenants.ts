import {
  type Clock,
  createVersionedCache,
  newId,
  type Refused,
  refuse,
  typedName,
} from '../../foundation/base/index.ts';
import {
  type CollectionSpec,
  changeUntilWon,
  type Documents,
  type Ephemeral,
  eachPage,
  type NextNumber,
  type Versioned,
} from '../../foundation/stores/index.ts';
import type { RoleSource } from '../accounts/index.ts';
import {
  type ChangeOutcome,
  createPolicyChanges,
  type PolicyChange,
  type TenantDocuments,
} from './changes.ts';
import type { Policy } from './policy-schema.ts';
import { completed, nearestPreset } from './presets.ts';
import {
  createRevisions,
  type Deadline,
  type PolicyRevision,
  type RevisionHead,
  type ScheduledChange,
  type Spread,
} from './revisions.ts';
import { valuesWrittenOut } from './short-ways.ts';

type Population = 'user' | 'agent';

export interface Tenant {
  id: string;
  /** For the session API; counted per installation and never reused. */
  number: number;
  /** As typed by the person who made it; compared by `codeKey`. */
  clientCode: string;
  codeKey: string;
  name: string;
  /** The preset that it started from: what differs is shown against it (TEN-4). */
  preset: string;
  policy: Policy;
  /** Which revision of the policy this is, and who made it (TEN-3). */
  revision: RevisionHead;
  /** Accounts whose passwords a change of expiry would expire at once, spread over days (PWD-16). */
  spread: Spread | null;
  /** From when duties of hygiene that a change brought act on running sessions too (PWD-17). */
  deadline: Deadline | null;
  scheduled: ScheduledChange | null;
  /** When the policy began to allow browsers fewer days of trust (MFA-13). */
  trustCuts: readonly TrustCut[];
  /** Raised when all sessions of a population are ended: part of the epoch of each of its accounts (PWD-16). */
  epochs: Record<Population, number>;
  /** The roles that the tenant changed (ACC-4); the others are as they come. */
  roles?: TenantRoles;
  /** From which rules of the compliance report it deviates knowingly, one each (AUD-3). */
  exceptions?: readonly ComplianceException[];
  createdAt: number;
}

/** What each changed role may do. The names and their meaning are of the room accounts. */
export type TenantRoles = NonNullable<RoleSource['roles']>;

/** A recorded deviation; it holds up to `until`, in epoch seconds. */
export interface ComplianceException {
  rule: string;
  reason: string;
  until: number;
  by: string;
  at: number;
}

/** Trusted browsers that began up to `at` hold for at most so many days. */
export interface TrustCut {
  at: number;
  days: number;
}

export interface NewTenant {
  clientCode: string;
  name: string;
  policy: Policy;
  preset?: string;
  /** Who the first revision says it was. */
  by?: string;
}

export interface Tenants {
  create(input: NewTenant): Promise<Tenant | Refused>;
  byClientCode(clientCode: string): Promise<Tenant | undefined>;
  byId(id: string): Promise<Tenant | undefined>;
  list(after?: string): Promise<{ items: Tenant[]; next?: string }>;
  /** Changes values of the policy, now or at a set time; of two that save at once, one is told of the conflict. */
  changePolicy(change: PolicyChange): Promise<ChangeOutcome>;
  /** Puts a scheduled change into force once its time has come. @returns undefined when there is none of that id, or it is early */
  applyScheduled(tenantId: string, scheduledId: string): Promise<ChangeOutcome | undefined>;
  /** @returns whether there was one */
  cancelScheduled(tenantId: string): Promise<boolean>;
  /** Every revision, the newest last. */
  history(tenantId: string): Promise<PolicyRevision[]>;
  /** Gives a role other permissions in this tenant. @returns false when there is no such tenant */
  setRole(
    tenantId: string,
    role: keyof TenantRoles,
    grants: TenantRoles[keyof TenantRoles],
  ): Promise<boolean>;
  /** Records an exception in place of an earlier one from the same rule. @returns false when there is no such tenant */
  setException(tenantId: string, exception: ComplianceException): Promise<boolean>;
  /** @returns whether there was one */
  withdrawException(tenantId: string, rule: string): Promise<boolean>;
  /** Refuses every session and token of the population that is there now. */
  raiseEpoch(tenantId: string, population: Population): Promise<void>;
}

const SPEC: CollectionSpec = { name: 'tenants', indexes: { code: { fields: ['codeKey'], unique: true } } };
const CLIENT_CODE = /^[A-Z0-9-]{2,32}$/;
const TOPIC = 'tenants';

/** Client codes are compared without case (TEN-1). */
export function codeKey(clientCode: string): string {
  return typedName(clientCode).toUpperCase();
}

/** A tenant as an earlier version may have written it, with every value that this one knows. */
function whole(stored: Versioned<Tenant> | undefined): Versioned<Tenant> | undefined {
  if (!stored) return undefined;
  const { policy, scheduled } = stored.doc;
  // The values of a change that was set for later were kept as they had been typed, `off` for one.
  const planned = scheduled && { ...scheduled, values: valuesWrittenOut(scheduled.values) };
  return {
    ...stored,
    doc: { ...{ trustCuts: [] }, ...stored.doc, policy: completed(policy), scheduled: planned },
  };
}

export function createTenants(stores: {
  documents: Documents;
  ephemeral: Ephemeral;
  nextNumber: NextNumber;
  clock: Clock;
}): Tenants {
  const { ephemeral, documents, nextNumber, clock } = stores;
  const collection = documents.collection<Tenant>(SPEC);
  const revisions = createRevisions(documents);
  const cache = createVersionedCache<Tenant>({
    clock,
    version: () => ephemeral.topicVersion(TOPIC),
    touch: () => ephemeral.touchTopic(TOPIC),
  });
  const kept = (key: string, load: () => Promise<Versioned<Tenant> | undefined>) =>
    cache.get(key, async () => whole(await load())?.doc);

  /** As this version knows them; what is written, every cache hears of. */
  const current: TenantDocuments = {
    get: async (id) => whole(await collection.get(id)),
    insert: async (tenant) => {
      const outcome = await collection.insert(tenant);
      if (outcome.inserted) await cache.touch();
      return outcome;
    },
    replace: async (tenant, version) => {
      const won = await collection.replace(tenant, version);
      if (won) await cache.touch();
      return won;
    },
  };
  const update = (id: string, change: (tenant: Tenant) => Tenant) =>
    changeUntilWon(current, id, (tenant) => tenant && change(tenant));
  const changes: ReturnType<typeof createPolicyChanges> = createPolicyChanges({
    tenants: current,
    revisions,
    clock,
  });

  return {
    ...changes,
    async create({ clientCode, name, policy, preset = 'modern', by = 'system' }) {
      const key = codeKey(clientCode);
      if (!CLIENT_CODE.test(key)) return refuse('client_code_invalid');
      const now = clock.now();
      const tenant: Tenant = {
        id: newId(),
        number: await nextNumber('tenant'),
        clientCode: key,
        codeKey: key,
        name,
        preset,
        policy,
        revision: { n: 1, by, at: now, reason: `made from the preset ${preset}` },
        spread: null,
        deadline: null,
        scheduled: null,
        trustCuts: [],
        epochs: { user: 0, agent: 0 },
        createdAt: now,
      };
      const outcome = await current.insert(tenant);
      return outcome.inserted ? tenant : refuse('client_code_taken');
    },
    byClientCode: (clientCode) => {
      const key = codeKey(clientCode);
      if (!CLIENT_CODE.test(key)) return Promise.resolve(undefined);
      return kept(`code:${key}`, () => collection.find('code', [key]));
    },
    byId: (id) => kept(`id:${id}`, () => collection.get(id)),
    async list(after) {
      const page = await collection.page({ index: 'code', limit: 100, ...(after ? { after } : {}) });
      const items = page.items.map((stored) => (whole(stored) as Versioned<Tenant>).doc);
      return { items, ...(page.next ? { next: page.next } : {}) };
    },
    async setRole(tenantId, role, grants) {
      const { changed } = await update(tenantId, (tenant) => ({
        ...tenant,
        roles: { ...tenant.roles, [role]: grants },
      }));
      return changed;
    },
    async setException(tenantId, exception) {
      const { changed } = await update(tenantId, (tenant) => ({
        ...tenant,
        exceptions: [...(tenant.exceptions ?? []).filter(({ rule }) => rule !== exception.rule), exception],
      }));
      return changed;
    },
    async withdrawException(tenantId, rule) {
      const { changed } = await update(tenantId, (tenant) => {
        const left = tenant.exceptions?.filter((one) => one.rule !== rule) ?? [];
        return left.length === (tenant.exceptions?.length ?? 0) ? tenant : { ...tenant, exceptions: left };
      });
      return changed;
    },
    async raiseEpoch(tenantId, population) {
      await update(tenantId, (tenant) => ({
        ...tenant,
        epochs: { ...tenant.epochs, [population]: tenant.epochs[population] + 1 },
      }));
    },
  };
}

/** Up to the second format tenants had a policy without history. */
export const givePolicyRevisions = async ({ documents }: { documents: Documents }): Promise<void> => {
  const collection = documents.collection<Tenant>(SPEC);
  for await (const page of eachPage((from) => collection.page({ index: 'code', limit: 100, ...from })))
    for (const { doc, version } of page) {
      if (doc.revision) continue;
      const revision = { n: 1, by: 'system', at: doc.createdAt, reason: 'as an earlier version kept it' };
      const fresh = { spread: null, deadline: null, scheduled: null, epochs: { user: 0, agent: 0 } };
      const policy = completed(doc.policy);
      await collection.replace(
        { ...doc, ...fresh, preset: nearestPreset(doc.policy), revision, policy },
        version,
      );
    }
};

/** Up to the fifth format tenants had no number. */
export const giveTenantsNumbers = async (
  { documents }: { documents: Documents },
  nextNumber: NextNumber,
): Promise<void> => {
  const collection = documents.collection<Tenant>(SPEC);
  for await (const page of eachPage((from) => collection.page({ index: 'code', limit: 100, ...from })))
    for (const { doc, version } of page)
      if (doc.number === undefined)
        await collection.replace({ ...doc, number: await nextNumber('tenant') }, version);
};
