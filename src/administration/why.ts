import type { Account } from '../accounts/index.ts';
import type { ProgramRefusal } from '../api-sessions/index.ts';
import type { AuditEntry } from '../audit/index.ts';
import { rfc3339 } from '../base/index.ts';
import type { TryReason } from '../lockout/index.ts';
import type { Reason } from '../sessions/index.ts';

/** What each refusal was, and what clears it; the person never sees this (LCK-8). */
const RULES: Readonly<Record<Exclude<TryReason, 'unknown'>, { says: string; clears: string }>> = {
  wrong: { says: 'the password was wrong', clears: 'a right password clears the count' },
  'wrong current password': {
    says: 'the current password was wrong, on a page that changes it',
    clears: 'a right password clears the count',
  },
  'temporary-expired': {
    says: 'the temporary password was right, but nobody used it in time',
    clears: 'somebody permitted sets a new one',
  },
  spelling: {
    says: 'the password was right, but the name was typed in another spelling',
    clears: 'the name as it is written; signIn.caseSensitiveNames',
  },
  disabled: { says: 'the password was right, but the account is disabled', clears: 'account enable' },
  late: { says: 'the check took longer than 30 seconds and counts as a failure', clears: 'another try' },
  locked: { says: 'the account was locked; nothing was checked', clears: 'account unlock' },
  waiting: {
    says: 'a wait after failures was running; nothing was checked or counted',
    clears: 'the end of the wait',
  },
  network: {
    says: 'the address is outside the networks of the site (signIn.networks)',
    clears: 'signing in from one of them',
  },
  'network-tries': {
    says: 'too many failed tries came from that network; nothing was checked or counted',
    clears: 'the end of the ten minutes',
  },
  replayed: {
    says: 'the code was right, but it, or a later one, had been used (or the clock went back)',
    clears: 'the next code',
  },
  expired: { says: 'the code was right, but too old, or voided by a change since', clears: 'a new code' },
};

/** What a right password did not suffice for, through the session API. */
const PROGRAM_RULES: Readonly<Record<ProgramRefusal, { says: string; clears: string }>> = {
  permission: {
    says: 'the password was right, but the account may not use the session API',
    clears: 'account permit --permission use-session-api',
  },
  second_factor_required: {
    says: 'the password was right, but the program sent no code',
    clears: 'a sign-in with otp',
  },
  second_factor_missing: {
    says: 'the password was right, but a second factor must be set up first',
    clears: 'a sign-in on the pages with the set-up',
  },
  password_change_required: {
    says: 'the password was right, but must be changed',
    clears: 'POST /session/password, or a sign-in on the pages with a change of password',
  },
};

function isProgramRule(reason: string): reason is ProgramRefusal {
  return Object.hasOwn(PROGRAM_RULES, reason);
}

function isRule(reason: string): reason is keyof typeof RULES {
  return Object.hasOwn(RULES, reason);
}

const CODE_WRONG = { says: 'the code was wrong', clears: 'a right code clears the count' };
const PASSKEY_WRONG = {
  says: 'the answer of the passkey was not right, or of a passkey that the account does not have',
  clears: 'a right code or passkey clears the count',
};
const ABANDONED = {
  says: 'a try was never finished, as by a crash, and counts as a failure',
  clears: 'a right answer clears the count',
};
const LOCKED_NOW = { says: 'the last allowed failure locked the account', clears: 'account unlock' };
const DOOR_CLOSED = {
  says: 'the last allowed failure of unknown browsers closed the door to them; known browsers still get in',
  clears: 'account unlock, or a completed reset link',
};

export interface ExplainedAttempt {
  at: number;
  outcome: AuditEntry['outcome'];
  factor: string;
  /** The name of the rule; empty for a try that succeeded. */
  rule: string;
  says: string;
  clears: string;
  failures: number | null;
  limit: number | null;
  address: string;
  browser: string;
  /** Through which application, or `token` and the name of a program's API token; empty on own pages. */
  through: string;
}

