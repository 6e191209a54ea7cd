import type { Clock } from '../base/index.ts';
import type { Jobs } from '../jobs/index.ts';

export interface MailMessage {
  to: string;
  subject: string;
  text: string;
}

/** Keeps messages instead of sending them: the demo's mailbox page shows it. */
export interface Mailbox {
  messages: (MailMessage & { at: number })[];
}

export interface Mail {
  /**
   * Resolves when the message is kept, to be handed to the mail server as soon as it takes it: pages never wait for one.
   * @param giveUpAt epoch seconds from which it is of no use any more; a day unless given
   */
  send(message: MailMessage, giveUpAt?: number): Promise<void>;
  /** Hands a message to the mail server: what the queue calls. @throws what the server said, to be tried again */
  deliver(message: MailMessage): Promise<void>;
  /** Whether anything is sent at all. */
  readonly isConfigured: boolean;
}

/** The kind of a mail among the jobs. */
export const MAIL_JOB = 'mail';

const MAILBOX_SIZE = 200;

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** A password of ours goes over an encrypted connection alone; to this machine itself it may do without. */
function needsTls(url: string): boolean {
  const { username, hostname } = new URL(url);
  return username !== '' && !LOOPBACK.has(hostname);
}

async function overSmtp(url: string, from: string, message: MailMessage) {
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
    await transport.sendMail(message);
  } finally {
    transport.close();
  }
}

export function createMail(parts: {
  settings: { url: string | undefined; from: string | undefined };
  mailbox: Mailbox | undefined;
  jobs: Jobs;
  clock: Clock;
}): Mail {
  const { settings, mailbox, jobs, clock } = parts;
  const isConfigured = mailbox !== undefined || settings.url !== undefined;
  return {
    isConfigured,
    async send(message, giveUpAt) {
      if (!isConfigured) return;
      await jobs.enqueue({
        kind: MAIL_JOB,
        payload: message,
        ...(giveUpAt === undefined ? {} : { giveUpAt }),
      });
    },
    async deliver(message) {
      if (mailbox) {
        mailbox.messages.unshift({ ...message, at: clock.now() });
        mailbox.messages.length = Math.min(mailbox.messages.length, MAILBOX_SIZE);
      } else if (settings.url !== undefined && settings.from !== undefined) {
        await overSmtp(settings.url, settings.from, message);
      }
    },
  };
}
