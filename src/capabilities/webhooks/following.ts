import { type Clock, guarded, type Log } from '../../foundation/base/index.ts';
import type { Audit, AuditEntry } from '../audit/index.ts';
import type { WebhookDeliveries } from './deliveries.ts';
import type { Progress, ProgressKeeper } from './progress.ts';
import type { Webhook, Webhooks } from './webhooks.ts';

export interface FollowingParts {
  webhooks: Webhooks;
  progress: ProgressKeeper;
  deliveries: WebhookDeliveries;
  audit: Pick<Audit, 'ofTenant' | 'whenWritten'>;
  clock: Clock;
  log: Log;
}

/** Follows the audit of every tenant that has webhooks, and tells each webhook what is new. */
export interface Following {
  /** Begins. @returns what ends it: no further event is begun, and the running ones have ended */
  start(): () => Promise<void>;
}

const TICK_MS = 1_000;
const LOOK_AT_ALL_SECONDS = 15;
/** How many webhooks one process tells at once. */
const WIDTH = 16;
const PAGE = 100;
/** Another may take over after `HELD_SECONDS` of the progress, which is longer by the patience of one attempt. */
const ROUND_SECONDS = 15;
/** Entries of several processes reach the store in another order than they were made: younger ones may still have others before them. */
const FRESH_SECONDS = 2;
/** After so long an entry that was made before those which were told is there, or its process could not reach the store meanwhile. */
const LATE_SECONDS = 900;
const AGAIN_SECONDS = 1;

/** What one look found: entries that came late, then those that are new, and whether there are more that must wait. */
interface Found {
  late: AuditEntry[];
  fresh: AuditEntry[];
  hasMore: boolean;
}

