import type { Clock } from '../base/index.ts';
import type { Ephemeral } from '../stores/index.ts';

/** The part of a session or grant that says through which event it lives, or into which epoch it was taken (SES-4). */
export const KEPT_PART = ' kept';

/** Reads the live browser sessions of an account, each with the applications that are signed on through it. */
export function createSessionReader({ ephemeral, clock }: { ephemeral: Ephemeral; clock: Clock }) {
  return async (accountId: string): Promise<{ applications: string[] }[]> => {
    const ids = await ephemeral.members('Session', 'account', accountId, clock.now());
    const records = await Promise.all(ids.map((id) => ephemeral.get('Session', id, clock.now())));
    return records
      .filter((record) => record !== undefined)
      .map(({ parts }) => ({ applications: Object.keys(parts).filter((part) => part !== KEPT_PART) }));
  };
}