export interface Explanation {
  /** Why a sign-in now would be refused or ask for more; empty when nothing is in its way. */
  now: { reason: string; says: string; clears: string }[];
  /** The last attempts, the newest last. */
  attempts: ExplainedAttempt[];
}

const STATES: Readonly<Record<Reason, { says: string; clears: string }>> = {
  disabled: { says: 'the account is disabled', clears: 'account enable' },
  locked: { says: 'the account is locked', clears: 'account unlock' },
  'password-missing': {
    says: 'the account has no password',
    clears: 'the link that was sent, or account set-password',
  },
  'password-temporary': {
    says: 'the password is temporary and must be changed',
    clears: 'a sign-in with a change of password',
  },
  'password-expired': { says: 'the password has expired', clears: 'a sign-in with a change of password' },
  'password-compromised': {
    says: 'the password must be changed, as somebody else may know it',
    clears: 'a sign-in with a change of password',
  },
  'factor-missing': { says: 'a second factor must be set up', clears: 'a sign-in with the set-up' },
};

const TOLD = new Set([
  'sign-in.password',
  'sign-in.second-factor',
  'attempt.abandoned',
  'account.locked',
  'api-session.refused',
  'mail.refused',
]);

function ruleOf({ type, outcome, factor, reason, detail }: AuditEntry): {
  rule: string;
  says: string;
  clears: string;
} {
  if (type === 'account.locked')
    return { rule: 'lock', ...(detail.door === 'strangers' ? DOOR_CLOSED : LOCKED_NOW) };
  if (type === 'attempt.abandoned') return { rule: 'abandoned', ...ABANDONED };
  if (type === 'api-session.refused' && isProgramRule(reason))
    return { rule: reason, ...PROGRAM_RULES[reason] };
  if (type === 'mail.refused')
    return {
      rule: 'mail',
      says: `the mail server refused a mail to the person for good (${detail.reply})`,
      clears: 'a right e-mail address, or a word with those who run the mail server',
    };
  if (outcome === 'success') return { rule: '', says: 'it was right', clears: '' };
  if (reason === 'wrong' && factor === 'passkey') return { rule: 'wrong passkey', ...PASSKEY_WRONG };
  if (reason === 'wrong' && factor !== 'password') return { rule: 'wrong code', ...CODE_WRONG };
  // Written by an earlier version, or by a later one beside this: told as it stands.
  return { rule: reason, ...(isRule(reason) ? RULES[reason] : { says: reason, clears: '' }) };
}

function explained(entry: AuditEntry): ExplainedAttempt {
  const { at, outcome, factor, detail, address, browser, applicationId } = entry;
  const number = (value: unknown) => (typeof value === 'number' ? value : null);
  const { rule, says, clears } = ruleOf(entry);
  const until = number(detail.until);
  const { repeats, from } = { repeats: number(detail.repeats), from: number(detail.from) };
  const again = repeats === null || from === null ? '' : `; ${repeats} such tries since ${rfc3339(from)}`;
  return {
    at,
    outcome,
    factor,
    rule,
    says: `${says}${again}`,
    clears: until === null ? clears : `${clears} (${rfc3339(until)})`,
    failures: number(detail.failures),
    limit: number(detail.limit),
    address,
    browser,
    through: applicationId,
  };
}

/** Why this person is or was refused: from the account as it is, and from the last entries of its audit (LCK-8). Pure. */
export function explain(
  account: Account,
  reasons: readonly Reason[],
  entries: readonly AuditEntry[],
): Explanation {
  const door = account.strangersLock && !account.lock ? [{ reason: 'strangers', ...DOOR_CLOSED }] : [];
  return {
    now: [...reasons.map((reason) => ({ reason, ...STATES[reason] })), ...door],
    attempts: entries.filter(({ type }) => TOLD.has(type)).map(explained),
  };
}
