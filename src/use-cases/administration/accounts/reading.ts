import { z } from 'zod';
import { stateReasons } from '../../../capabilities/account-state/index.ts';
import type { AccountFilter } from '../../../capabilities/accounts/index.ts';
import { done, operation } from '../operation.ts';
import {
  accountView,
  after,
  countView,
  factorStatus,
  instant,
  nothing,
  population,
  role,
  viewOf,
} from '../schemas.ts';
import { explain } from '../why.ts';
import { expiring } from './expiring.ts';

const MOST = 500;
/** Entries of the audit that may hold the last attempts. */
const ENTRIES = 500;
const NONE = { count: 0, isCapped: false };

const begins = z.string().max(254).optional();

/** @see ADM-1, ACC-7, LCK-9 */
export const list = operation({
  name: 'account list',
  summary: 'Lists the accounts of a tenant that the actor reaches, page by page; a page may be short.',
  on: 'tenant',
  permission: 'read-accounts',
  effect: 'reads',
  isNarrowed: true,
  path: '/tenants/{tenant}/accounts',
  input: z.strictObject({
    population: population.optional(),
    userName: begins.describe('what the user name begins with'),
    name: begins.describe('what the name begins with'),
    email: begins.describe('what the e-mail address begins with'),
    isLocked: z.literal(true).optional(),
    status: z.enum(['enabled', 'disabled']).optional(),
    factor: factorStatus.optional().describe('pending: has yet to set one up'),
    role: role.optional(),
    team: z.string().max(60).optional().describe('empty: in no team'),
    expiresWithin: z.number().int().min(1).max(3_650).optional().describe('days'),
    withCount: z.boolean().default(false),
    limit: z.number().int().min(1).max(MOST).default(MOST),
    after,
  }),
  output: z.object({
    accounts: z.array(accountView),
    next: z.string().optional().describe('there may be more'),
    count: countView.optional(),
  }),
  run: async ({ accounts, clock }, { tenant }, input, { extent }) => {
    const { expiresWithin, withCount, limit, after: cursor, ...given } = input;
    const days = expiresWithin === undefined ? {} : expiring(tenant, expiresWithin, clock.now());
    if (!days) return done({ accounts: [], ...(withCount ? { count: NONE } : {}) });
    const filter: AccountFilter = { ...given, ...days, tenantId: tenant.id, reach: extent.team };
    const { items, next } = await accounts.list({ ...filter, limit, after: cursor });
    const count = withCount ? { count: await accounts.count(filter) } : {};
    return done({ accounts: items.map(viewOf), ...(next ? { next } : {}), ...count });
  },
});

export const show = operation({
  name: 'account show',
  summary: 'Shows one account without its secrets.',
  on: 'account',
  permission: 'read-accounts',
  effect: 'reads',
  answersState: true,
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
  run: async ({ audit, reasons }, member, { last }) => {
    const { account } = member;
    const entries = await audit.ofAccount(account.id, ENTRIES);
    const { now, attempts } = explain(account, reasons(member), entries);
    return done({ now, attempts: attempts.slice(-last) });
  },
});
