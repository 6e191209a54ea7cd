import { type Clock, newId } from '../../foundation/base/index.ts';
import type { CollectionSpec } from '../../foundation/stores/index.ts';
import type { Audit } from '../audit/index.ts';
import type {
  Delivery,
  DeliveryKind,
  DeliveryQueue,
  DeliveryState,
  Payload,
} from '../delivery-queue/index.ts';

/** An application that was signed on through a session, and what it knows the session by (OpenID Connect Back-Channel Logout 1.0). */
export interface SignOn {
  applicationId: string;
  sid: string;
}

/** One application to be told that one session has ended; its key is the application and the session. */
export interface LogoutDelivery extends SignOn, Delivery {
  accountId: string;
}

export interface LogoutDeliveries {
  /** Resolves when it is certain that they will be told, at least once each. */
  tell(accountId: string, signOns: readonly SignOn[]): Promise<void>;
  /** The newest first. */
  list(query: { applicationId?: string; state: DeliveryState; after?: string }): Promise<{
    items: LogoutDelivery[];
    next?: string;
  }>;
}

export interface LogoutDeliveryParts {
  queue: Pick<DeliveryQueue, 'of'>;
  audit: Audit;
  clock: Clock;
  /** Where the application wants to hear of it; undefined: nowhere. */
  addressOf(applicationId: string): Promise<string | undefined>;
  /** A fresh `logout+jwt`. */
  token(claims: { sub: string; aud: string; sid: string }): Promise<string>;
}

type LogoutPayload = Payload & Pick<LogoutDelivery, 'accountId' | 'applicationId' | 'sid'>;

const SPEC: CollectionSpec = {
  name: 'logoutDeliveries',
  indexes: {
    key: { fields: ['key', 'state', 'id'] },
    state: { fields: ['state', 'id'] },
    application: { fields: ['applicationId', 'state', 'id'] },
    kept: { fields: ['keptUntil'] },
  },
};
const DAY = 86_400;

function logoutKind(parts: LogoutDeliveryParts): DeliveryKind<LogoutDelivery, LogoutPayload> {
  const { audit, addressOf, token } = parts;
  return {
    job: 'logout-delivery',
    spec: SPEC,
    // An application that has not been there for a day has ended its sessions, or never will.
    triedSeconds: DAY,
    keptSeconds: 7 * DAY,
    longestPauseSeconds: 300,
    isStrict: true,
    record: ({ id, accountId, applicationId, sid, createdAt }) => {
      const key = JSON.stringify([applicationId, sid]);
      return { id, accountId, applicationId, sid, key, createdAt };
    },
    receiver: ({ applicationId }) => applicationId,
    async message({ accountId, applicationId, sid }) {
      const address = await addressOf(applicationId);
      if (address === undefined) return { lost: 'the application has no address for it' };
      const content = async () => {
        const logout_token = await token({ sub: accountId, aud: applicationId, sid });
        const body = new URLSearchParams({ logout_token }).toString();
        return { type: 'application/x-www-form-urlencoded', body };
      };
      return { address, content };
    },
    async settled({ state, accountId, applicationId, problem, attempts }) {
      audit.note({
        type: state === 'delivered' ? 'logout.delivered' : 'logout.given-up',
        outcome: state === 'delivered' ? 'success' : 'failure',
        actor: 'system',
        accountId,
        applicationId,
        reason: problem,
        detail: { attempts },
      });
    },
  };
}

/** Back-channel logout (SES-3): durable, at least once, in order for each session, and never in anybody's way. */
export function createLogoutDeliveries(parts: LogoutDeliveryParts): LogoutDeliveries {
  const { queue, clock, addressOf } = parts;
  const deliveries = queue.of(logoutKind(parts));
  return {
    async tell(accountId, signOns) {
      for (const { applicationId, sid } of signOns) {
        if ((await addressOf(applicationId)) === undefined) continue;
        await deliveries.put({ id: newId(), accountId, applicationId, sid, createdAt: clock.now() });
      }
    },
    list({ applicationId, state, after }) {
      if (applicationId === undefined) return deliveries.list({ index: 'state', equals: [state], after });
      return deliveries.list({ index: 'application', equals: [applicationId, state], after });
    },
  };
}
