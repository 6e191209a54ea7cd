import { z } from 'zod';
import { type Grant, grantsOfRole, roles } from '../../../capabilities/accounts/index.ts';
import { refuse } from '../../../foundation/base/index.ts';
import { notHeld } from '../authority.ts';
import { done, operation } from '../operation.ts';
import { givenGrant, grant, nothing, reason, role } from '../schemas.ts';

const told = (grants: readonly Grant[]) => grants.map((one) => `${one.permission}:${one.reach}`).join(' ');

export const list = operation({
  name: 'role list',
  summary: 'Lists what each role of a tenant may do.',
  on: 'tenant',
  permission: 'read-policy',
  effect: 'reads',
  answersState: true,
  path: '/tenants/{tenant}/roles',
  input: nothing,
  output: z.object({ roles: z.array(z.object({ role, grants: z.array(grant) })) }),
  run: async (_parts, { tenant }) =>
    done({
      roles: roles.map((one) => ({
        role: one,
        grants: [...grantsOfRole(one, tenant)] as z.input<typeof grant>[],
      })),
    }),
});

/** SysAdmin always holds everything: a tenant stays administrable (ACC-4, ACC-6). */
export const set = operation({
  name: 'role set',
  summary: 'Changes what a role of a tenant may do.',
  on: 'tenant',
  permission: 'edit-roles',
  effect: 'changes',
  isSensitive: true,
  audit: 'role.changed',
  path: '/tenants/{tenant}/roles/{role}',
  method: 'PUT',
  input: z.strictObject({ role, grants: z.array(givenGrant).max(100), reason }),
  output: z.object({ role, grants: z.array(grant) }),
  run: async ({ tenants }, { tenant }, input, { actor }) => {
    if (input.role === 'SysAdmin') return refuse('role_fixed', { role: input.role });
    const before = grantsOfRole(input.role, tenant);
    // A role that holds more than the actor outranks them, as an account does.
    if (notHeld(actor, before).length > 0) return refuse('outranked');
    const missing = notHeld(actor, input.grants);
    if (missing.length > 0) return refuse('permission_not_held', { permissions: missing });
    if (!(await tenants.setRole(tenant.id, input.role, input.grants))) return refuse('changed_meanwhile');
    const detail = { role: input.role, before: told(before), after: told(input.grants) };
    return done({ role: input.role, grants: input.grants }, { entry: { detail } });
  },
});
