import { z } from 'zod';
import { expiring } from '../accounts/expiring.ts';
import { done, operation } from '../operation.ts';
import { countView } from '../schemas.ts';

const causes = z.record(z.string(), z.number()).describe('how often each cause was met');
const NONE = { count: 0, isCapped: false };

/** @see ADM-1: counted as it happens; nothing scans */
export const show = operation({
  name: 'statistics show',
  summary:
    'Shows sign-ins, failures by cause and locks of a tenant by day, who has a second factor, and whose password expires soon.',
  on: 'tenant',
  permission: 'read-accounts',
  effect: 'reads',
  path: '/tenants/{tenant}/statistics',
  input: z.strictObject({
    days: z.number().int().min(1).max(366).default(30).describe('today and the days before it, in UTC'),
    expiresWithin: z.number().int().min(1).max(3_650).default(14).describe('days'),
  }),
  output: z.object({
    days: z.array(
      z.object({
        day: z.string(),
        signIns: z.number(),
        programSignIns: z.number(),
        failures: z.object({ password: causes, secondFactor: causes, program: causes }),
        locks: z.number(),
      }),
    ),
    secondFactor: z.object({ active: countView, pending: countView, none: countView }),
    locked: countView.describe('accounts that are locked now'),
    expiringPasswords: countView,
  }),
  run: async ({ statistics, accounts, clock }, { tenant }, { days, expiresWithin }) => {
    const tenantId = tenant.id;
    const soon = expiring(tenant, expiresWithin, clock.now());
    const withFactor = (factor: 'active' | 'pending' | 'none') => accounts.count({ tenantId, factor });
    return done({
      days: await statistics.days(tenantId, days),
      secondFactor: {
        active: await withFactor('active'),
        pending: await withFactor('pending'),
        none: await withFactor('none'),
      },
      locked: await accounts.count({ tenantId, isLocked: true }),
      expiringPasswords: soon ? await accounts.count({ ...soon, tenantId }) : NONE,
    });
  },
});
