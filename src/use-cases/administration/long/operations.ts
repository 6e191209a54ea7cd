import { z } from 'zod';
import type { LongOperation } from '../../../capabilities/long-operations/index.ts';
import { type Actor, mayAct } from '../authority.ts';
import { done, operation } from '../operation.ts';
import { after, instant, nothing } from '../schemas.ts';

const view = z.object({
  id: z.string(),
  operation: z.string().describe('the name of what was started'),
  tenantId: z.string().nullable(),
  by: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'refused', 'failed', 'cancelled']),
  progress: z.number().describe('how many were looked at so far'),
  askedAt: instant,
  begunAt: instant.nullable(),
  endedAt: instant.nullable(),
  expiresAt: instant,
});

const listed = z.object({ operations: z.array(view), next: z.string().optional() });

function viewOf(record: LongOperation): z.input<typeof view> {
  const { tenantId, begunAt, endedAt } = record;
  return { ...record, tenantId: tenantId || null, begunAt: begunAt || null, endedAt: endedAt || null };
}

function isShownTo(actor: Actor, { by, permission, tenantId }: LongOperation): boolean {
  return by === actor.by || mayAct(actor, permission, { tenantId: tenantId || null });
}

export const show = operation({
  name: 'operation show',
  summary: 'Shows how far a long operation is, and what it came to.',
  on: 'operation',
  permission: 'per-record',
  effect: 'reads',
  path: '/operations/{operation}',
  input: nothing,
  output: view.extend({
    output: z.unknown().describe('what the operation answers, once it is done'),
    refusal: z.object({ code: z.string(), values: z.record(z.string(), z.unknown()) }).nullable(),
  }),
  run: async ({ longOperations }, { started }) => {
    const outcome = await longOperations.outcomeOf(started.id);
    const refusal = outcome && 'refused' in outcome ? outcome.refused : null;
    const output = outcome && 'output' in outcome ? outcome.output : null;
    return done({ ...viewOf(started), output, refusal });
  },
});

export const list = operation({
  name: 'operation list',
  summary: 'Lists the long operations of a tenant that you may see, the newest first.',
  on: 'tenant',
  permission: 'per-record',
  effect: 'reads',
  path: '/tenants/{tenant}/operations',
  input: z.strictObject({ after }),
  output: listed,
  run: async ({ longOperations }, { tenant }, input, { actor }) => {
    const { items, next } = await longOperations.list({ tenantId: tenant.id, after: input.after });
    const operations = items.filter((record) => isShownTo(actor, record)).map(viewOf);
    return done({ operations, ...(next ? { next } : {}) });
  },
});

export const listAll = operation({
  name: 'operation list-all',
  summary: 'Lists the long operations of the whole installation, the newest first.',
  on: 'installation',
  permission: 'manage-tenants',
  effect: 'reads',
  path: '/operations',
  input: z.strictObject({ after }),
  output: listed,
  run: async ({ longOperations }, _installation, input) => {
    const { items, next } = await longOperations.list({ after: input.after });
    return done({ operations: items.map(viewOf), ...(next ? { next } : {}) });
  },
});

export const cancel = operation({
  name: 'operation cancel',
  summary: 'Cancels a long operation: one that waits is not run, one that runs stops at its next step.',
  on: 'operation',
  permission: 'per-record',
  effect: 'changes',
  audit: 'operation.cancelled',
  path: '/operations/{operation}/cancel',
  input: nothing,
  output: z.object({ cancelled: z.boolean() }),
  run: async ({ longOperations }, { started }) => {
    const cancelled = await longOperations.cancel(started.id);
    return done(
      { cancelled },
      { isUnchanged: !cancelled, entry: { detail: { operation: started.operation } } },
    );
  },
});
