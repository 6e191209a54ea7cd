import type { Account } from '../accounts/index.ts';
import type { Ended, Sessions } from '../sessions/index.ts';
import type { Actor } from './passwords.ts';

/** The sessions of others, ended one by one or all at once (SES-1, SES-4). */
export function createSessionActions({ sessions }: { sessions: Sessions }) {
  const contextOf = ({ by, address = '', browser = '' }: Actor, reason: string) => ({
    actor: by,
    address,
    browser,
    reason,
  });
  return {
    /** @returns false when the account has no such session */
    endSession: (account: Account, uid: string, actor: Actor, reason: string): Promise<boolean> =>
      sessions.endOne(account, uid, contextOf(actor, reason)),

    /** Everything that the account is signed in with, refused from this moment on. @returns what ended */
    async endAllSessions(account: Account, actor: Actor, reason: string): Promise<Ended> {
      const event = await sessions.credentialEvent({
        accountId: account.id,
        kind: 'sessions-ended',
        change: (current) => current,
        context: contextOf(actor, reason),
      });
      return event?.ended ?? {};
    },
  };
}