export function createFollowing(parts: FollowingParts): Following {
  const { webhooks, progress, deliveries, audit, clock, log } = parts;
  let isStopped = false;

  const wants = ({ types }: Webhook, { type }: AuditEntry) => types.length === 0 || types.includes(type);

  const look = async ({ tenantId }: Webhook, { toldTo, checkedTo }: Progress): Promise<Found> => {
    const now = clock.now();
    const next = await audit.ofTenant(tenantId, toldTo, PAGE);
    const tooFresh = next.findIndex(({ at }) => at > now - FRESH_SECONDS);
    const fresh = tooFresh === -1 ? next : next.slice(0, tooFresh);
    const again = checkedTo < toldTo ? await audit.ofTenant(tenantId, checkedTo, PAGE) : [];
    const notYet = again.findIndex(({ id, at }) => at > now - LATE_SECONDS || id > toldTo);
    const late = notYet === -1 ? again : again.slice(0, notYet);
    return { late, fresh, hasMore: tooFresh !== -1 || next.length === PAGE || late.length === PAGE };
  };

  /** @returns the epoch second from which it may go on; undefined: it was told, or need not be */
  const tell = async (webhookId: string, entry: AuditEntry, isLate: boolean): Promise<number | undefined> => {
    const webhook = await webhooks.byId(webhookId);
    if (!webhook || webhook.state === 'off') return Number.POSITIVE_INFINITY;
    if (!wants(webhook, entry) || (isLate && (await deliveries.isKnown(webhook, entry)))) return undefined;
    const sent = await deliveries.send(webhook, entry);
    return typeof sent === 'object' ? sent.notBefore : undefined;
  };

  /** Tells what was found, in order, as long as the receiver takes it and the round lasts. @returns when to look again */
  const round = async (webhookId: string, held: Progress, { late, fresh, hasMore }: Found) => {
    const until = clock.now() + ROUND_SECONDS;
    const upTo = { toldTo: held.toldTo, checkedTo: held.checkedTo };
    const queue = [
      ...late.map((entry) => ({ entry, mark: 'checkedTo' as const })),
      ...fresh.map((entry) => ({ entry, mark: 'toldTo' as const })),
    ];
    try {
      for (const { entry, mark } of queue) {
        if (isStopped || clock.now() >= until) return clock.now();
        const notBefore = await tell(webhookId, entry, mark === 'checkedTo');
        if (notBefore !== undefined) return notBefore;
        upTo[mark] = entry.id;
      }
      return hasMore ? clock.now() + AGAIN_SECONDS : Number.POSITIVE_INFINITY;
    } finally {
      await progress.release(held, upTo);
    }
  };

  /** @returns the epoch second at which there may be more */
  const follow = async (webhook: Webhook): Promise<number> => {
    const { webhookId } = webhook;
    const seen = await progress.of(webhookId);
    if (!seen) {
      const isThere = (await webhooks.byId(webhookId)) !== undefined;
      if (isThere) await progress.begin(webhookId);
      return isThere ? clock.now() : Number.POSITIVE_INFINITY;
    }
    // Whoever tells it now may have looked before the newest was there.
    if (clock.now() < seen.heldUntil) return clock.now() + AGAIN_SECONDS;
    const found = await look(webhook, seen);
    const isNothing = found.late.length + found.fresh.length === 0;
    if (isNothing) return found.hasMore ? clock.now() + AGAIN_SECONDS : Number.POSITIVE_INFINITY;
    const held = await progress.hold(seen);
    return held ? round(webhookId, held, found) : clock.now() + AGAIN_SECONDS;
  };

  /** When each webhook, and each tenant with news, is to be looked at. */
  const dueWebhooks = new Map<string, { webhook: Webhook; at: number }>();
  const dueTenants = new Map<string, number>();
  const running = new Map<string, Promise<void>>();
  let allAt = 0;

  const begin = (webhook: Webhook) => {
    const { webhookId } = webhook;
    dueWebhooks.delete(webhookId);
    const run = follow(webhook)
      .catch((error: Error) => {
        log.warn({ webhook: webhookId, error: error.message }, 'a webhook could not be told');
        return clock.now() + FRESH_SECONDS;
      })
      .then((at) => {
        running.delete(webhookId);
        const known = dueWebhooks.get(webhookId)?.at ?? Number.POSITIVE_INFINITY;
        const next = Math.min(at, known);
        if (next < Number.POSITIVE_INFINITY) dueWebhooks.set(webhookId, { webhook, at: next });
      });
    running.set(webhookId, run);
  };

  const lookAtAll = async (now: number) => {
    allAt = now + LOOK_AT_ALL_SECONDS;
    let after: string | undefined;
    do {
      const page = await webhooks.on(after);
      for (const webhook of page.items)
        if (!dueWebhooks.has(webhook.webhookId)) dueWebhooks.set(webhook.webhookId, { webhook, at: now });
      after = page.next;
    } while (after);
  };

  const tick = async () => {
    const now = clock.now();
    // A clock that was set back makes nothing wait for long.
    if (now >= allAt || now < allAt - LOOK_AT_ALL_SECONDS) await lookAtAll(now);
    for (const [tenantId, at] of dueTenants) {
      if (now < at) continue;
      dueTenants.delete(tenantId);
      for (const webhook of await webhooks.list(tenantId))
        if (webhook.state === 'on') dueWebhooks.set(webhook.webhookId, { webhook, at: now });
    }
    for (const [webhookId, { webhook, at }] of dueWebhooks)
      if (at <= now && running.size < WIDTH && !running.has(webhookId)) begin(webhook);
  };

  return {
    start() {
      isStopped = false;
      const forget = audit.whenWritten((tenantIds) => {
        for (const tenantId of tenantIds)
          if (!dueTenants.has(tenantId)) dueTenants.set(tenantId, clock.now() + FRESH_SECONDS);
      });
      let ticking: Promise<void> | undefined;
      const failed = (error: Error) => log.warn({ error: error.message }, 'webhooks were not looked at');
      const timer = setInterval(
        guarded(failed, () => {
          ticking ??= tick().finally(() => {
            ticking = undefined;
          });
          return ticking;
        }),
        TICK_MS,
      );
      timer.unref();
      return async () => {
        isStopped = true;
        forget();
        clearInterval(timer);
        await ticking?.catch(() => {});
        await Promise.all(running.values());
      };
    },
  };
}
