import { type Clock, newId } from '../base/index.ts';
import type { CollectionSpec, Documents } from '../stores/index.ts';

/** Every kind of event; `docs/reference/audit-events.md` is held to this list. */
export const auditTypes = {
  'sign-in.password': 'A password was tried at sign-in.',
  'sign-in.second-factor': 'A code was tried at sign-in.',
  'sign-in.complete': 'A sign-in was finished and handed to the application.',
  'attempt.abandoned': 'An attempt was never settled and counts as a failure.',
  'account.locked': 'The last allowed failure locked the account.',
  'account.unlocked': 'The lock and both counters were cleared.',
  'account.created': 'An account was made.',
  'account.enrolled': 'The account must set up a second factor at its next sign-in.',
  'account.status': 'The account was enabled or disabled.',
  'password.changed': 'A person changed the own password.',
  'password.set': 'Somebody else set the password.',
  'authenticator.bound': 'An authenticator was activated.',
  'credential.event': 'A credential changed, and what depended on it ended.',
  'session.ended': 'A person signed out.',
  'token.refused': 'A code or refresh token was used a second time; its grant was revoked.',
  'tenant.created': 'A tenant was made.',
  'application.created': 'An application was made.',
  'set-up.completed': 'The first operator was made.',
} as const;
export type AuditType = keyof typeof auditTypes;

/** What a caller says of an event; the writer adds id and time. */
export interface AuditEvent {
  type: AuditType;
  outcome: 'success' | 'failure' | 'refused';
  /** Who did it: an account id, `command-line`, `system`, or empty for somebody not known. */
  actor?: string;
  tenantId?: string;
  /** Whom it was done to. */
  accountId?: string;
  applicationId?: string;
  /** The address and the User-Agent of the request. */
  address?: string;
  browser?: string;
  /** `password`, `totp`. */
  factor?: string;
  reason?: string;
  /** Numbers and names that explain the decision, such as count n of m. Never a secret. */
  detail?: Record<string, string | number>;
}

export interface AuditEntry extends Required<Omit<AuditEvent, 'detail'>> {
  id: string;
  at: number;
  detail: Record<string, string | number>;
}

export interface Audit {
  /** Writes the entry; resolves when it is durable. */
  write(event: AuditEvent): Promise<void>;
  /** The newest entries of an account, oldest first. */
  ofAccount(accountId: string, limit: number): Promise<AuditEntry[]>;
  /** Every entry in the order of writing, page by page. */
  page(after: string | undefined, limit: number): Promise<{ items: AuditEntry[]; next?: string }>;
}

const SPEC: CollectionSpec = {
  name: 'audit',
  indexes: { account: { fields: ['accountId', 'id'] }, order: { fields: ['id'] } },
};

/** User-Agent texts are the browser's own claim: bounded, and without control characters (S80). */
function bounded(text: string | undefined): string {
  return (text ?? '').replace(/\p{Cc}/gu, ' ').slice(0, 300);
}

export function createAudit({ documents, clock }: { documents: Documents; clock: Clock }): Audit {
  const collection = documents.collection<AuditEntry>(SPEC);
  return {
    async write(event) {
      const entry: AuditEntry = {
        id: newId(),
        at: clock.now(),
        type: event.type,
        outcome: event.outcome,
        actor: event.actor ?? '',
        tenantId: event.tenantId ?? '',
        accountId: event.accountId ?? '',
        applicationId: event.applicationId ?? '',
        address: event.address ?? '',
        browser: bounded(event.browser),
        factor: event.factor ?? '',
        reason: event.reason ?? '',
        detail: event.detail ?? {},
      };
      await collection.insert(entry);
    },
    async ofAccount(accountId, limit) {
      const items: AuditEntry[] = [];
      let after: string | undefined;
      do {
        const page = await collection.page({
          index: 'account',
          equals: [accountId],
          limit: 500,
          ...(after ? { after } : {}),
        });
        items.push(...page.items.map(({ doc }) => doc));
        after = page.next;
      } while (after);
      return items.slice(-limit);
    },
    async page(after, limit) {
      const page = await collection.page({ index: 'order', limit, ...(after ? { after } : {}) });
      return { items: page.items.map(({ doc }) => doc), ...(page.next ? { next: page.next } : {}) };
    },
  };
}
