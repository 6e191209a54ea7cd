import { type Adapter, type AdapterPayload, default as Provider } from 'oidc-provider';
import {
  burySession,
  isKeptEntry,
  LINGER_SECONDS,
  tellOf,
} from '../../capabilities/browser-sessions/index.ts';
import { fingerprint } from '../../foundation/base/index.ts';
import type { StoredRecord } from '../../foundation/stores/index.ts';
import { type AdapterParts, CLOCK_TOLERANCE_SECONDS, isCurrent, translated } from './adapter.ts';

/** Limits of a session, set at sign-in from the tenant's policy and kept with it (SES-2). */
export interface SessionLimits {
  idleSeconds: number;
  absoluteSeconds: number;
}

/** How long a session lives if no one uses it from now on: the idle limit, cut short by the absolute one. */
export function sessionSeconds(
  session: Partial<SessionLimits> & { loginTs?: number | undefined },
  now: number,
): number {
  const { idleSeconds = 7_200, absoluteSeconds = 86_400, loginTs } = session;
  const left = loginTs === undefined ? idleSeconds : loginTs + absoluteSeconds - now;
  return Math.max(1, Math.min(idleSeconds, left));
}

type Authorizations = NonNullable<AdapterPayload['authorizations']>;

/**
 * Browser sessions: one record under the stable `uid`, and an alias for each session id that a cookie may hold. The engine
 * saves whole sessions, last write wins; here each request merges only what it changed, so that parallel sign-ons of one
 * browser lose no application (engine races C to E).
 */
export class SessionAdapter implements Adapter {
  private readonly parts: AdapterParts;
  /** What each request had loaded, as it was stored: the library changes the object it was given. */
  private readonly loaded = new WeakMap<object, { uid: string; entries: Readonly<Record<string, string>> }>();

  constructor(parts: AdapterParts) {
    this.parts = parts;
  }

  upsert(id: string, payload: AdapterPayload, expiresIn: number) {
    const { ephemeral, clock } = this.parts;
    return translated(async () => {
      const { jti: _, authorizations = {}, ...base } = payload;
      const uid = payload.uid ?? '';
      const now = clock.now();
      const expiresAt = now + expiresIn + CLOCK_TOLERANCE_SECONDS;
      const value = JSON.stringify({ ...base, usedAt: now });
      const { left, ...difference } = this.difference(uid, authorizations);
      // The person signed out of only that application: the session lives on without it.
      await tellOf({ value, entries: left }, this.parts.tellLogout);
      const change = {
        value,
        expiresAt,
        lingerSeconds: LINGER_SECONDS,
        ...difference,
        ...setsOf(payload),
      };
      // Refused when buried: a request that read the session before it was ended cannot bring it back.
      if (!(await ephemeral.merge('Session', uid, change, now))) return;
      await ephemeral.put('SessionAlias', fingerprint(id), { value: JSON.stringify(uid), expiresAt }, now);
    });
  }

  /** What this request changed: the sign-ons that are new or other, and those that were left. */
  private difference(uid: string, after: Authorizations) {
    const ctx = Provider.ctx;
    const seen = ctx && this.loaded.get(ctx);
    const before = seen?.uid === uid ? seen.entries : {};
    const changed = Object.entries(after).filter(([client, a]) => before[client] !== JSON.stringify(a));
    const left = Object.fromEntries(Object.entries(before).filter(([client]) => !(client in after)));
    return {
      setEntries: Object.fromEntries(changed.map(([client, a]) => [client, JSON.stringify(a)])),
      unsetEntries: Object.keys(left),
      left,
    };
  }

  find(id: string) {
    const { ephemeral, clock } = this.parts;
    return translated(async () => {
      const alias = await ephemeral.get('SessionAlias', fingerprint(id), clock.now());
      return alias && this.load(JSON.parse(alias.value) as string, id);
    });
  }

  findByUid(uid: string) {
    return translated(async () => {
      const payload = await this.load(uid, '');
      if (payload && Provider.ctx?.oidc?.params?.grant_type === 'refresh_token')
        await this.extend(uid, payload);
      return payload;
    });
  }

  private async load(uid: string, id: string): Promise<AdapterPayload | undefined> {
    const record = await this.parts.ephemeral.get('Session', uid, this.parts.clock.now());
    if (!record) return undefined;
    const payload = restored(record, id);
    if (!(await isCurrent(payload, record.entries, this.parts))) return undefined;
    const ctx = Provider.ctx;
    if (ctx) this.loaded.set(ctx, { uid, entries: applicationsOf(record) });
    return payload;
  }

  /** A refresh counts as use of the session, so that a call of three hours does not end at the idle limit. */
  private async extend(uid: string, payload: AdapterPayload) {
    const { ephemeral, clock } = this.parts;
    const now = clock.now();
    // Used in this second already: nothing would change.
    if ((payload as { usedAt?: number }).usedAt === now) return;
    const exp = now + sessionSeconds(payload, now);
    const { jti: _, authorizations: __, ...base } = { ...payload, exp, usedAt: now };
    const change = {
      value: JSON.stringify(base),
      expiresAt: exp + CLOCK_TOLERANCE_SECONDS,
      lingerSeconds: LINGER_SECONDS,
      setEntries: {},
      unsetEntries: [],
      ...setsOf(payload),
    };
    await ephemeral.merge('Session', uid, change, now);
  }

  /** Rotation takes one id away; the session lives on under its uid. */
  destroy(id: string) {
    return translated(() => this.parts.ephemeral.remove('SessionAlias', fingerprint(id)));
  }

  /** Ends the session for good. */
  bury(uid: string) {
    return translated(async () => {
      const { tellLogout: tell, ...ground } = this.parts;
      await burySession({ ...ground, tell }, uid);
    });
  }

  async findByUserCode(): Promise<undefined> {}
  async consume(): Promise<undefined> {}
  async revokeByGrantId(): Promise<undefined> {}
}

/** The entries that are applications: an entry that keeps the session through an event is no sign-on. */
function applicationsOf({ entries }: StoredRecord): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).filter(([name]) => !isKeptEntry(name)));
}

function restored(record: StoredRecord, id: string): AdapterPayload {
  const authorizations = Object.fromEntries(
    Object.entries(applicationsOf(record)).map(([client, json]) => [client, JSON.parse(json)]),
  );
  return { ...(JSON.parse(record.value) as AdapterPayload), jti: id, authorizations };
}

function setsOf(payload: AdapterPayload): { sets?: Record<string, string> } {
  return payload.accountId ? { sets: { account: payload.accountId } } : {};
}
