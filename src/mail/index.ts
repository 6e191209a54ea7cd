// mail: messages to people, over SMTP or into the demo's mailbox.
// Not here: when to write (the rooms), retrying (jobs, later). What cannot be mailed is logged and harms nothing else.
export { createMail, type Mail, type Mailbox, type MailMessage } from './mail.ts';
