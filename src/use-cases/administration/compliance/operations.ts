import { z } from 'zod';
import type { CountedAccounts, Role } from '../../../capabilities/accounts/index.ts';
import type { Tenant } from '../../../capabilities/tenants/index.ts';
import { refuse } from '../../../foundation/base/index.ts';
import { done, operation } from '../operation.ts';
import type { AdministrationParts } from '../parts.ts';
import { instant, nothing, reason } from '../schemas.ts';
import { type Held, type Rule, ruleIds, rules } from './rules.ts';

const MOST_DAYS = 366;
const DAY = 86_400;
const rule = z.enum(ruleIds);

const exceptionView = z.object({ reason: z.string(), until: instant, by: z.string(), at: instant });

const judgedView = z.object({
  rule,
  source: z.string().describe('standard and clause'),
  demand: z.string(),
  verdict: z.enum(['met', 'deviates', 'excepted']),
  evidence: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  deviation: z.string().nullable(),
  exception: exceptionView.nullable().describe('that has not ended'),
});

/** Of a state and a moment. Pure. */
function judged(one: Rule & { id: (typeof ruleIds)[number] }, held: Held, tenant: Tenant, now: number) {
  const isMet = one.isMet(held);
  const found = tenant.exceptions?.find((exception) => exception.rule === one.id);
  const exception = found && now < found.until ? found : null;
  return {
    rule: one.id,
    source: one.source,
    demand: one.demand,
    verdict: isMet ? ('met' as const) : exception ? ('excepted' as const) : ('deviates' as const),
    evidence: { ...one.evidence(held) },
    deviation: isMet ? null : one.deviation,
    exception,
  };
}

function sumOf(counts: readonly CountedAccounts[]): CountedAccounts {
  return {
    count: counts.reduce((sum, { count }) => sum + count, 0),
    isCapped: counts.some(({ isCapped }) => isCapped),
  };
}

async function heldOf({ accounts }: AdministrationParts, tenant: Tenant): Promise<Held> {
  const without = (role?: Role) =>
    accounts.count({ tenantId: tenant.id, factor: 'none', status: 'enabled', role });
  const administrators = [await without('SysAdmin'), await without('SuperUser'), await without('Manager')];
  return {
    policy: tenant.policy,
    administratorsWithoutFactor: sumOf(administrators),
    accountsWithoutFactor: await without(),
  };
}

/** @see AUD-3 */
export const report = operation({
  name: 'compliance report',
  summary:
    'Holds the policy and the accounts of a tenant against rules in the manner of PCI DSS and NIST SP 800-63B, with evidence.',
  on: 'tenant',
  permission: 'read-policy',
  effect: 'reads',
  path: '/tenants/{tenant}/compliance',
  input: nothing,
  output: z.object({
    at: instant,
    revision: z.number().describe('of the policy'),
    rules: z.array(judgedView),
  }),
  run: async (parts, { tenant }) => {
    const now = parts.clock.now();
    const held = await heldOf(parts, tenant);
    const judgements = rules.map((one) => judged(one, held, tenant, now));
    return done({ at: now, revision: tenant.revision.n, rules: judgements });
  },
});

/** An exception replaces an earlier one of the same rule. */
export const except = operation({
  name: 'compliance except',
  summary: 'Records that a tenant deviates from a rule of the compliance report, why, and until when.',
  on: 'tenant',
  permission: 'edit-policy',
  effect: 'changes',
  isSensitive: true,
  audit: 'compliance.excepted',
  path: '/tenants/{tenant}/compliance/{rule}/exception',
  method: 'PUT',
  input: z.strictObject({
    rule,
    reason: z.string().trim().min(1).max(300),
    until: instant.describe('within 366 days'),
  }),
  output: exceptionView.extend({ rule }),
  run: async ({ tenants, clock }, { tenant }, { rule: id, reason: why, until }, { actor }) => {
    const now = clock.now();
    if (until <= now || until > now + MOST_DAYS * DAY)
      return refuse('input_invalid', {
        mistakes: [{ path: 'until', message: `must lie ahead, within ${MOST_DAYS} days` }],
      });
    const exception = { rule: id, reason: why, until, by: actor.by, at: now };
    if (!(await tenants.setException(tenant.id, exception))) return refuse('changed_meanwhile');
    return done(exception, { entry: { detail: { rule: id, until } } });
  },
});

export const withdraw = operation({
  name: 'compliance withdraw',
  summary: 'Withdraws the exception of a tenant from a rule of the compliance report.',
  on: 'tenant',
  permission: 'edit-policy',
  effect: 'changes',
  audit: 'compliance.withdrawn',
  path: '/tenants/{tenant}/compliance/{rule}/exception',
  method: 'DELETE',
  input: z.strictObject({ rule, reason }),
  output: z.object({ withdrawn: rule }),
  run: async ({ tenants }, { tenant }, { rule: id }) => {
    const isThere = await tenants.withdrawException(tenant.id, id);
    if (!isThere) return refuse('not_found', { what: 'exception', name: id });
    return done({ withdrawn: id }, { entry: { detail: { rule: id } } });
  },
});
