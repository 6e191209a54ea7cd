import type { Reason } from '../../capabilities/account-state/index.ts';
import type { Account } from '../../capabilities/accounts/index.ts';
import type { ProgramRefusal } from '../../capabilities/api-access/index.ts';
import type { AuditEntry } from '../../capabilities/audit/index.ts';
import type { TryReason } from '../../capabilities/lockout/index.ts';
import { methodSaid } from '../../capabilities/second-factor/index.ts';
import type { Say } from '../../foundation/base/index.ts';
import { rfc3339 } from '../../foundation/base/index.ts';

/** What a refused attempt met. Each has its two sentences, `says` and `clears`, in the language files under `why.rule`. */
const RULES: Readonly<Record<Exclude<TryReason, 'unknown'> | ProgramRefusal | Told, true>> = {
  wrong: true,
  'wrong current password': true,
  'wrong code': true,
  'wrong passkey': true,
  'temporary-expired': true,
  spelling: true,
  disabled: true,
  late: true,
  locked: true,
  waiting: true,
  network: true,
  'network-tries': true,
  replayed: true,
  expired: true,
  permission: true,
  second_factor_required: true,
  second_factor_missing: true,
  password_change_required: true,
  abandoned: true,
  lock: true,
  strangers: true,
  mail: true,
};

/** What the entry tells beside its reason. */
type Told = 'wrong code' | 'wrong passkey' | 'abandoned' | 'lock' | 'strangers' | 'mail';
type Rule = keyof typeof RULES;
export const rules = Object.keys(RULES) as Rule[];

export interface ExplainedAttempt {
  at: number;
  outcome: AuditEntry['outcome'];
  factor: string;
  /** A `Rule`, or a reason of another version as it stands; empty for an attempt that succeeded. */
  rule: string;
  failures: number | null;
  limit: number | null;
  /** Epoch seconds until which it holds. */
  until: number | null;
  /** How many such attempts this entry stands for, and since when (X18). */
  repeats: number | null;
  since: number | null;
  /** The reply of the mail server. */
  reply: number | null;
  address: string;
  browser: string;
  /** Through which application, or `token` and the name of a program's API token; empty on own pages. */
  through: string;
}

export interface Explanation {
  /** Why a sign-in now would be refused or ask for more; empty when nothing is in its way. */
  now: (Reason | 'strangers')[];
  /** The last attempts, the newest last. */
  attempts: ExplainedAttempt[];
}

const TOLD = new Set([
  'sign-in.password',
  'sign-in.second-factor',
  'attempt.abandoned',
  'account.locked',
  'api-session.refused',
  'mail.refused',
]);

function ruleOf({ type, outcome, factor, reason, detail }: AuditEntry): string {
  if (type === 'account.locked') return detail.door === 'strangers' ? 'strangers' : 'lock';
  if (type === 'attempt.abandoned') return 'abandoned';
  if (type === 'mail.refused') return 'mail';
  if (outcome === 'success') return '';
  if (reason === 'wrong' && factor !== 'password')
    return methodSaid(factor)?.proof === 'answer' ? 'wrong passkey' : 'wrong code';
  return reason;
}

function explained(entry: AuditEntry): ExplainedAttempt {
  const { at, outcome, factor, detail, address, browser, applicationId } = entry;
  const number = (value: unknown) => (typeof value === 'number' ? value : null);
  return {
    at,
    outcome,
    factor,
    rule: ruleOf(entry),
    failures: number(detail.failures),
    limit: number(detail.limit),
    until: number(detail.until),
    repeats: number(detail.repeats),
    since: number(detail.from),
    reply: number(detail.reply),
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
  const isDoorClosed = account.strangersLock !== null && account.lock === null;
  return {
    now: [...reasons, ...(isDoorClosed ? (['strangers'] as const) : [])],
    attempts: entries.filter(({ type }) => TOLD.has(type)).map(explained),
  };
}

interface Words {
  says: string;
  clears: string;
}

/** The two sentences of what is in the way now. */
export function stateInWords(say: Say, reason: Reason | 'strangers'): Words {
  const key = reason === 'strangers' ? 'why.rule.strangers' : `why.state.${reason}`;
  return { says: say(`${key}.says`), clears: say(`${key}.clears`) };
}

/** The two sentences of an attempt: what it met, and what clears that. */
export function attemptInWords(
  say: Say,
  {
    rule,
    until,
    repeats,
    since,
    reply,
  }: Pick<ExplainedAttempt, 'rule' | 'until' | 'repeats' | 'since' | 'reply'>,
): Words {
  if (rule === '') return { says: say('why.right'), clears: '' };
  // Written by an earlier version, or by a later one beside this: told as it stands.
  if (!Object.hasOwn(RULES, rule)) return { says: rule, clears: '' };
  const says = say(`why.rule.${rule}.says`, { reply });
  const clears = say(`why.rule.${rule}.clears`);
  return {
    says:
      repeats === null || since === null
        ? says
        : say('why.repeated', { says, repeats, since: rfc3339(since) }),
    clears: until === null ? clears : say('why.until', { clears, until: rfc3339(until) }),
  };
}
