import type { Account, Role } from './account.ts';

/** What an account may do beyond what is its own (ACC-5). `docs/reference/permissions.md` lists who holds which. */
export const permissions = {
  'read-accounts': 'See accounts, their sessions, trusted browsers, and why a sign-in was refused.',
  'manage-accounts': 'Create, disable, enable and delete accounts, and put them into teams.',
  'set-password': 'Set a password for someone else, and mark one as compromised.',
  unlock: 'Clear the lock of an account and its counts of wrong passwords and wrong codes.',
  enrol: 'Have a person set up a second factor.',
  'reset-factor': 'Reset or turn off a second factor, and end trusted browsers.',
  'login-code': 'Issue a one-time code that takes the place of a second factor.',
  'end-sessions': 'See and end the sessions of others.',
  'use-session-api': 'Sign in through the session API.',
  'read-policy': 'See the policy of the tenant and its history.',
  'edit-policy': 'Change the policy of the tenant.',
  'edit-roles': 'Change what a role may do, and who has which role or permission.',
  'edit-applications': 'See, register and change applications.',
  'manage-api-tokens': 'Create, see and revoke the API tokens of the tenant.',
  'manage-webhooks': 'Name the addresses that hear of the events of the tenant, and see what each was told.',
  'manage-service-credentials': 'Manage the credentials that services of the tenant use.',
  'read-audit': 'Read and export the audit log.',
  'manage-tenants': 'Create tenants and see all of them. Only operators hold it.',
  'manage-keys': 'See and rotate the signing keys of the installation. Only operators hold it.',
} as const;
export type Permission = keyof typeof permissions;
export const permissionNames = Object.keys(permissions) as Permission[];

/** How far a permission reaches, the widest last. */
export const reaches = ['self', 'team', 'tenant', 'installation'] as const;
export type Reach = (typeof reaches)[number];

/** A permission and the accounts for which it holds. */
export interface Grant {
  permission: Permission;
  reach: Reach;
}

/** Only an operator holds these: they are about the installation, not about one tenant. */
const OF_THE_INSTALLATION: readonly Permission[] = ['manage-tenants', 'manage-keys'];

/** Permissions that an account or a role of a tenant can be given. */
export const grantable: readonly Permission[] = permissionNames.filter(
  (name) => !OF_THE_INSTALLATION.includes(name),
);

/** The reserved tenant whose SysAdmins look after the installation (ACC-4). */
export const OPERATOR_CODE = 'OPERATOR';

/** A permission with its reach. Signing in as a program is about oneself, however far the rest reaches. */
export function grantOf(permission: Permission, reach: Reach): Grant {
  return { permission, reach: permission === 'use-session-api' ? 'self' : reach };
}

const at = (reach: Reach, names: readonly Permission[]): Grant[] =>
  names.map((permission) => grantOf(permission, reach));

/** What comes with a role unless the tenant says otherwise (ACC-4). */
export const defaultRoles: Readonly<Record<Role, readonly Grant[]>> = {
  SysAdmin: at('tenant', grantable),
  SuperUser: at('tenant', [
    'read-accounts',
    'set-password',
    'unlock',
    'enrol',
    'reset-factor',
    'login-code',
    'end-sessions',
  ]),
  Manager: at('team', ['read-accounts', 'unlock', 'login-code']),
  Agent: [],
};

/** What of a tenant decides who may do what there. */
export interface RoleSource {
  clientCode: string;
  /** The roles that the tenant changed; SysAdmin always holds everything. */
  roles?: Partial<Record<Role, readonly Grant[]>>;
}

/** What a role holds in a tenant. */
export function grantsOfRole(role: Role, { clientCode, roles }: RoleSource): readonly Grant[] {
  if (role !== 'SysAdmin') return roles?.[role] ?? defaultRoles[role];
  return clientCode === OPERATOR_CODE ? at('installation', permissionNames) : defaultRoles.SysAdmin;
}

/** Everything that an account holds: by its role, and for itself. */
export function grantsOf(
  { role, permissions: own = [] }: Pick<Account, 'role' | 'permissions'>,
  source: RoleSource,
): readonly Grant[] {
  return [...grantsOfRole(role, source), ...at('tenant', own)];
}

/** Whether an account holds a permission throughout its tenant, by its role or for itself; one for a team only does not count. */
export function may(
  account: Pick<Account, 'role' | 'permissions'>,
  source: RoleSource,
  permission: Permission,
): boolean {
  return grantsOf(account, source).some((grant) => grant.permission === permission && grant.reach !== 'team');
}
