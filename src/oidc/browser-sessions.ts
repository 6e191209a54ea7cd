import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import type { KeptSession } from '../sessions/index.ts';
import type { StoredRecord } from '../stores/index.ts';
import type { AdapterParts } from './adapter.ts';
import { isOfEpoch, KEPT_PART, type Kept, LINGER_SECONDS } from './ending.ts';
import { grantedKinds } from './records.ts';

/** The session of a browser, as a page of ours needs to know it. */
export interface BrowserSession {
  uid: string;
  accountId: string;
  /** Epoch seconds of the sign-in. */
  signedInAt: number;
  /** Lets it live on, with its applications, through the person's own change. */
  kept: KeptSession;
}

export interface BrowserSessions {
  /** @returns undefined for a browser that is not signed in, or whose session has ended */
  current(exchange: { req: IncomingMessage; res: ServerResponse }): Promise<BrowserSession | undefined>;
}

interface StoredSession {
  uid: string;
  accountId?: string;
  loginTs?: number;
  authorizations?: Record<string, { grantId?: string }>;
}

/**
 * Reads the engine's own session: there is no second cookie. The engine saves whole records, so what keeps them is a part of
 * its own, merged.
 */
export function createBrowserSessions(
  provider: () => Provider,
  { ephemeral, clock }: Pick<AdapterParts, 'ephemeral' | 'clock'>,
): BrowserSessions {
  const stamp = async (
    kind: 'Session' | 'Grant',
    id: string,
    kept: Kept,
    isMeant: (record: StoredRecord) => boolean,
  ) => {
    const now = clock.now();
    const record = await ephemeral.get(kind, id, now);
    if (!record || !isMeant(record)) return;
    const { value, expiresAt } = record;
    const setParts = { [KEPT_PART]: JSON.stringify(kept) };
    const lingerSeconds = kind === 'Session' ? LINGER_SECONDS : 0;
    await ephemeral.merge(kind, id, { value, expiresAt, lingerSeconds, setParts, unsetParts: [] }, now);
  };

  const keeping = (accountId: string, { uid, authorizations = {} }: StoredSession): KeptSession => {
    const grants = Object.values(authorizations).flatMap(({ grantId }) => (grantId ? [grantId] : []));
    const stampAll = async (kept: Kept, isMeant: (record: StoredRecord) => boolean) => {
      await stamp('Session', uid, kept, isMeant);
      for (const grant of grants) await stamp('Grant', grant, kept, isMeant);
    };
    let mark = '';
    return {
      async prepare(event, seen) {
        mark = JSON.stringify({ accountId, event });
        // Only what lives: a session or grant that an event ended meanwhile is not brought back by this one.
        await stampAll({ accountId, event }, ({ value, parts }) => isOfEpoch(JSON.parse(value), parts, seen));
        const spared = new Map([
          ['Session', new Set([uid])],
          ['Grant', new Set(grants)],
        ]);
        for (const kind of grantedKinds) {
          const ids = await Promise.all(
            grants.map((grant) => ephemeral.members(kind, 'grant', grant, clock.now())),
          );
          spared.set(kind, new Set(ids.flat()));
        }
        return spared;
      },
      settle: (epoch) => stampAll({ accountId, epoch }, ({ parts }) => parts[KEPT_PART] === mark),
    };
  };

  return {
    async current({ req, res }) {
      const engine = provider();
      const ctx = engine.createContext(req, res);
      const session = (await engine.Session.get(ctx as never)) as unknown as StoredSession;
      if (!session.accountId) return undefined;
      const { uid, accountId, loginTs = 0 } = session;
      return { uid, accountId, signedInAt: loginTs, kept: keeping(accountId, session) };
    },
  };
}
