import type { Account, Accounts } from '../accounts/index.ts';
import type { Tenant, Tenants } from '../tenants/index.ts';

/** An account with the tenant that it belongs to. */
export interface Member {
  account: Account;
  tenant: Tenant;
  /** The epoch that sessions, grants and proofs of the account must have been born in. */
  epoch: number;
}

/** Both parts of the epoch only ever rise: the account's own, and that of its population in the tenant (PWD-16). */
export function memberOf(account: Account, tenant: Tenant): Member {
  return { account, tenant, epoch: account.epoch + tenant.epochs[account.population] };
}

/** @returns undefined where there is no such account */
export async function loadMember(
  { accounts, tenants }: { accounts: Pick<Accounts, 'byId'>; tenants: Pick<Tenants, 'byId'> },
  accountId: string,
): Promise<Member | undefined> {
  const account = (await accounts.byId(accountId))?.doc;
  const tenant = account && (await tenants.byId(account.tenantId));
  return tenant && memberOf(account, tenant);
}
