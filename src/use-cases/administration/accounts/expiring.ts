import type { Account, AccountFilter } from '../../../capabilities/accounts/index.ts';
import { passwordExpiresAt } from '../../../capabilities/passwords/index.ts';
import type { Tenant } from '../../../capabilities/tenants/index.ts';

const DAY = 86_400;

/** When a password was set that expires within so many days, and is not expired yet; undefined where none ever is (PWD-5). */
export function expiring(
  { policy, spread }: Tenant,
  days: number,
  now: number,
): Partial<AccountFilter> | undefined {
  const lifetime = policy.password.expireAfterDays;
  if (lifetime === null) return undefined;
  const until = now + days * DAY;
  const below = until - lifetime * DAY;
  if (!spread) return { passwordSet: [now - lifetime * DAY + 1, below + 1] };
  const also = (account: Account) => {
    const at = passwordExpiresAt(account, policy, spread) ?? 0;
    return now < at && at <= until;
  };
  return { passwordSet: [1, below + 1], also };
}
