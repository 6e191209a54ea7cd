import { z } from 'zod';
import { stateReasons } from '../../../capabilities/account-state/index.ts';
import { done, operation } from '../operation.ts';
import { accountView, after, instant, nothing, population, viewOf } from '../schemas.ts';
import { explain } from '../why.ts';

const MOST = 500;
/** Entries of the audit that may hold the last attempts. */
const ENTRIES = 500;

export const list = operation({
  name: 'account list',
  summary: 'Lists the accounts of a tenant, page by page.',
  on: 'tenant',
  permission: 'read-accounts',
  effect: 'reads',
  path: '/tenants/{tenant}/accounts',
  input: z.strictObject({
    population: population.optional(),
    prefix: z.string().max(128).optional(),
    lockedOnly: z.boolean().default(false),
    limit: z.number().int().min(1).max(MOST).default(MOST),
    after,
  }),
  output: z.object({ accounts: z.array(accountView), next: z.string().optional() }),
  run: async ({ accounts }, { tenant }, query) => {
    const { population: of, prefix, after: cursor, lockedOnly, limit } = query;
    const page = await accounts.list({
      tenantId: tenant.id,
      lockedOnly,
      limit,
      ...(of ? { population: of } : {}),
      ...(prefix ? { prefix } : {}),
      ...(cursor ? { after: cursor } : {}),
    });
    return done({ accounts: page.items.map(viewOf), ...(page.next ? { next: page.next } : {}) });
  },
});

export const show = operation({
  name: 'account show',
  summary: 'Shows one account without its secrets.',
  on: 'account',
  permission: 'read-accounts',
  effect: 'reads',
  path: '/tenants/{tenant}/accounts/{account}',
  input: nothing,
  output: accountView,
  run: async (_parts, { account }) => done(viewOf(account)),
});

const explained = z.object({
  at: instant,
  outcome: z.enum(['success', 'failure', 'refused']),
  factor: z.string(),
  rule: z.string(),
  failures: z.number().nullable(),
  limit: z.number().nullable(),
  until: instant.nullable(),
  repeats: z.number().nullable(),
  since: instant.nullable(),
  reply: z.number().nullable(),
  address: z.string(),
  browser: z.string(),
  through: z.string(),
});

/** @see LCK-8 */
export const why = operation({
  name: 'account why',
  summary: 'Says why a person is or was refused: the last attempts, what each met, and what clears it.',
  on: 'account',
  permission: 'read-accounts',
  effect: 'reads',
  path: '/tenants/{tenant}/accounts/{account}/why',
  input: z.strictObject({ last: z.number().int().min(1).max(MOST).default(20) }),
  output: z.object({
    now: z.array(z.enum([...stateReasons, 'strangers'])),
    attempts: z.array(explained),
  }),
  run: async ({ audit, reasons }, { tenant, account }, { last }) => {
    const entries = await audit.ofAccount(account.id, ENTRIES);
    const { now, attempts } = explain(account, reasons(account, tenant), entries);
    return done({ now, attempts: attempts.slice(-last) });
  },
});
