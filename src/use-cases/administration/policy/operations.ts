import { z } from 'zod';
import { grantsOfRole } from '../../../capabilities/accounts/index.ts';
import { differences, policySchema } from '../../../capabilities/tenants/index.ts';
import { type Refused, refuse } from '../../../foundation/base/index.ts';
import { notHeld } from '../authority.ts';
import { type Done, done, operation } from '../operation.ts';
import { instant, nothing, population, reason } from '../schemas.ts';
import { changePolicy, told } from './changing.ts';

const difference = z.object({ path: z.string(), before: z.unknown(), after: z.unknown() });
const revision = z.object({ n: z.number(), by: z.string(), at: instant, reason: z.string() });

const scheduled = z.object({
  id: z.string(),
  at: instant,
  values: z.record(z.string(), z.unknown()).describe('by path'),
  by: z.string(),
  reason: z.string(),
  spreadDays: z.number().int().nullable(),
  deadline: instant.nullable(),
});

const changeOutcome = z.object({
  state: z.enum(['changed', 'scheduled', 'unchanged']),
  revision: z.number().optional(),
  scheduledAt: instant.optional(),
  changed: z.array(difference),
});

type Outcome = z.input<typeof changeOutcome>;

/** How a settled change is answered, and what its entry says. */
function answered(outcome: Exclude<Awaited<ReturnType<typeof changePolicy>>, Refused>): Done<Outcome> {
  if ('unchanged' in outcome) return done({ state: 'unchanged', changed: [] }, { isUnchanged: true });
  const changed = [...outcome.differences];
  if ('scheduled' in outcome) {
    const { at } = outcome.scheduled;
    return done(
      { state: 'scheduled', scheduledAt: at, changed },
      { entry: { detail: { at, ...told(changed) } } },
    );
  }
  const { n } = outcome.changed.revision;
  const entry = { detail: { revision: n, ...told(changed) } };
  return done({ state: 'changed', revision: n, changed }, { entry });
}

export const show = operation({
  name: 'policy show',
  summary: 'Shows every value of the policy of a tenant, and what is planned.',
  on: 'tenant',
  permission: 'read-policy',
  effect: 'reads',
  answersState: true,
  path: '/tenants/{tenant}/policy',
  input: nothing,
  output: z.object({
    clientCode: z.string(),
    preset: z.string(),
    revision,
    policy: policySchema,
    scheduled: scheduled.nullable(),
    deadline: instant.nullable(),
    spread: z.object({ from: instant, days: z.number().int() }).nullable(),
  }),
  run: async (_parts, { tenant }) => done({ ...tenant, deadline: tenant.deadline?.at ?? null }),
});

/** A change for later is recorded as scheduled now, and as changed when it comes into force. */
export const set = operation({
  name: 'policy set',
  summary: 'Changes values of the policy of a tenant, now or at a set time.',
  on: 'tenant',
  permission: 'edit-policy',
  effect: 'changes',
  isSensitive: true,
  audit: 'policy.changed',
  path: '/tenants/{tenant}/policy',
  method: 'PATCH',
  input: z.strictObject({
    values: z.record(z.string(), z.unknown()).describe('by path'),
    revision: z.number().int().optional().describe('only if this revision is still the newest'),
    at: instant.optional(),
    spreadDays: z.number().int().min(1).max(365).optional(),
    deadline: instant.optional(),
    reason,
  }),
  output: changeOutcome,
  run: async (parts, { tenant }, input, { actor, record }) => {
    const { values, at, spreadDays, deadline } = input;
    const change = {
      values,
      reason: input.reason,
      expectedRevision: input.revision ?? tenant.revision.n,
      rollout: { at, spreadDays, deadline },
    };
    const outcome = await changePolicy(parts, tenant, change, actor);
    if ('refused' in outcome) return outcome;
    const result = answered(outcome);
    if (result.output.state !== 'scheduled') return result;
    await record({ type: 'policy.scheduled', ...result.entry });
    return { ...result, isUnchanged: true };
  },
});

/** The policy of an earlier revision as a new one: history is never rewritten. */
export const rollback = operation({
  name: 'policy rollback',
  summary: 'Makes an earlier revision of the policy the newest one.',
  on: 'tenant',
  permission: 'edit-policy',
  effect: 'changes',
  isSensitive: true,
  audit: 'policy.changed',
  path: '/tenants/{tenant}/policy/rollback',
  input: z.strictObject({ to: z.number().int().describe('the revision') }),
  output: changeOutcome,
  run: async (parts, { tenant }, { to }, { actor }) => {
    const wanted = (await parts.tenants.history(tenant.id)).find(({ n }) => n === to);
    if (!wanted) return refuse('policy_revision_unknown', { revision: to });
    const values = Object.fromEntries(
      differences(tenant.policy, wanted.policy).map(({ path, after }) => [path, after]),
    );
    const why = `back to revision ${to}`;
    const change = { values, reason: why, expectedRevision: tenant.revision.n };
    const outcome = await changePolicy(parts, tenant, change, actor);
    if ('refused' in outcome) return outcome;
    const result = answered(outcome);
    return { ...result, entry: { ...result.entry, reason: why } };
  },
});

export const cancelScheduled = operation({
  name: 'policy cancel-scheduled',
  summary: 'Takes back the change of policy that was set for later.',
  on: 'tenant',
  permission: 'edit-policy',
  effect: 'changes',
  isSensitive: true,
  audit: 'policy.scheduled',
  path: '/tenants/{tenant}/policy/cancel-scheduled',
  input: nothing,
  output: z.object({ cancelled: z.boolean() }),
  run: async ({ tenants }, { tenant }) => {
    const cancelled = await tenants.cancelScheduled(tenant.id);
    return done({ cancelled }, { isUnchanged: !cancelled, entry: { reason: 'taken back' } });
  },
});

export const history = operation({
  name: 'policy history',
  summary: 'Lists who changed the policy, when, and what.',
  on: 'tenant',
  permission: 'read-policy',
  effect: 'reads',
  path: '/tenants/{tenant}/policy/history',
  input: nothing,
  output: z.object({ revisions: z.array(revision.extend({ changed: z.array(difference) })) }),
  run: async ({ tenants }, { tenant }) => {
    const all = await tenants.history(tenant.id);
    return done({
      revisions: all.map(({ policy: document, ...head }, i) => {
        const before = all[i - 1]?.policy;
        return { ...head, changed: before ? differences(before, document) : [] };
      }),
    });
  },
});

/** The room that ends them writes the entry (PWD-16). */
export const endSessions = operation({
  name: 'policy end-sessions',
  summary: 'Ends all sessions of a population of a tenant at once.',
  on: 'tenant',
  permission: 'end-sessions',
  effect: 'changes',
  isSensitive: true,
  path: '/tenants/{tenant}/sessions/end',
  input: z.strictObject({ population, reason }),
  output: z.object({ ended: population }),
  run: async ({ sessions }, { tenant }, input, { actor }) => {
    // It acts on every account, the SysAdmins' too.
    if (notHeld(actor, grantsOfRole('SysAdmin', tenant)).length > 0) return refuse('outranked');
    await sessions.endPopulation(tenant, input.population, { actor: actor.by, reason: input.reason });
    return done({ ended: input.population });
  },
});
