import { z } from 'zod';
import { grantsOfRole, OPERATOR_CODE } from '../../../capabilities/accounts/index.ts';
import { ADMIN_SCOPE, type Application } from '../../../capabilities/applications/index.ts';
import { deliveryStates } from '../../../capabilities/delivery-queue/index.ts';
import { refuse } from '../../../foundation/base/index.ts';
import { mayAct, notHeld } from '../authority.ts';
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

/**
 * Whether people give it, by one click or none, what they hold themselves: then it is registered only by those who hold everything
 * there, as anyone else would get it from them (ACC-6).
 */
function asksInPlaceOf({
  scopes,
  isFirstParty,
}: {
  scopes: readonly string[];
  isFirstParty: boolean;
}): boolean {
  return isFirstParty || scopes.includes(ADMIN_SCOPE);
}

export const create = operation({
  name: 'application create',
  summary: 'Registers an application of a tenant, or of the installation; its secret is shown once.',
  on: 'area',
  permission: 'edit-applications',
  effect: 'creates',
  // A machine with a role needs no sign-in any more: a copied token must not make one.
  isSensitive: true,
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
  run: async ({ applications }, { tenant }, input, { actor }) => {
    const { audience = null, ...rest } = input;
    // Resources trust an audience and its scopes wherever the token comes from: a tenant could name those of another.
    const isOfOthers = audience !== null || rest.scopes.some((scope) => scope !== ADMIN_SCOPE);
    if (isOfOthers && !mayAct(actor, 'edit-applications', { tenantId: null }))
      return refuse('application_audience_by_operator');
    const tenantId = tenant?.id ?? null;
    // A machine with a role acts as its role: only what the actor holds can be given (ACC-6).
    const role = asksInPlaceOf(input) ? 'SysAdmin' : input.role;
    const given = role ? grantsOfRole(role, tenant ?? { clientCode: OPERATOR_CODE }) : [];
    const missing = notHeld(actor, given);
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
  summary: 'Lists the applications of a tenant, or of the installation, page by page.',
  on: 'area',
  permission: 'edit-applications',
  effect: 'reads',
  path: '/applications',
  input: z.strictObject({ after }),
  output: z.object({ applications: z.array(applicationView), next: z.string().optional() }),
  run: async ({ applications }, { tenant }, input) => {
    const { items, next } = await applications.list(tenant?.id, input.after);
    return done({ applications: items.map(viewOf), ...(next ? { next } : {}) });
  },
});

export const show = operation({
  name: 'application show',
  summary: 'Shows one application without its secrets.',
  on: 'application',
  permission: 'edit-applications',
  effect: 'reads',
  answersState: true,
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
