import type { Account, Role } from './account.ts';

/** What an account may do beyond what is its own (ACC-5). */
export const permissions = ['end-sessions', 'use-session-api'] as const;
export type Permission = (typeof permissions)[number];

/** What comes with a role (ACC-4). */
const OF_ROLE: Readonly<Record<Role, readonly Permission[]>> = {
  SysAdmin: permissions,
  SuperUser: ['end-sessions'],
  Manager: [],
  Agent: [],
};

/** Whether an account has a permission, by its role or for itself. */
export function may(account: Pick<Account, 'role' | 'permissions'>, permission: Permission): boolean {
  return OF_ROLE[account.role].includes(permission) || (account.permissions ?? []).includes(permission);
}
