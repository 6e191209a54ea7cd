// mail: messages to people, through the queue to an SMTP server or into the demo's mailbox.
// Not here: when to write (the rooms), trying again (jobs).
export { createMail, MAIL_JOB, type Mail, type Mailbox, type MailMessage } from './mail.ts';
