import { z } from 'zod';
import { loadPreset, policySchema, presetNames } from '../../../capabilities/tenants/index.ts';
import { refuse } from '../../../foundation/base/index.ts';
import { done, operation } from '../operation.ts';
import { after, instant, nothing } from '../schemas.ts';

const tenantView = z.object({
  id: z.string(),
  number: z.number(),
  clientCode: z.string(),
  name: z.string(),
  preset: z.string(),
  createdAt: instant,
});

export const create = operation({
  name: 'tenant create',
  summary: 'Creates a tenant that starts from a preset.',
  on: 'installation',
  permission: 'manage-tenants',
  effect: 'creates',
  audit: 'tenant.created',
  path: '/tenants',
  input: z.strictObject({
    clientCode: z.string().max(100),
    name: z.string().max(300).optional(),
    preset: z.string().default('modern'),
  }),
  output: tenantView,
  run: async ({ tenants }, _installation, { clientCode, name = clientCode, preset }, { actor }) => {
    const policy = loadPreset(preset);
    if (!policy) return refuse('preset_unknown', { name: preset, presets: presetNames() });
    const created = await tenants.create({ clientCode, name, policy, preset, by: actor.by });
    return 'refused' in created ? created : done(created, { entry: { tenantId: created.id } });
  },
});

export const list = operation({
  name: 'tenant list',
  summary: 'Lists the tenants of the installation, page by page.',
  on: 'installation',
  permission: 'manage-tenants',
  effect: 'reads',
  path: '/tenants',
  input: z.strictObject({ after }),
  output: z.object({ tenants: z.array(tenantView), next: z.string().optional() }),
  run: async ({ tenants }, _installation, input) => {
    const { items, next } = await tenants.list(input.after);
    return done({ tenants: items, ...(next ? { next } : {}) });
  },
});

export const show = operation({
  name: 'tenant show',
  summary: 'Shows a tenant and its policy.',
  on: 'tenant',
  permission: 'read-policy',
  effect: 'reads',
  answersState: true,
  path: '/tenants/{tenant}',
  input: nothing,
  output: tenantView.extend({ policy: policySchema }),
  run: async (_parts, { tenant }) => done(tenant),
});
