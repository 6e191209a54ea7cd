import { z } from 'zod';
import type { AuditFilter } from '../../../capabilities/audit/index.ts';
import type { Tenant } from '../../../capabilities/tenants/index.ts';
import { done, operation } from '../operation.ts';
import { after, auditType, instant } from '../schemas.ts';
import { formats, linesOf } from './files.ts';

const MOST = 500;
const name = z.string().max(200).optional();

const outcome = z.enum(['success', 'failure', 'refused']);

const filter = {
  type: auditType.optional(),
  account: name.describe('the id of the account that it was done to'),
  actor: name.describe('who did it: the id of an account, application: and its id, command-line or system'),
  application: name.describe('the id of the application'),
  outcome: outcome.optional(),
  from: instant.optional().describe('the first second'),
  until: instant.optional().describe('the second after the last'),
};
type Filter = z.output<z.ZodObject<typeof filter>>;

/** An entry as webhooks tell it too; empty where there is nothing to say. */
const entryView = z.object({
  id: z.string(),
  at: instant,
  type: z.string(),
  outcome,
  actor: z.string(),
  tenantId: z.string(),
  accountId: z.string(),
  applicationId: z.string(),
  address: z.string(),
  browser: z.string(),
  factor: z.string(),
  reason: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number()])),
});

function wantedOf(
  { account, application, type, actor, outcome: wanted, from, until }: Filter,
  tenant: Tenant | undefined,
): AuditFilter {
  const asked = { type, actor, outcome: wanted, from, until };
  return { ...asked, tenantId: tenant?.id, accountId: account, applicationId: application };
}

/** What the entry of the reading says was asked for. */
function detailOf({ type, account, actor, application, outcome: wanted, from, until }: Filter) {
  const asked = { type, account, actor, application, outcome: wanted, since: from, before: until };
  const given = Object.entries(asked).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Record<string, string | number>;
}

/** @see AUD-1: who reads it is in it */
export const list = operation({
  name: 'audit list',
  summary:
    'Lists the audit of a tenant, or of the whole installation, the newest first; a page may be short.',
  on: 'area',
  permission: 'read-audit',
  effect: 'reads',
  audit: 'audit.read',
  path: '/audit',
  input: z.strictObject({ ...filter, limit: z.number().int().min(1).max(MOST).default(100), after }),
  output: z.object({
    entries: z.array(entryView),
    next: z.string().optional().describe('there may be more'),
  }),
  run: async ({ audit }, { tenant }, { limit, after: cursor, ...asked }) => {
    const { items, next } = await audit.list({ ...wantedOf(asked, tenant), limit, after: cursor });
    return done({ entries: items, ...(next ? { next } : {}) }, { entry: { detail: detailOf(asked) } });
  },
});

/** @see AUD-1: page by page, so that neither a server nor a caller ever holds more than one */
export const exportEntries = operation({
  name: 'audit export',
  summary: 'Exports the audit of a tenant, or of the whole installation, as CSV or JSON lines, page by page.',
  on: 'area',
  permission: 'read-audit',
  effect: 'reads',
  audit: 'audit.exported',
  path: '/audit/export',
  input: z.strictObject({ ...filter, format: z.enum(formats).default('jsonl'), after }),
  output: z.object({
    content: z.string().describe('the next lines of the file, which follow those of the page before'),
    entries: z.number().describe('how many are in it'),
    next: z.string().optional().describe('there may be more'),
  }),
  run: async ({ audit }, { tenant }, { format, after: cursor, ...asked }) => {
    const { items, next } = await audit.list({ ...wantedOf(asked, tenant), limit: MOST, after: cursor });
    const content = linesOf(items, format, cursor === undefined);
    return done(
      { content, entries: items.length, ...(next ? { next } : {}) },
      { entry: { detail: { ...detailOf(asked), format } } },
    );
  },
});
