import type { Account } from '../../capabilities/accounts/index.ts';
import type { AuditEvent } from '../../capabilities/audit/index.ts';
import type { Member } from '../../capabilities/credential-events/index.ts';
import type { Subject } from '../../capabilities/lockout/index.ts';

/** A person who proves or changes a credential of their own (SP 800-63: the party that is being authenticated), and where they do it. */
export interface Claimant extends Member {
  /** Whose failures are counted, on the counters that all doors share (LCK-1). */
  browser: Extract<Subject, { account: Account }>['browser'];
  where: Pick<AuditEvent, 'tenantId' | 'accountId' | 'applicationId' | 'address' | 'browser'>;
  /** What this browser carries where it is trusted: it lives through the person's own change (MFA-13). */
  trustToken?: string | undefined;
}
