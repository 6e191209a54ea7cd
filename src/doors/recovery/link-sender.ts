import type { Account, Accounts, Population } from '../../capabilities/accounts/index.ts';
import type { Audit } from '../../capabilities/audit/index.ts';
import { type Member, memberOf } from '../../capabilities/credential-events/index.ts';
import type { Budgets } from '../../capabilities/lockout/index.ts';
import type { Mail } from '../../capabilities/mail/index.ts';
import { renewedLink } from '../../capabilities/passwords/index.ts';
import type { Tenants } from '../../capabilities/tenants/index.ts';
import { type Clock, longTime, type Vault } from '../../foundation/base/index.ts';

/** What someone asked for; whether that person exists is looked up later, when no one waits for an answer (S17). */
export interface LinkRequest {
  clientCode: string;
  population: Population;
  userName: string;
  address: string;
  browser: string;
}

/** The kind of a request among the jobs. */
export const RECOVER_JOB = 'recover';

const HOUR = 3_600;
/** Mails an hour: enough for a person who mistypes, too few for a flood (S49). */
const BUDGETS = { account: 3, address: 3, tenant: 500 };

/** Sends the link if the person may have one (PWD-15). */
export function createLinkSender(parts: {
  accounts: Accounts;
  tenants: Tenants;
  budgets: Budgets;
  audit: Audit;
  mail: Mail;
  vault: Vault;
  clock: Clock;
  issuer: string;
}) {
  const { accounts, tenants, budgets, audit, mail, vault, clock, issuer } = parts;

  const find = async (request: LinkRequest): Promise<Member | undefined> => {
    const tenant = await tenants.byClientCode(request.clientCode);
    if (!tenant?.policy.password.forgottenByMail) return undefined;
    const { identifiedBy } = tenant.policy.signIn;
    const account = await accounts.identified(tenant.id, request.population, request.userName, identifiedBy);
    return account?.status === 'enabled' && account.email !== null ? memberOf(account, tenant) : undefined;
  };

  const isWithinBudgets = async ({ id, emailKey, tenantId }: Account): Promise<boolean> => {
    const address = vault.mac('recover-address', emailKey);
    return (
      (await budgets.take(`recover:account:${id}`, BUDGETS.account, HOUR)) &&
      (await budgets.take(`recover:address:${address}`, BUDGETS.address, HOUR)) &&
      (await budgets.take(`recover:tenant:${tenantId}`, BUDGETS.tenant, HOUR))
    );
  };

  return async (request: LinkRequest): Promise<void> => {
    const found = await find(request);
    if (!found) return;
    const { tenant, account } = found;
    const { address, browser } = request;
    const where = { tenantId: tenant.id, accountId: account.id, address, browser };
    if (!(await isWithinBudgets(account))) {
      audit.note({ ...where, type: 'link.requested', outcome: 'refused', reason: 'too many' });
      return;
    }
    const now = clock.now();
    let made = renewedLink(account.id, account.link, now);
    await accounts.update(account.id, (current) => {
      made = renewedLink(account.id, current.link, now);
      return { ...current, link: made.link };
    });
    const { token, link } = made;
    await audit.write({ ...where, type: 'link.requested', outcome: 'success' });
    const values = {
      tenant: tenant.name,
      link: `${issuer}/recover/set?token=${token}`,
      until: longTime(link.expiresAt, tenant.policy.locale.timeZone),
    };
    await mail.notify(account, 'reset', values, { giveUpAt: link.expiresAt });
  };
}
