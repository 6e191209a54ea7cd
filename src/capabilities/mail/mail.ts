import { type Clock, guarded, type Say } from '../../foundation/base/index.ts';
import type { Audit } from '../audit/index.ts';
import type { JobRun, Jobs } from '../jobs/index.ts';

export interface MailMessage {
  to: string;
  subject: string;
  text: string;
  /** Whose mail it is: `account why` tells that it was refused. */
  about: { tenantId: string; accountId: string };
}

/** Keeps messages instead of sending them: the demo's mailbox page shows it. */
export interface Mailbox {
  messages: (MailMessage & { at: number })[];
}

/** Who is written to, and about which account. */
export interface Recipient {
  id: string;
  tenantId: string;
  userName: string;
  email: string | null;
}

export interface Letter {
  /** Where it goes, if not to the address of the account. */
  to?: string;
  /** Epoch seconds from which it is of no use any more; a day unless given. */
  giveUpAt?: number;
}

export interface Mail {
  /**
   * Writes a letter of the language files to a person: `mail.<letter>.subject` and `.text`, with the user name and these values. Who
   * has no address gets none.
   */
  notify(
    account: Recipient,
    letter: string,
    values?: Record<string, string | number>,
    options?: Letter,
  ): Promise<void>;
  /** Hands a message to the mail server: what the queue calls. @throws what the server said, if it may take it later */
  deliver(message: MailMessage, run: Pick<JobRun, 'giveUp'>): Promise<void>;
  /** Whether anything is sent at all. */
  readonly isConfigured: boolean;
  /** Whether the mail server took nothing lately: pages that wait for a mail say so. */
  isDelayed(): Promise<boolean>;
}

/** What of the ephemeral port this needs. */
interface Store {
  put(kind: string, id: string, record: { value: string; expiresAt: number }, now: number): Promise<unknown>;
  get(kind: string, id: string, now: number): Promise<unknown>;
  remove(kind: string, id: string): Promise<void>;
}

/** The kind of a mail among the jobs. */
export const MAIL_JOB = 'mail';

const MAILBOX_SIZE = 200;
const DELAY = { kind: 'MailDelay', id: 'smtp' };
/** A server that failed longer ago than this was perhaps only not asked since. */
const DELAY_SECONDS = 600;

/** A refused address is a problem only of that mail. */
function isOfServer(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code !== 'EENVELOPE' && code !== 'EMESSAGE';
}

/** A server that sends a little of its answer now and then would hold a mail for ever: no timeout of the library sees it. */
const LONGEST_MS = 30_000;

async function inTime<T>(work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    guarded(reject, () => reject(new Error('the mail server did not take the message in 30 seconds'))),
    LONGEST_MS,
  );
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** The reply by which the server refused this mail for good (RFC 5321, section 4.2.1); a wrong password of ours is no such one. */
function finalReply(error: unknown): number | undefined {
  const { responseCode = 0 } = error as { responseCode?: number };
  return !isOfServer(error) && responseCode >= 500 && responseCode < 600 ? responseCode : undefined;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** A password of ours goes only over an encrypted connection; to this machine itself it may do without. */
function needsTls(url: string): boolean {
  const { username, hostname } = new URL(url);
  return username !== '' && !LOOPBACK.has(hostname);
}

async function overSmtp(url: string, from: string, { to, subject, text }: MailMessage) {
  const { createTransport } = await import('nodemailer');
  const transport = createTransport(
    {
      url,
      requireTLS: needsTls(url),
      connectionTimeout: 5_000,
      greetingTimeout: 5_000,
      socketTimeout: 10_000,
    },
    { from },
  );
  try {
    // RFC 3834, section 5: no absence notice answers it.
    await inTime(transport.sendMail({ to, subject, text, headers: { 'Auto-Submitted': 'auto-generated' } }));
  } finally {
    transport.close();
  }
}

export function createMail(parts: {
  settings: { url: string | undefined; from: string | undefined };
  mailbox: Mailbox | undefined;
  jobs: Jobs;
  ephemeral: Store;
  audit: Pick<Audit, 'write'>;
  clock: Clock;
  say: Say;
}): Mail {
  const { settings, mailbox, jobs, ephemeral, audit, clock, say } = parts;
  const isConfigured = mailbox !== undefined || settings.url !== undefined;
  /** Every process learns of it, whichever delivers. */
  const told = async (work: () => Promise<void>) => {
    const now = clock.now();
    try {
      await work();
    } catch (error) {
      const record = { value: '{}', expiresAt: now + DELAY_SECONDS };
      if (isOfServer(error)) await ephemeral.put(DELAY.kind, DELAY.id, record, now);
      throw error;
    }
    await ephemeral.remove(DELAY.kind, DELAY.id);
  };
  /** A mail that an earlier version left in the queue does not say whose it is. */
  const noteRefusal = async ({ about }: Partial<MailMessage>, reply: number) =>
    audit.write({ ...about, type: 'mail.refused', outcome: 'failure', actor: 'system', detail: { reply } });

  return {
    isConfigured,
    isDelayed: async () => (await ephemeral.get(DELAY.kind, DELAY.id, clock.now())) !== undefined,
    async notify(
      { id, tenantId, userName, email },
      letter,
      values = {},
      { to = email ?? undefined, giveUpAt } = {},
    ) {
      if (!isConfigured || to === undefined) return;
      const message: MailMessage = {
        to,
        about: { tenantId, accountId: id },
        subject: say(`mail.${letter}.subject`),
        text: say(`mail.${letter}.text`, { userName, ...values }),
      };
      // Kept, to be handed to the mail server as soon as it takes it: pages never wait for one.
      await jobs.enqueue({
        kind: MAIL_JOB,
        payload: message,
        ...(giveUpAt === undefined ? {} : { giveUpAt }),
      });
    },
    async deliver(message, run) {
      if (mailbox) {
        mailbox.messages.unshift({ ...message, at: clock.now() });
        mailbox.messages.length = Math.min(mailbox.messages.length, MAILBOX_SIZE);
      } else if (settings.url !== undefined && settings.from !== undefined) {
        const { url, from } = settings;
        await told(() => overSmtp(url, from, message)).catch(async (error: Error) => {
          const reply = finalReply(error);
          if (reply === undefined) throw error;
          await noteRefusal(message, reply);
          run.giveUp(error.message);
        });
      }
    },
  };
}
