import type { Account } from '../accounts/index.ts';
import type { AuditEvent } from '../audit/index.ts';
import type { Subject } from '../lockout/index.ts';
import type { Tenant } from '../tenants/index.ts';

/** Where a person stands who proves or changes a credential of their own. */
export interface Door {
  account: Account;
  tenant: Tenant;
  /** Whose failures are counted, on the counters that all doors share (LCK-1). */
  browser: Extract<Subject, { account: Account }>['browser'];
  where: Pick<AuditEvent, 'tenantId' | 'accountId' | 'applicationId' | 'address' | 'browser'>;
  /** What this browser carries where it is trusted: it lives through the person's own change (MFA-13). */
  trustToken?: string | undefined;
}
