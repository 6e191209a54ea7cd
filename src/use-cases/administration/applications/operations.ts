import { z } from 'zod';
import { grantsOfRole } from '../../../capabilities/accounts/index.ts';
import type { Application } from '../../../capabilities/applications/index.ts';
import { deliveryStates } from '../../../capabilities/logout-delivery/index.ts';
import { refuse } from '../../../foundation/base/index.ts';
import { notHeld } from '../authority.ts';
import { done, operation } from '../operation.ts';
import { after, instant, nothing, role } from '../schemas.ts';

const kind = z.enum(['web', 'spa', 'native', 'machine']);
const uri = z.string().max(2_000);

const applicationView = z.object({
  id: z.string(),
  kind,
  name: z.string(),
  redirectUris: z.array(z.string()),
  postLogoutRedirectUris: z.array(z.string()),
  backchannelLogoutUri: z.string().nullable(),
  population: z.enum(['user', 'agent', 'any']),
  tenantId: z.string().nullable(),
  isFirstParty: z.boolean(),
  audience: z.string().nullable(),
  scopes: z.array(z.string()),
  role: role.nullable().describe('of a machine at the admin API'),
  secrets: z.number().describe('how many are in force'),
  createdAt: instant,
});

function viewOf({ secretHashes, ...application }: Application): z.input<typeof applicationView> {
  const { backchannelLogoutUri = null, role: held = null } = application;
  return { ...application, backchannelLogoutUri, role: held, secrets: secretHashes.length };
}

const secret = z.string().optional().describe('shown once');

export const create = operation({
  name: 'application create',
  summary: 'Registers an application; its secret is shown once.',
  on: 'installation',
  permission: 'edit-applications',
  effect: 'creates',
  audit: 'application.created',
  path: '/applications',
  input: z.strictObject({
    id: z.string().max(200),
    kind,
    name: z.string().max(200).optional(),
    redirectUris: z.array(uri).default([]),
    postLogoutRedirectUris: z.array(uri).default([]),
    backchannelLogoutUri: uri.optional(),
    population: z.enum(['user', 'agent', 'any']).default('user'),
    tenant: z.string().optional().describe('the client code of the tenant that it is fixed to'),
    isFirstParty: z.boolean().default(false),
    audience: uri.optional(),
    scopes: z
      .array(z.string().max(200))
      .default([])
      .describe('`admin` lets the application ask people for the admin API'),
    role: role.optional().describe('what a machine may do at the admin API, in its tenant'),
    secret: z.string().max(1_000).optional(),
  }),
  output: applicationView.extend({ secret }),
  run: async ({ applications, tenants }, _installation, input, { actor }) => {
    const { tenant: code, audience = null, ...rest } = input;
    const tenant = code === undefined ? undefined : await tenants.byClientCode(code);
    if (code !== undefined && !tenant) return refuse('not_found', { what: 'tenant', name: code });
    const tenantId = tenant?.id ?? null;
    // A machine with a role acts as its role: only what the actor holds can be given (ACC-6).
    const missing = tenant && input.role ? notHeld(actor, grantsOfRole(input.role, tenant)) : [];
    if (missing.length > 0) return refuse('permission_not_held', { permissions: missing });
    const created = await applications.create({ ...rest, audience, tenantId });
    if ('refused' in created) return created;
    const made = input.secret === undefined && created.secret ? { secret: created.secret } : {};
    return done(
      { ...viewOf(created.application), ...made },
      { entry: { applicationId: input.id, tenantId: tenantId ?? '' } },
    );
  },
});

export const list = operation({
  name: 'application list',
  summary: 'Lists the applications, page by page.',
  on: 'installation',
  permission: 'edit-applications',
  effect: 'reads',
  path: '/applications',
  input: z.strictObject({ after }),
  output: z.object({ applications: z.array(applicationView), next: z.string().optional() }),
  run: async ({ applications }, _installation, input) => {
    const { items, next } = await applications.list(input.after);
    return done({ applications: items.map(viewOf), ...(next ? { next } : {}) });
  },
});

export const show = operation({
  name: 'application show',
  summary: 'Shows one application without its secrets.',
  on: 'application',
  permission: 'edit-applications',
  effect: 'reads',
  path: '/applications/{application}',
  input: nothing,
  output: applicationView,
  run: async (_parts, { application }) => done(viewOf(application)),
});

export const rotateSecret = operation({
  name: 'application rotate-secret',
  summary: 'Makes a new secret, shown once; the former one works until the next rotation.',
  on: 'application',
  permission: 'edit-applications',
  effect: 'creates',
  isSensitive: true,
  audit: 'application.secret-rotated',
  path: '/applications/{application}/secret',
  input: nothing,
  output: z.object({ secret: z.string() }),
  run: async ({ applications }, { application }) => {
    const made = await applications.rotateSecret(application.id);
    if (!made) return refuse('application_has_no_secret', { kind: application.kind });
    return done({ secret: made });
  },
});

/** @see SES-3 */
export const logouts = operation({
  name: 'application logouts',
  summary: 'Lists which applications were told of ended sessions, and which could not be.',
  on: 'installation',
  permission: 'edit-applications',
  effect: 'reads',
  path: '/logout-deliveries',
  input: z.strictObject({
    application: z.string().max(200).optional(),
    state: z.enum(deliveryStates).default('pending'),
    after,
  }),
  output: z.object({
    state: z.enum(deliveryStates),
    deliveries: z.array(
      z.object({
        createdAt: instant,
        applicationId: z.string(),
        accountId: z.string(),
        sid: z.string(),
        attempts: z.number(),
        triedAt: instant.nullable(),
        problem: z.string(),
      }),
    ),
    next: z.string().optional(),
  }),
  run: async ({ deliveries }, _installation, { application, state, after: cursor }) => {
    const { items, next } = await deliveries.list({
      state,
      ...(application === undefined ? {} : { applicationId: application }),
      ...(cursor ? { after: cursor } : {}),
    });
    const told = items.map((one) => ({ ...one, triedAt: one.triedAt === 0 ? null : one.triedAt }));
    return done({ state, deliveries: told, ...(next ? { next } : {}) });
  },
});
