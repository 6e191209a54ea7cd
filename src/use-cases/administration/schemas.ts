import { z } from 'zod';
import {
  type Account,
  grantable,
  grantOf,
  type Permission,
  permissionNames,
  reaches,
  roles,
} from '../../capabilities/accounts/index.ts';
import { type AuditType, auditCatalogue } from '../../capabilities/audit/index.ts';
import { methodsOf, recoveryCodesLeft } from '../../capabilities/second-factor/index.ts';

/** For the record; some operations insist on one. */
export const reason = z.string().max(300).default('');
export const onlyReason = z.strictObject({ reason });
export const nothing = z.strictObject({});

export const population = z.enum(['user', 'agent']);
export const role = z.enum(roles);
export const permission = z.enum(grantable as [Permission, ...Permission[]]);
export const grant = z.object({
  permission: z.enum(permissionNames as [Permission, ...Permission[]]),
  reach: z.enum(reaches),
});
/** What a role of a tenant can hold: nothing reaches beyond the tenant. */
export const givenGrant = z
  .strictObject({ permission, reach: z.enum(['self', 'team', 'tenant']) })
  .transform((one) => grantOf(one.permission, one.reach));
/** Epoch seconds. Doors that speak in other times find each by this mark: the admin API says RFC 3339. */
export const instant = z.number().int().meta({ description: 'epoch seconds', isInstant: true });
export const factorStatus = z.enum(['none', 'pending', 'active']);
export const auditType = z.enum(Object.keys(auditCatalogue) as [AuditType, ...AuditType[]]);
/** The `next` of the page before. */
export const after = z.string().max(2_000).optional();

const lock = z.object({ cause: z.enum(['password', 'second-factor']), at: instant });

/** How many there are, and whether counting ended before the last of them. */
export const countView = z.object({ count: z.number(), isCapped: z.boolean() });

/** An account without its secrets. */
export const accountView = z.object({
  id: z.string(),
  number: z.number(),
  population,
  userName: z.string(),
  email: z.string().nullable(),
  role,
  permissions: z.array(z.string()),
  team: z.string().nullable(),
  status: z.enum(['enabled', 'disabled']),
  name: z.string().nullable(),
  lock: lock.nullable(),
  strangersLock: lock.nullable(),
  lockState: z.enum(['locked', 'open']),
  epoch: z.number(),
  password: z.object({ setAt: instant, isTemporary: z.boolean(), isCompromised: z.boolean() }).nullable(),
  secondFactor: factorStatus,
  methods: z.array(z.string()),
  recoveryCodesLeft: z.number(),
  createdAt: instant,
});

export function viewOf(account: Account): z.input<typeof accountView> {
  const { secondFactor, password, permissions = [], team = null } = account;
  return {
    ...account,
    permissions: [...permissions],
    team,
    password: password && {
      setAt: password.setAt,
      isTemporary: password.temporary !== null,
      isCompromised: password.compromisedAt !== undefined,
    },
    secondFactor: secondFactor.status,
    methods: methodsOf(secondFactor).map(({ name }) => name),
    recoveryCodesLeft: recoveryCodesLeft(secondFactor),
  };
}
