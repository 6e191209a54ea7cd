import type { AdapterPayload } from 'oidc-provider';
import type { Clock } from '../base/index.ts';
import type { Ephemeral } from '../stores/index.ts';
import { grantedKinds } from './records.ts';

/** The part of a session or grant that says through which event it lives, or into which epoch it was taken (SES-4). */
export const KEPT_PART = ' kept';

export type Kept = { accountId: string } & ({ event: string } | { epoch: number });

interface Ground {
  ephemeral: Ephemeral;
  clock: Clock;
}

/** As long as a request can run that read a record before it was ended. */
const BURIED_SECONDS = 3_600;

/** Ends a grant with everything issued under it. A buried grant cannot be written back by a request that had read it (S69, R10). */
export async function revokeGrant({ ephemeral, clock }: Ground, grantId: string): Promise<void> {
  const now = clock.now();
  await ephemeral.bury('Grant', grantId, now + BURIED_SECONDS, now);
  for (const kind of grantedKinds) await ephemeral.removeMembers(kind, 'grant', grantId);
}

/** Ends a session for good, under its stable uid (engine race E). */
export async function burySession({ ephemeral, clock }: Ground, uid: string): Promise<void> {
  const now = clock.now();
  await ephemeral.bury('Session', uid, now + BURIED_SECONDS, now);
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
  payload: Pick<AdapterPayload, 'accountId'> & { epoch?: unknown },
  recordParts: Readonly<Record<string, string>>,
  current: CurrentEpoch,
): boolean {
  if (current.epoch === payload.epoch) return true;
  const kept =
    recordParts[KEPT_PART] === undefined ? undefined : (JSON.parse(recordParts[KEPT_PART]) as Kept);
  // Of this person: a browser's session may go on to somebody else, whose epochs are other numbers.
  if (kept?.accountId !== payload.accountId) return false;
  return kept !== undefined && 'event' in kept
    ? current.event !== '' && kept.event === current.event
    : kept?.epoch === current.epoch;
}
