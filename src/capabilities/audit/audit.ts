import { type Clock, guarded, type Log, newId } from '../../foundation/base/index.ts';
import {
  type Collection,
  type CollectionSpec,
  type Documents,
  eachPage,
} from '../../foundation/stores/index.ts';
import { createFolding, FOLD_SECONDS } from './folding.ts';

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
  'account.deleted': 'An account was deleted; its name may be used again.',
  'account.status': 'The account was enabled or disabled.',
  'password.changed': 'A person changed their own password.',
  'password.set': 'Someone else set the password.',
  'password.reset': 'A person set a password under a mailed link.',
  'password.compromised': 'A password must be changed, as someone else may know it.',
  'link.requested': 'A person asked for a link to set a new password.',
  'link.sent': 'A link to set a password was made.',
  'authenticator.bound': 'A method of the second factor was set up, by the person or on the command line.',
  'authenticator.removed': 'A person turned a method of the second factor off.',
  'factor.reset': 'The second factor was reset; it is set up again at the next sign-in.',
  'factor.off': 'An administrator turned the second factor off.',
  'activation-slip.made': 'A secret was printed for a person to set an authenticator up with.',
  'recovery-codes.made': 'A person got new recovery codes; the former ones are void.',
  'recovery-code.used': 'A recovery code was used.',
  'login-code.made': 'A one-time login code was issued.',
  'login-code.used': 'A login code was used.',
  'mail.refused': 'The mail server refused a mail to the person for good; it is not sent again.',
  'mailed-code.sent': 'A code was mailed.',
  'trust.begun': 'A browser need not give the code for some days.',
  'trust.ended': 'Trusted browsers were ended.',
  'credential.event': 'A credential changed, and what depended on it ended.',
  'session.ended': 'A person signed out.',
  'sessions.ended': 'All sessions of a population were ended.',
  'logout.delivered': 'An application was told that a session has ended.',
  'logout.given-up': 'An application could not be told in a day that a session has ended.',
  'api-token.created': 'An API token of a tenant was made.',
  'api-token.revoked': 'An API token was revoked, and its sessions ended.',
  'api-session.begun': 'A program signed in for an account.',
  'api-session.refused': 'A program signed in for an account that may not use the session API.',
  'api-session.ended': 'A program signed an account out.',
  'account.role': 'An account got another role.',
  'account.team': 'An account was put into a team, or taken out of one.',
  'role.changed': 'What a role of a tenant may do was changed.',
  'operation.failed': 'An administrative operation broke off; what it changes may be changed in part.',
  'operation.refused': 'An administrative operation was refused; the detail names it and says why.',
  'account.permissions': 'A permission was given to an account for itself, or taken back.',
  'token.refused': 'A code or refresh token was used a second time; its grant was revoked.',
  'tenant.created': 'A tenant was made.',
  'policy.changed': 'The policy of a tenant was changed, or rolled back.',
  'policy.scheduled': 'A change of policy was set for a later time, or taken back.',
  'application.created': 'An application was made.',
  'application.secret-rotated': 'An application got a new secret; the newest former one keeps working.',
  'key.rotated': 'The next signing key was published.',
  'key.resealed': 'Secrets were sealed under another master key.',
  'set-up.completed': 'The first operator was made.',
} as const;
export type AuditType = keyof typeof auditTypes;

