import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { FirstProof } from '../../capabilities/account-state/index.ts';
import {
  type CurrentEpoch,
  isOfEpoch,
  revokeGrant,
  type TellLogout,
} from '../../capabilities/browser-sessions/index.ts';
import { type Clock, isSallyportError, type Vault } from '../../foundation/base/index.ts';
import type { Ephemeral, Installation, StoredRecord } from '../../foundation/stores/index.ts';
import { firstProofOf } from './grants.ts';
import { bornInOneGeneration, fromStored, recordId, toStored } from './records.ts';

/** What the adapters of all models share. */
export interface AdapterParts {
  ephemeral: Ephemeral;
  vault: Vault;
  clock: Clock;
  installation(): Promise<Installation>;
  /**
   * The epoch in which an account's sessions and grants must have been born, and the event that began it; undefined when those
   * that began with this proof may not be used at all.
   */
  current(accountId: string, first: FirstProof): Promise<CurrentEpoch | undefined>;
  tellLogout: TellLogout;
  /** A spent code or token came again: its grant was revoked. */
  onReuse(kind: string, payload: AdapterPayload): Promise<void>;
}

/** The engine accepts tokens inside its clock tolerance, so records are kept that much longer. */
export const CLOCK_TOLERANCE_SECONDS = 15;

/** The engine's answer when the store cannot: 503, and no redirect that would look like a refusal. */
class StoreUnavailable extends errors.OIDCProviderError {
  constructor(cause: Error) {
    super(503, 'temporarily_unavailable', { cause } as never);
    Object.assign(this, {
      expose: true,
      allow_redirect: false,
      error_description: 'the service is not available at the moment',
    });
  }
}

export async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isSallyportError(error) ? new StoreUnavailable(error) : error;
  }
}

function setsOf(payload: AdapterPayload): Record<string, string> {
  return {
    ...(payload.accountId ? { account: payload.accountId } : {}),
    ...(payload.grantId ? { grant: payload.grantId } : {}),
  };
}

/** One model's records over the ephemeral port. */
export class RecordAdapter implements Adapter {
  readonly kind: string;
  private readonly parts: AdapterParts;

  constructor(kind: string, parts: AdapterParts) {
    this.kind = kind;
    this.parts = parts;
  }

  upsert(id: string, payload: AdapterPayload, expiresIn: number) {
    const { ephemeral, clock, vault } = this.parts;
    return translated(async () => {
      const now = clock.now();
      const expiresAt = now + expiresIn + CLOCK_TOLERANCE_SECONDS;
      await ephemeral.put(
        this.kind,
        recordId(this.kind, id),
        { value: toStored(payload, vault), expiresAt, sets: setsOf(payload) },
        now,
      );
    });
  }

  find(id: string) {
    return translated(async () => {
      const record = await this.parts.ephemeral.get(
        this.kind,
        recordId(this.kind, id),
        this.parts.clock.now(),
      );
      if (!record || (await this.isForgotten(record))) return undefined;
      const payload = fromStored(id, record.value, record.claimedAt, this.parts.vault);
      // Code, refresh, userinfo and introspection all load the grant: an old epoch ends them all here, sweep or no sweep.
      if (this.kind === 'Grant' && !(await isCurrent(payload, record.entries, this.parts))) return undefined;
      return payload;
    });
  }

  private async isForgotten(record: StoredRecord): Promise<boolean> {
    if (!bornInOneGeneration.has(this.kind)) return false;
    return record.generation !== (await this.parts.installation()).generation;
  }

  /** The engine finds, looks at `consumed`, then calls this: only a claim lets one of many through (P10, CVE-2026-1035). */
  consume(id: string) {
    const { ephemeral, clock } = this.parts;
    return translated(async () => {
      const name = recordId(this.kind, id);
      const now = clock.now();
      if ((await ephemeral.claim(this.kind, name, now)) === 'won') return;
      const record = await ephemeral.get(this.kind, name, now);
      const payload = record && fromStored(id, record.value, record.claimedAt, this.parts.vault);
      if (payload?.grantId) await revokeGrant(this.parts, payload.grantId);
      if (payload) await this.parts.onReuse(this.kind, payload);
      throw new errors.InvalidGrant(`${this.kind} already used`);
    });
  }

  destroy(id: string) {
    const { ephemeral, clock } = this.parts;
    return translated(async () => {
      if (this.kind === 'Grant') await revokeGrant({ ephemeral, clock }, id);
      else await ephemeral.remove(this.kind, recordId(this.kind, id));
    });
  }

  revokeByGrantId(grantId: string) {
    return translated(async () => {
      await this.parts.ephemeral.removeMembers(this.kind, 'grant', grantId);
    });
  }

  async findByUid(): Promise<undefined> {}
  async findByUserCode(): Promise<undefined> {}
}

/**
 * Whether the account behind a session or grant is usable, and still in the epoch in which this one was born, or in one that
 * began with the person's own change in this very session.
 */
export async function isCurrent(
  payload: AdapterPayload,
  entries: Readonly<Record<string, string>>,
  parts: Pick<AdapterParts, 'current'>,
): Promise<boolean> {
  if (!payload.accountId) return true;
  const current = await parts.current(payload.accountId, firstProofOf(payload));
  return current !== undefined && isOfEpoch(payload, entries, current);
}
