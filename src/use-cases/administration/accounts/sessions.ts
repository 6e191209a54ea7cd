import { z } from 'zod';
import { refuse } from '../../../foundation/base/index.ts';
import { done, operation } from '../operation.ts';
import { instant, nothing, onlyReason, reason } from '../schemas.ts';

const liveSession = z.object({
  uid: z.string(),
  token: z.string().nullable().describe('the API token of the session of a program; null: a browser'),
  signedInAt: instant,
  usedAt: instant,
  address: z.string(),
  browser: z.string(),
  applications: z.array(z.string()),
});

/** @see SES-1 */
export const sessions = operation({
  name: 'account sessions',
  summary: 'Lists the browsers and programs that an account is signed in with.',
  on: 'account',
  permission: 'read-accounts',
  effect: 'reads',
  path: '/tenants/{tenant}/accounts/{account}/sessions',
  input: nothing,
  output: z.object({ sessions: z.array(liveSession) }),
  run: async (parts, member) => {
    const live = await parts.sessions.live(member);
    return done({ sessions: live.map((one) => ({ ...one, applications: [...one.applications] })) });
  },
});

/** The room that ends it writes the entry: people end their own in the same way. */
export const endSession = operation({
  name: 'account end-session',
  summary: 'Ends one session of an account, with its tokens.',
  on: 'account',
  permission: 'end-sessions',
  effect: 'changes',
  path: '/tenants/{tenant}/accounts/{account}/sessions/end',
  input: z.strictObject({ session: z.string().max(200), reason }),
  output: z.object({ ended: z.string() }),
  run: async (parts, { account }, { session, reason: why }, { actor }) => {
    const { by, address = '', browser = '' } = actor;
    const context = { actor: by, address, browser, reason: why };
    if (!(await parts.sessions.endOne(account, session, context))) return refuse('session_unknown');
    return done({ ended: session });
  },
});

/** The credential event writes the entry, with all that ended (SES-4). */
export const endAllSessions = operation({
  name: 'account end-all-sessions',
  summary: 'Ends everything that an account is signed in with.',
  on: 'account',
  permission: 'end-sessions',
  effect: 'changes',
  path: '/tenants/{tenant}/accounts/{account}/sessions/end-all',
  input: onlyReason,
  output: z.object({ ended: z.record(z.string(), z.number()) }),
  run: async (parts, { account }, { reason: why }, { actor }) => {
    const { by, address = '', browser = '' } = actor;
    const event = await parts.sessions.credentialEvent({
      accountId: account.id,
      kind: 'sessions-ended',
      change: (current) => current,
      context: { actor: by, address, browser, reason: why },
    });
    return done({ ended: { ...event?.ended } });
  },
});
