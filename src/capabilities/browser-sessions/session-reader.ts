import type { Clock } from '../../foundation/base/index.ts';
import type { Ephemeral } from '../../foundation/stores/index.ts';
import type { Account } from '../accounts/index.ts';
import type { LiveSession, Member, SessionReader } from '../credential-events/index.ts';
import { burySession, isOfEpoch, revokeGrant, signOnsOf, type TellLogout, tellOf } from './ending.ts';
import { grantedKinds } from './kinds.ts';

interface Stored {
  accountId?: string;
  epoch?: number;
  loginTs?: number;
  usedAt?: number;
  address?: string;
  browser?: string;
}

/** So many expired sessions at once, each of them ours for a minute. */
const EXPIRED_AT_ONCE = 50;
const LEASE_SECONDS = 60;

/** Reads and ends browser sessions by account, without the engine: commands do so too. */
export function createSessionReader(parts: {
  ephemeral: Ephemeral;
  clock: Clock;
  tell: TellLogout;
}): SessionReader {
  const { ephemeral, clock } = parts;

  const read = async ({ account, epoch }: Member, uid: string) => {
    const record = await ephemeral.get('Session', uid, clock.now());
    const stored = record && (JSON.parse(record.value) as Stored);
    if (!stored || stored.accountId !== account.id) return undefined;
    const isLive = isOfEpoch(stored, record.entries, { epoch, event: account.epochEvent });
    return isLive ? { stored, record } : undefined;
  };

  const issuedUnder = async (accountId: string, uid: string): Promise<string[]> => {
    const grants: string[] = [];
    for (const kind of grantedKinds)
      for (const id of await ephemeral.members(kind, 'account', accountId, clock.now())) {
        const record = await ephemeral.get(kind, id, clock.now());
        const issued = record && (JSON.parse(record.value) as { sessionUid?: string; grantId?: string });
        if (issued?.sessionUid === uid && issued.grantId) grants.push(issued.grantId);
      }
    return grants;
  };

  return {
    async list(member: Member): Promise<LiveSession[]> {
      const uids = await ephemeral.members('Session', 'account', member.account.id, clock.now());
      const found = await Promise.all(uids.map(async (uid) => ({ uid, session: await read(member, uid) })));
      return found.flatMap(({ uid, session }) => {
        if (!session) return [];
        const { loginTs = 0, usedAt = loginTs, address = '', browser = '' } = session.stored;
        const applications = signOnsOf(session.record).map(({ applicationId }) => applicationId);
        return [{ uid, token: null, signedInAt: loginTs, usedAt, address, browser, applications }];
      });
    },

    async end(account: Account, uid: string): Promise<string[] | undefined> {
      const record = await ephemeral.get('Session', uid, clock.now());
      if (!record || (JSON.parse(record.value) as Stored).accountId !== account.id) return undefined;
      const signOns = await burySession(parts, uid);
      const grants = signOns.flatMap(({ grantId }) => grantId ?? []);
      // What an application got between the look and the burial stands in no entry of the record.
      const late = await issuedUnder(account.id, uid);
      for (const grantId of new Set([...grants, ...late])) await revokeGrant(parts, grantId);
      return signOns.map(({ applicationId }) => applicationId);
    },

    async bury(uid: string): Promise<void> {
      await burySession(parts, uid);
    },

    async endStale({ account, epoch }: Member): Promise<void> {
      const current = { epoch, event: account.epochEvent };
      for (const uid of await ephemeral.members('Session', 'account', account.id, clock.now())) {
        const record = await ephemeral.get('Session', uid, clock.now());
        const stored = record && (JSON.parse(record.value) as Stored);
        if (stored?.accountId !== account.id || isOfEpoch(stored, record?.entries ?? {}, current)) continue;
        // One that is ahead was begun after what this process has seen of account and tenant.
        if ((stored.epoch ?? 0) < epoch) await burySession(parts, uid);
      }
    },

    async endExpired(): Promise<boolean> {
      const expired = await ephemeral.takeExpired('Session', clock.now(), LEASE_SECONDS, EXPIRED_AT_ONCE);
      for (const { id, ...record } of expired) {
        await tellOf(record, parts.tell);
        await ephemeral.remove('Session', id);
      }
      return expired.length === EXPIRED_AT_ONCE;
    },
  };
}
