import { z } from 'zod';
import { auditCatalogue } from '../../../capabilities/audit/index.ts';
import type { Tenant } from '../../../capabilities/tenants/index.ts';
import type { Webhook } from '../../../capabilities/webhooks/index.ts';
import { type Refused, refuse } from '../../../foundation/base/index.ts';
import { type Actor, mayAct } from '../authority.ts';
import { done, operation } from '../operation.ts';
import type { AdministrationParts } from '../parts.ts';
import { auditType, instant, nothing, reason } from '../schemas.ts';

const address = z
  .string()
  .max(2_000)
  .describe('https, or http where the outbound settings allow the network');
const types = z
  .array(auditType)
  .max(Object.keys(auditCatalogue).length)
  .transform((list) => [...new Set(list)].sort())
  .describe('of the audit; empty: all');
/** Which webhook of the tenant. */
const webhook = z.string().max(200).describe('its id or its name');

const webhookView = z.object({
  id: z.string(),
  name: z.string(),
  address: z.string(),
  types: z.array(auditType),
  enabled: z.boolean(),
  problem: z.string().describe('why it was turned off, if its receiver failed for three days'),
  failingSince: instant.nullable().describe('of the first of the failures in a row'),
  secrets: z.number().describe('how many sign'),
  createdBy: z.string(),
  createdAt: instant,
  changedBy: z.string(),
  changedAt: instant,
});

async function viewOf(
  { webhooks, webhookProgress }: AdministrationParts,
  { webhookId, types: wanted, state, ...rest }: Webhook,
): Promise<z.input<typeof webhookView>> {
  const progress = await webhookProgress.of(webhookId);
  const secrets = webhooks.secretsOf({ webhookId, types: wanted, state, ...rest }).length;
  const failingSince = progress?.failingSince || null;
  return { ...rest, id: webhookId, types: [...wanted], enabled: state === 'on', failingSince, secrets };
}

/** What the audit says of it: never the whole address, which may carry a secret in its path. */
const entryOf = ({ webhookId, name, address: to }: Webhook) => ({
  detail: { webhook: webhookId, name, host: new URL(to).host },
});

/** A webhook tells the audit to the address that it names: only those who may read it themselves name one (ACC-6). */
function unreadable(actor: Actor, { id }: Tenant): Refused | undefined {
  const mayRead = mayAct(actor, 'read-audit', { tenantId: id });
  return mayRead ? undefined : refuse('permission_not_held', { permissions: ['read-audit'] });
}

/** At most five a tenant (AUD-1). */
export const create = operation({
  name: 'webhook create',
  summary: 'Names an address that hears of the events of the tenant; its secret is shown once.',
  on: 'tenant',
  permission: 'manage-webhooks',
  effect: 'creates',
  isSensitive: true,
  audit: 'webhook.created',
  path: '/tenants/{tenant}/webhooks',
  input: z.strictObject({ name: z.string().max(200), address, types: types.default([]) }),
  output: webhookView.extend({ secret: z.string().describe('shown once') }),
  run: async (parts, { tenant }, input, { actor }) => {
    const missing = unreadable(actor, tenant);
    if (missing) return missing;
    const created = await parts.webhooks.create(tenant.id, input, actor.by);
    if ('refused' in created) return created;
    const { webhook: made, secret } = created;
    return done({ ...(await viewOf(parts, made)), secret }, { entry: entryOf(made) });
  },
});

export const list = operation({
  name: 'webhook list',
  summary: 'Lists the webhooks of a tenant, and which of them fail.',
  on: 'tenant',
  permission: 'manage-webhooks',
  effect: 'reads',
  path: '/tenants/{tenant}/webhooks',
  input: nothing,
  output: z.object({ webhooks: z.array(webhookView) }),
  run: async (parts, { tenant }) => {
    const found = await parts.webhooks.list(tenant.id);
    return done({ webhooks: await Promise.all(found.map((one) => viewOf(parts, one))) });
  },
});

export const show = operation({
  name: 'webhook show',
  summary: 'Shows one webhook without its secrets.',
  on: 'tenant',
  permission: 'manage-webhooks',
  effect: 'reads',
  path: '/tenants/{tenant}/webhooks/{webhook}',
  input: z.strictObject({ webhook }),
  output: webhookView,
  run: async (parts, { tenant }, input) => {
    const found = await parts.webhooks.named(tenant.id, input.webhook);
    return 'refused' in found ? found : done(await viewOf(parts, found));
  },
});

/** Turned on again it goes on where it stopped. */
export const set = operation({
  name: 'webhook set',
  summary: 'Changes the address or the events of a webhook, or turns it on or off.',
  on: 'tenant',
  permission: 'manage-webhooks',
  effect: 'changes',
  isSensitive: true,
  audit: 'webhook.changed',
  path: '/tenants/{tenant}/webhooks/{webhook}',
  input: z.strictObject({
    webhook,
    address: address.optional(),
    types: types.optional(),
    enabled: z.boolean().optional(),
    reason,
  }),
  output: webhookView,
  run: async (parts, { tenant }, { webhook: named, reason: _reason, ...values }, { actor }) => {
    const missing = unreadable(actor, tenant);
    if (missing) return missing;
    const found = await parts.webhooks.named(tenant.id, named);
    if ('refused' in found) return found;
    const changed = await parts.webhooks.change(found.webhookId, values, actor.by);
    if ('refused' in changed) return changed;
    if (values.enabled) await parts.webhookProgress.tried(found.webhookId, true);
    const { detail } = entryOf(changed);
    const what = { ...detail, types: changed.types.join(' ') || 'all', state: changed.state };
    return done(await viewOf(parts, changed), { entry: { detail: what } });
  },
});

export const remove = operation({
  name: 'webhook delete',
  summary: 'Deletes a webhook; what it was not told yet, it is not told any more.',
  on: 'tenant',
  permission: 'manage-webhooks',
  effect: 'changes',
  audit: 'webhook.deleted',
  path: '/tenants/{tenant}/webhooks/{webhook}/delete',
  input: z.strictObject({ webhook, reason }),
  output: z.object({ deleted: z.string() }),
  run: async (parts, { tenant }, { webhook: named }) => {
    const found = await parts.webhooks.named(tenant.id, named);
    if ('refused' in found) return found;
    const isUnchanged = !(await parts.webhooks.remove(found));
    await parts.webhookProgress.end(found.webhookId);
    return done({ deleted: found.name }, { isUnchanged, entry: entryOf(found) });
  },
});

export const rotateSecret = operation({
  name: 'webhook rotate-secret',
  summary: 'Makes a new secret, shown once; for a day the former one signs beside it.',
  on: 'tenant',
  permission: 'manage-webhooks',
  effect: 'creates',
  isSensitive: true,
  audit: 'webhook.secret-rotated',
  path: '/tenants/{tenant}/webhooks/{webhook}/secret',
  input: z.strictObject({ webhook }),
  output: z.object({ secret: z.string().describe('shown once') }),
  run: async ({ webhooks }, { tenant }, { webhook: named }, { actor }) => {
    const found = await webhooks.named(tenant.id, named);
    if ('refused' in found) return found;
    const secret = await webhooks.rotateSecret(found.webhookId, actor.by);
    if (secret === undefined) return refuse('not_found', { what: 'webhook', name: named });
    return done({ secret }, { entry: entryOf(found) });
  },
});
