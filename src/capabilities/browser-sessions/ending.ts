import type { Clock } from '../../foundation/base/index.ts';
import type { Ephemeral, StoredRecord } from '../../foundation/stores/index.ts';
import type { SignOn } from '../logout-delivery/index.ts';
import { grantedKinds } from './kinds.ts';

const KEPT = ' kept';

/**
 * The entry of a session or grant that says through which event it lives, or into which epoch it was taken (SES-4). Each event
 * has one of its own: of two changes at once the one that does not happen takes nothing from the other.
 */
export function keptEntry(event: string): string {
  return `${KEPT} ${event}`;
}

export function isKeptEntry(name: string): boolean {
  return name.startsWith(KEPT);
}

export type Kept = { accountId: string } & ({ event: string } | { epoch: number });

interface Ground {
  ephemeral: Ephemeral;
  clock: Clock;
}

/** As long as a request can run that read a record before it was ended. */
const BURIED_SECONDS = 3_600;

/** After its expiry a session is kept this long for the code that lets its applications know (SES-3). */
export const LINGER_SECONDS = 3_600;

/** Ends a grant with everything issued under it. A buried grant cannot be written back by a request that had read it (S69, R10). */
export async function revokeGrant({ ephemeral, clock }: Ground, grantId: string): Promise<void> {
  const now = clock.now();
  await ephemeral.bury('Grant', grantId, now + BURIED_SECONDS, now);
  for (const kind of grantedKinds) await ephemeral.removeMembers(kind, 'grant', grantId);
}

/** The sign-ons of a session: every entry of the record but the one that keeps it through an event. */
export function signOnsOf({ entries }: Pick<StoredRecord, 'entries'>): (SignOn & { grantId?: string })[] {
  return Object.entries(entries)
    .filter(([name]) => !isKeptEntry(name))
    .map(([applicationId, json]) => {
      const { sid = '', grantId } = JSON.parse(json) as { sid?: string; grantId?: string };
      return { applicationId, sid, ...(grantId ? { grantId } : {}) };
    });
}

/** Lets applications know that a session of an account has ended; resolves when it is certain that they will be told. */
export type TellLogout = (accountId: string, signOns: readonly SignOn[]) => Promise<void>;

/** Lets the applications of a stored session know. A session that no one signed in to has none. */
export async function tellOf(
  record: Pick<StoredRecord, 'value' | 'entries'>,
  tell: TellLogout,
): Promise<void> {
  const { accountId } = JSON.parse(record.value) as { accountId?: string };
  if (accountId) await tell(accountId, signOnsOf(record));
}

/**
 * Ends a session for good, under its stable uid (engine race E), and lets its applications know: first, as they would never
 * hear of it if the process died in between. Who signed on since the look is told after.
 * @returns its sign-ons
 */
export async function burySession(
  { ephemeral, clock, tell }: Ground & { tell: TellLogout },
  uid: string,
): Promise<ReturnType<typeof signOnsOf>> {
  const now = clock.now();
  const seen = await ephemeral.get('Session', uid, now);
  if (seen) await tellOf(seen, tell);
  const removed = await ephemeral.bury('Session', uid, now + BURIED_SECONDS, now);
  if (!removed) return [];
  const isNew = ([name, json]: [string, string]) => seen?.entries[name] !== json;
  const late = Object.fromEntries(Object.entries(removed.entries).filter(isNew));
  await tellOf({ ...removed, entries: late }, tell);
  return signOnsOf(removed);
}

/** The epoch in which an account's sessions and grants must have been born, and the event that began it. */
export interface CurrentEpoch {
  epoch: number;
  event: string;
}

/**
 * Whether a session or grant was born in the account's epoch, or lives on in one that began with the person's own change in
 * this very session.
 */
export function isOfEpoch(
  payload: { accountId?: string | undefined; epoch?: unknown },
  entries: Readonly<Record<string, string>>,
  current: CurrentEpoch,
): boolean {
  if (current.epoch === payload.epoch) return true;
  return keptOf(entries).some(({ kept }) => {
    // Only of this person: a browser's session may go on to someone else, whose epochs are other numbers.
    if (kept.accountId !== payload.accountId) return false;
    return 'event' in kept
      ? current.event !== '' && kept.event === current.event
      : kept.epoch === current.epoch;
  });
}

function keptOf(entries: Readonly<Record<string, string>>): { name: string; kept: Kept }[] {
  return Object.entries(entries)
    .filter(([name]) => isKeptEntry(name))
    .map(([name, json]) => ({ name, kept: JSON.parse(json) as Kept }));
}

/** The entries that no account can be in any more: taken into an epoch before this one. */
export function outlivedEntries(entries: Readonly<Record<string, string>>, epoch: number): string[] {
  return keptOf(entries).flatMap(({ name, kept }) => ('epoch' in kept && kept.epoch < epoch ? [name] : []));
}
