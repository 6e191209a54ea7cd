import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import {
  grantedKinds,
  isOfEpoch,
  type Kept,
  keptEntry,
  LINGER_SECONDS,
  outlivedEntries,
} from '../../capabilities/browser-sessions/index.ts';
import type { KeptSession } from '../../capabilities/credential-events/index.ts';
import type { MergeInput, StoredRecord } from '../../foundation/stores/index.ts';
import type { AdapterParts } from './adapter.ts';

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
    change: (record: StoredRecord) => Pick<MergeInput, 'setEntries' | 'unsetEntries'> | undefined,
  ) => {
    const now = clock.now();
    const record = await ephemeral.get(kind, id, now);
    const changed = record && change(record);
    if (!record || !changed) return;
    const { value, expiresAt } = record;
    const lingerSeconds = kind === 'Session' ? LINGER_SECONDS : 0;
    await ephemeral.merge(kind, id, { value, expiresAt, lingerSeconds, ...changed }, now);
  };

  const keeping = (accountId: string, { uid, authorizations = {} }: StoredSession): KeptSession => {
    const grants = Object.values(authorizations).flatMap(({ grantId }) => (grantId ? [grantId] : []));
    const stampAll = async (change: Parameters<typeof stamp>[2]) => {
      await stamp('Session', uid, change);
      for (const grant of grants) await stamp('Grant', grant, change);
    };
    let own = '';
    return {
      async prepare(event, seen) {
        own = keptEntry(event);
        const setEntries = { [own]: JSON.stringify({ accountId, event } satisfies Kept) };
        // Only what lives: a session or grant that an event ended meanwhile is not brought back by this one.
        await stampAll(({ value, entries }) =>
          isOfEpoch(JSON.parse(value), entries, seen)
            ? { setEntries, unsetEntries: outlivedEntries(entries, seen.epoch) }
            : undefined,
        );
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
      settle: (epoch) => {
        const setEntries = { [own]: JSON.stringify({ accountId, epoch } satisfies Kept) };
        return stampAll(({ entries }) => (own in entries ? { setEntries, unsetEntries: [] } : undefined));
      },
      drop: () =>
        stampAll(({ entries }) => (own in entries ? { setEntries: {}, unsetEntries: [own] } : undefined)),
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