/** What a caller says of an event; the writer adds id and time. */
export interface AuditEvent {
  type: AuditType;
  outcome: 'success' | 'failure' | 'refused';
  /** Who did it: an account id, `command-line`, `system`, or empty for someone who is not known. */
  actor?: string;
  tenantId?: string;
  /** Whom it was done to. */
  accountId?: string;
  applicationId?: string;
  /** The address and the User-Agent of the request. */
  address?: string;
  browser?: string;
  /** `password`, `totp`, `mailed-code`, `recovery-code`, `login-code`, `passkey`; `code` for what has the shape of none. */
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
  /**
   * Writes the entry and all noted before it; resolves when they are durable. For every event that grants or changes
   * something.
   */
  write(event: AuditEvent): Promise<void>;
  /** Notes an entry that grants nothing: durable with the next `write`, or within 50 ms; refusals that repeat are one entry. */
  note(event: AuditEvent): void;
  /** Resolves when everything noted is durable, and the number of what repeated with it. */
  flush(): Promise<void>;
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

function entryOf(event: AuditEvent, at: number): AuditEntry {
  return {
    id: newId(),
    at,
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
}

const NOTE_MS = 50;
const MOST_A_PAGE = 500;

/** Collects entries and writes them together: those of one moment cost one write to the disk. */
function createWriter(collection: Collection<AuditEntry>, log: Log) {
  let noted: AuditEntry[] = [];
  /** Entries whose last write had no known outcome: some of them may be there already. */
  let doubtful = new Set<string>();
  let writing: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const missing = async (entries: AuditEntry[]): Promise<AuditEntry[]> => {
    const isThere = async ({ id }: AuditEntry) =>
      doubtful.has(id) && (await collection.get(id)) !== undefined;
    const there = await Promise.all(entries.map(isThere));
    return entries.filter((_, i) => !there[i]);
  };

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    // One batch after another, so that the order of the log is the order of the events.
    const batch = writing
      .catch(() => {})
      .then(async () => {
        if (noted.length === 0) return;
        const entries = noted;
        noted = [];
        try {
          await collection.insertAll(await missing(entries));
          doubtful = new Set();
        } catch (error) {
          noted = [...entries, ...noted];
          doubtful = new Set(entries.map(({ id }) => id));
          throw error;
        }
      });
    writing = batch;
    return batch;
  };

  return {
    flush,
    add(entry: AuditEntry) {
      noted.push(entry);
      timer ??= setTimeout(
        guarded(
          (error) =>
            log.error({ error: error.message, entries: noted.length }, 'audit entries wait for the store'),
          flush,
        ),
        NOTE_MS,
      );
    },
  };
}

export function createAudit({
  documents,
  clock,
  log,
  observe,
}: {
  documents: Documents;
  clock: Clock;
  log: Log;
  /** Told of every event, for counting. */
  observe?: ((event: { type: AuditType; outcome: AuditEvent['outcome'] }) => void) | undefined;
}): Audit {
  const collection = documents.collection<AuditEntry>(SPEC);
  const writer = createWriter(collection, log);
  const folding = createFolding(clock);
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    for (const event of folding.takeAll()) writer.add(entryOf(event, clock.now()));
    return writer.flush();
  };
  const failed = (error: Error) =>
    log.error({ error: error.message }, 'audit entries that repeated wait for the store');
  const add = (event: AuditEvent) => {
    observe?.({ type: event.type, outcome: event.outcome });
    const due = folding.add(event);
    for (const one of due) writer.add(entryOf(one, clock.now()));
    if (due.length > 0) return;
    timer ??= setTimeout(guarded(failed, flush), FOLD_SECONDS * 1_000).unref();
  };
  return {
    note: add,
    flush,
    write: (event) => {
      add(event);
      return writer.flush();
    },
    async ofAccount(accountId, limit) {
      await flush();
      const items: AuditEntry[] = [];
      const query = { index: 'account', equals: [accountId], descending: true } as const;
      const pages = eachPage((from) =>
        collection.page({ ...query, ...from, limit: Math.min(limit - items.length, MOST_A_PAGE) }),
      );
      for await (const page of pages) {
        items.push(...page.map(({ doc }) => doc));
        if (items.length >= limit) break;
      }
      return items.reverse();
    },
    async page(after, limit) {
      await flush();
      const page = await collection.page({ index: 'order', limit, ...(after ? { after } : {}) });
      return { items: page.items.map(({ doc }) => doc), ...(page.next ? { next: page.next } : {}) };
    },
  };
}
