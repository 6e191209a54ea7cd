import { z } from 'zod';
import { memberOf } from '../../../capabilities/credential-events/index.ts';
import {
  differences,
  parsePolicy,
  spreadAfter,
  type Tenant,
  withValues,
} from '../../../capabilities/tenants/index.ts';
import { refuse } from '../../../foundation/base/index.ts';
import { done, operation } from '../operation.ts';
import type { AdministrationParts } from '../parts.ts';
import { everyone } from './changing.ts';
import { type AccountFacts, emptyPreview, type PolicyPreview, previewChange } from './preview.ts';

const AT_ONCE = 25;

/** What a change would do to whom, account by account in constant memory. */
async function previewOf(
  parts: AdministrationParts,
  tenant: Tenant,
  after: Tenant['policy'],
  spreadDays: number | undefined,
  progress: (accounts: number) => Promise<void>,
): Promise<PolicyPreview> {
  const { sessions, clock } = parts;
  const now = clock.now();
  const states = [
    { policy: tenant.policy, spread: tenant.spread },
    { policy: after, spread: spreadAfter(tenant, after, spreadDays, now) },
  ] as const;
  const factsOf = async (account: AccountFacts['account']): Promise<AccountFacts> => {
    const live = await sessions.live(memberOf(account, tenant));
    const browsers = live.filter(({ token }) => token === null);
    return { account, sessions: browsers, apiSessions: live.length - browsers.length };
  };
  let table = emptyPreview();
  let looked = 0;
  for await (const page of everyone(parts, tenant.id)) {
    for (let at = 0; at < page.length; at += AT_ONCE)
      for (const facts of await Promise.all(page.slice(at, at + AT_ONCE).map(factsOf)))
        table = previewChange(table, facts, states[0], states[1], now);
    looked += page.length;
    await progress(looked);
  }
  return table;
}

const count = z.number().int().describe('of accounts');
const byPopulation = z.object({ user: count, agent: count });
const policyPreview = z.object({
  accounts: byPopulation,
  expireNow: count,
  expireWithin7Days: count,
  noLongerExpired: count,
  expiredAndSignedIn: count,
  mustSetUpFactor: count,
  signedIn: byPopulation,
  apiSessionsThatEnd: z.number().int(),
  applications: z.record(z.string(), z.number().int()).describe('live sessions by application'),
});

/** @see PWD-16 */
export const preview = operation({
  name: 'policy preview',
  summary: 'Says what a change of policy would do to whom; nothing is changed.',
  on: 'tenant',
  permission: 'edit-policy',
  effect: 'reads',
  isLong: true,
  path: '/tenants/{tenant}/policy/preview',
  method: 'POST',
  input: z.strictObject({
    values: z.record(z.string(), z.unknown()).describe('by path'),
    spreadDays: z.number().int().min(1).max(365).optional(),
  }),
  output: z.object({
    changed: z.array(z.object({ path: z.string(), before: z.unknown(), after: z.unknown() })),
    preview: policyPreview,
  }),
  run: async (parts, { tenant }, { values, spreadDays }, { progress }) => {
    const parsed = parsePolicy(withValues(tenant.policy, values));
    if ('mistakes' in parsed) return refuse('policy_mistakes', { mistakes: parsed.mistakes });
    const changed = differences(tenant.policy, parsed.policy);
    return done({ changed, preview: await previewOf(parts, tenant, parsed.policy, spreadDays, progress) });
  },
});
