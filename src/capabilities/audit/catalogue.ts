/**
 * `security`: someone tried, granted, changed or refused what credentials and permissions guard. `hygiene`: what follows from
 * that or keeps it in order; nothing is gained by it.
 */
type AuditLevel = 'security' | 'hygiene';

export interface AuditKind {
  /** What happened, in one sentence. */
  means: string;
  level: AuditLevel;
  /** The names that its `detail` may carry. */
  fields?: readonly string[];
  /** What its `detail` may carry beside them, where the names are those of something else. */
  more?: string;
}

/** As a refusal that repeated is one entry. */
const TRIED = ['failures', 'limit', 'until', 'repeats', 'from', 'to'];
/** What was asked for, and how many pages of it were read in the ten minutes after the first. */
const ASKED = [
  'type',
  'account',
  'actor',
  'application',
  'outcome',
  'since',
  'before',
  'repeats',
  'from',
  'to',
];
const POLICY_PATHS = 'each changed path of the policy: its value before and after';

/** Every kind of event; `docs/reference/audit-events.md` is made of this list. */
export const auditCatalogue = {
  'sign-in.password': { means: 'A password was tried at sign-in.', level: 'security', fields: TRIED },
  'sign-in.second-factor': { means: 'A code was tried at sign-in.', level: 'security', fields: TRIED },
  'sign-in.complete': {
    means: 'A sign-in was finished and handed to the application.',
    level: 'security',
  },
  'attempt.abandoned': {
    means: 'An attempt was never settled and counts as a failure.',
    level: 'security',
    fields: ['attempts'],
  },
  'account.locked': {
    means: 'The last allowed failure locked the account.',
    level: 'security',
    fields: ['failures', 'limit', 'door'],
  },
  'account.unlocked': { means: 'The lock and both counters were cleared.', level: 'security' },
  'account.created': { means: 'An account was made.', level: 'security' },
  'account.enrolled': {
    means: 'The account must set up a second factor at its next sign-in.',
    level: 'security',
  },
  'account.deleted': {
    means: 'An account was deleted; its name may be used again.',
    level: 'security',
    fields: ['userName', 'population', 'number'],
  },
  'account.status': { means: 'The account was enabled or disabled.', level: 'security' },
  'password.changed': { means: 'A person changed their own password.', level: 'security' },
  'password.set': { means: 'Someone else set the password.', level: 'security' },
  'password.reset': { means: 'A person set a password under a mailed link.', level: 'security' },
  'password.compromised': {
    means: 'A password must be changed, as someone else may know it.',
    level: 'security',
  },
  'link.requested': { means: 'A person asked for a link to set a new password.', level: 'security' },
  'link.sent': { means: 'A link to set a password was made.', level: 'security' },
  'authenticator.bound': {
    means: 'A method of the second factor was set up, by the person or on the command line.',
    level: 'security',
  },
  'authenticator.removed': {
    means: 'A person turned a method of the second factor off.',
    level: 'security',
  },
  'factor.reset': {
    means: 'The second factor was reset; it is set up again at the next sign-in.',
    level: 'security',
  },
  'factor.off': { means: 'An administrator turned the second factor off.', level: 'security' },
  'activation-slip.made': {
    means: 'A secret was printed for a person to set an authenticator up with.',
    level: 'security',
    fields: ['expiresAt'],
  },
  'recovery-codes.made': {
    means: 'A person got new recovery codes; the former ones are void.',
    level: 'security',
  },
  'recovery-code.used': { means: 'A recovery code was used.', level: 'security', fields: ['left'] },
  'login-code.made': {
    means: 'A one-time login code was issued.',
    level: 'security',
    fields: ['expiresAt'],
  },
  'login-code.used': { means: 'A login code was used.', level: 'security' },
  'mail.refused': {
    means: 'The mail server refused a mail to the person for good; it is not sent again.',
    level: 'hygiene',
    fields: ['reply'],
  },
  'mailed-code.sent': { means: 'A code was mailed.', level: 'hygiene' },
  'trust.begun': {
    means: 'A browser need not give the code for some days.',
    level: 'security',
    fields: ['days'],
  },
  'trust.ended': { means: 'Trusted browsers were ended.', level: 'hygiene', fields: ['ended'] },
  'credential.event': {
    means: 'A credential changed, and what depended on it ended.',
    level: 'security',
    fields: ['kind', 'event'],
    more: 'each kind of thing that ended, and how many',
  },
  'session.ended': { means: 'A person signed out.', level: 'hygiene', fields: ['applications'] },
  'sessions.ended': {
    means: 'All sessions of a population were ended.',
    level: 'security',
    fields: ['population'],
  },
  'logout.delivered': {
    means: 'An application was told that a session has ended.',
    level: 'hygiene',
    fields: ['attempts'],
  },
  'logout.given-up': {
    means: 'An application could not be told in a day that a session has ended.',
    level: 'hygiene',
    fields: ['attempts'],
  },
  'api-token.created': { means: 'An API token of a tenant was made.', level: 'security', fields: ['token'] },
  'api-token.revoked': {
    means: 'An API token was revoked, and its sessions ended.',
    level: 'security',
    fields: ['token', 'sessions'],
  },
  'api-session.begun': { means: 'A program signed in for an account.', level: 'security' },
  'api-session.refused': {
    means: 'A program signed in for an account that may not use the session API.',
    level: 'security',
  },
  'api-session.ended': { means: 'A program signed an account out.', level: 'hygiene' },
  'account.role': {
    means: 'An account got another role.',
    level: 'security',
    fields: ['before', 'after'],
  },
  'account.team': {
    means: 'An account was put into a team, or taken out of one.',
    level: 'security',
    fields: ['before', 'after'],
  },
  'role.changed': {
    means: 'What a role of a tenant may do was changed.',
    level: 'security',
    fields: ['role', 'before', 'after'],
  },
  'operation.cancelled': {
    means: 'A long operation was cancelled; it is not run, or stops at its next step.',
    level: 'security',
    fields: ['operation'],
  },
  'operation.failed': {
    means: 'An administrative operation broke off; what it changes may be changed in part.',
    level: 'security',
    fields: ['operation'],
  },
  'operation.refused': {
    means: 'An administrative operation was refused; the detail names it and says why.',
    level: 'security',
    fields: ['operation', 'permission', 'permissions', 'paths', 'path', 'role', 'revision', 'most'],
  },
  'account.permissions': {
    means: 'A permission was given to an account for itself, or taken back.',
    level: 'security',
    fields: ['permission', 'given'],
  },
  'token.refused': {
    means: 'A code or refresh token was used a second time; its grant was revoked.',
    level: 'security',
  },
  'tenant.created': { means: 'A tenant was made.', level: 'security' },
  'policy.changed': {
    means: 'The policy of a tenant was changed, or rolled back.',
    level: 'security',
    fields: ['revision'],
    more: POLICY_PATHS,
  },
  'policy.scheduled': {
    means: 'A change of policy was set for a later time, or taken back.',
    level: 'security',
    fields: ['at'],
    more: POLICY_PATHS,
  },
  'application.created': { means: 'An application was made.', level: 'security' },
  'application.secret-rotated': {
    means: 'An application got a new secret; the newest former one keeps working.',
    level: 'security',
  },
  'webhook.created': {
    means: 'A webhook of a tenant was made.',
    level: 'security',
    fields: ['webhook', 'name', 'host'],
  },
  'webhook.changed': {
    means: 'The address or the events of a webhook were changed, or it was turned on or off.',
    level: 'security',
    fields: ['webhook', 'name', 'host', 'types', 'state'],
  },
  'webhook.deleted': {
    means: 'A webhook was deleted.',
    level: 'security',
    fields: ['webhook', 'name', 'host'],
  },
  'webhook.secret-rotated': {
    means: 'A webhook got a new secret; the former one signs beside it for a day.',
    level: 'security',
    fields: ['webhook', 'name', 'host'],
  },
  'webhook.tested': {
    means: 'A test event was sent to a webhook.',
    level: 'hygiene',
    fields: ['webhook', 'name'],
  },
  'webhook.retried': {
    means: 'Events that a webhook could not be told were queued again.',
    level: 'hygiene',
    fields: ['webhook', 'events'],
  },
  'webhook.disabled': {
    means: 'A webhook was turned off, as its receiver had failed for three days.',
    level: 'security',
    fields: ['webhook'],
  },
  'key.rotated': {
    means: 'The next signing key was published.',
    level: 'security',
    fields: ['alg', 'kid', 'activeAt'],
  },
  'key.resealed': {
    means: 'Secrets were sealed under another master key.',
    level: 'hygiene',
    fields: ['secrets'],
  },
  'audit.exported': {
    means: 'The audit was exported; further pages of the same export are one entry.',
    level: 'security',
    fields: [...ASKED, 'format'],
  },
  'audit.read': {
    means: 'The audit was read; further pages of the same list are one entry.',
    level: 'security',
    fields: ASKED,
  },
  'compliance.excepted': {
    means: 'A tenant recorded that it deviates from a rule of the compliance report.',
    level: 'security',
    fields: ['rule', 'until'],
  },
  'compliance.withdrawn': {
    means: 'An exception from a rule of the compliance report was withdrawn.',
    level: 'security',
    fields: ['rule'],
  },
  'set-up.completed': { means: 'The first operator was made.', level: 'security' },
} as const satisfies Readonly<Record<string, AuditKind>>;

export type AuditType = keyof typeof auditCatalogue;
