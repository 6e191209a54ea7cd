import type { Clock, Log } from '../base/index.ts';

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
  /** Hands the message over without waiting: pages never wait for a mail server. */
  send(message: MailMessage): void;
  /** Whether anything is sent at all. */
  readonly isConfigured: boolean;
}

const MAILBOX_SIZE = 200;

async function overSmtp(url: string, from: string, message: MailMessage) {
  const { createTransport } = await import('nodemailer');
  const transport = createTransport(
    { url, connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 10_000 },
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
  log: Log;
  clock: Clock;
}): Mail {
  const { settings, mailbox, log, clock } = parts;
  return {
    isConfigured: mailbox !== undefined || settings.url !== undefined,
    send(message) {
      if (mailbox) {
        mailbox.messages.unshift({ ...message, at: clock.now() });
        mailbox.messages.length = Math.min(mailbox.messages.length, MAILBOX_SIZE);
      } else if (settings.url !== undefined && settings.from !== undefined) {
        overSmtp(settings.url, settings.from, message).catch((error: Error) =>
          log.warn({ error: error.message }, 'a mail was not delivered'),
        );
      }
    },
  };
}
