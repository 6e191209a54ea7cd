// accounts: people: names, populations, roles, status, and the one document that holds what must outlive everything else.
// Not here: judging passwords and codes (passwords, second-factor), counting failures (lockout), ending sessions (sessions).
export {
  type Account,
  type Authenticator,
  type Lock,
  type LoginCode,
  noFactor,
  type PasswordLink,
  type PasswordRecord,
  type Population,
  type RecoveryCodes,
  type Role,
  roles,
  type SecondFactor,
} from './account.ts';
export {
  type Accounts,
  createAccounts,
  giveAccountsDoors,
  giveAccountsKeys,
  giveFactorsRounds,
  type IdentifiedBy,
  type NewAccount,
} from './accounts.ts';
export type { AccountFilter, AccountQuery, CountedAccounts, ListedAccounts } from './listing.ts';
export { foldName, nameProblem } from './names.ts';
export {
  defaultRoles,
  type Grant,
  grantable,
  grantOf,
  grantsOf,
  grantsOfRole,
  may,
  OPERATOR_CODE,
  type Permission,
  permissionNames,
  permissions,
  type Reach,
  type RoleSource,
  reaches,
} from './permissions.ts';
