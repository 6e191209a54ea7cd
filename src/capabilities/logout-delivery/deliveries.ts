import { type Clock, newId } from '../../foundation/base/index.ts';
import type { CollectionSpec, Documents } from '../../foundation/stores/index.ts';
import type { Audit } from '../audit/index.ts';
import type { JobHandlers, JobRun, Jobs } from '../jobs/index.ts';
import type { Outbound } from '../outbound/index.ts';
import { createTurns } from './turns.ts';

/** An application that was signed on through a session, and what it knows the session by (OpenID Connect Back-Channel Logout 1.0). */
export interface SignOn {
  applicationId: string;
  sid: string;
}

export const deliveryStates = ['pending', 'delivered', 'given-up'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** One application to be told that one session has ended. */
export interface LogoutDelivery extends SignOn {
  id: string;
  accountId: string;
  /** Application and session: deliveries of one key keep their order. */
  key: string;
  state: DeliveryState;
  attempts: number;
  /** What the last attempt met; empty after none or a good one. */
  problem: string;
  /** Epoch seconds, as all. */
  createdAt: number;
  triedAt: number;
  /** When the record is deleted. */
  keptUntil: number;
}

export interface Deliveries {
  /** Resolves when it is certain that they will be told, at least once each. */
  tell(accountId: string, signOns: readonly SignOn[]): Promise<void>;
  /** The newest first. */
  list(query: { applicationId?: string; state: DeliveryState; after?: string }): Promise<{
    items: LogoutDelivery[];
    next?: string;
  }>;
  /** Deletes what was settled long ago, at most so many. @returns how many */
  clear(most: number): Promise<number>;
  jobs: JobHandlers;
}

export interface DeliveryParts {
  documents: Documents;
  jobs: Pick<Jobs, 'enqueue'>;
  outbound: Outbound;
  audit: Audit;
  clock: Clock;
  /** Where the application wants to hear of it; undefined: nowhere. */
  addressOf(applicationId: string): Promise<string | undefined>;
  /** A fresh `logout+jwt`. */
  token(claims: { sub: string; aud: string; sid: string }): Promise<string>;
}

type Payload = Pick<LogoutDelivery, 'id' | 'accountId' | 'applicationId' | 'sid' | 'createdAt'>;

const SPEC: CollectionSpec = {
  name: 'logoutDeliveries',
  indexes: {
    key: { fields: ['key', 'state', 'id'] },
    state: { fields: ['state', 'id'] },
    application: { fields: ['applicationId', 'state', 'id'] },
    kept: { fields: ['keptUntil'] },
  },
};
/** The kind of a delivery among the jobs. */
const LOGOUT_JOB = 'logout-delivery';
const DAY = 86_400;
/** An application that has not been there for a day has ended its sessions, or never will. */
const TRIED_SECONDS = DAY;
const KEPT_SECONDS = 7 * DAY;
const FIRST_PAUSE_SECONDS = 5;
const LONGEST_PAUSE_SECONDS = 300;
const ORDER_SECONDS = 2;
const PAGE = 100;

/** 5, 10, 20 … seconds, at most five minutes: who comes back after an hour hears of it soon. */
function pauseAfter(attempts: number): number {
  return Math.min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (attempts - 1));
}

function newDelivery({ id, accountId, applicationId, sid, createdAt }: Payload): LogoutDelivery {
  const key = JSON.stringify([applicationId, sid]);
  const untried = { state: 'pending', attempts: 0, problem: '', triedAt: 0 } as const;
  const keptUntil = createdAt + TRIED_SECONDS + KEPT_SECONDS;
  return { id, accountId, applicationId, sid, key, ...untried, createdAt, keptUntil };
}

/** Back-channel logout (SES-3): durable, at least once, in order for each session, and never in anybody's way. */
export function createDeliveries(parts: DeliveryParts): Deliveries {
  const { documents, jobs, outbound, audit, clock, addressOf, token } = parts;
  const collection = documents.collection<LogoutDelivery>(SPEC);
  const turns = createTurns();

  /** The record, made where a crash came between the job and it. */
  const recordOf = async (payload: Payload) => {
    const found = await collection.get(payload.id);
    if (found) return found;
    const doc = newDelivery(payload);
    await collection.insert(doc);
    return { doc, version: 1 };
  };

  const settle = async (
    { doc, version }: { doc: LogoutDelivery; version: number },
    state: 'delivered' | 'given-up',
    problem: string,
  ) => {
    const now = clock.now();
    const attempts = doc.attempts + (state === 'delivered' ? 1 : 0);
    const settled = { ...doc, state, problem, attempts, triedAt: now, keptUntil: now + KEPT_SECONDS };
    if (!(await collection.replace(settled, version))) return;
    audit.note({
      type: state === 'delivered' ? 'logout.delivered' : 'logout.given-up',
      outcome: state === 'delivered' ? 'success' : 'failure',
      actor: 'system',
      accountId: doc.accountId,
      applicationId: doc.applicationId,
      reason: problem,
      detail: { attempts },
    });
  };

  const hasEarlier = async ({ key, id }: LogoutDelivery) => {
    const { items } = await collection.page({ index: 'key', equals: [key, 'pending'], limit: 1 });
    return items.some(({ doc }) => doc.id < id);
  };

  /** @returns what went wrong, if anything */
  const post = async (address: string, { accountId, applicationId, sid }: LogoutDelivery) => {
    try {
      const logout_token = await token({ sub: accountId, aud: applicationId, sid });
      const status = await outbound.postForm(address, { logout_token });
      return status >= 200 && status < 300 ? undefined : `answered ${status}`;
    } catch (error) {
      return (error as Error).message;
    }
  };

  const deliver = async (payload: Payload, { postpone }: JobRun) => {
    const record = await recordOf(payload);
    const { doc, version } = record;
    if (doc.state !== 'pending') return;
    if (clock.now() >= doc.createdAt + TRIED_SECONDS) return settle(record, 'given-up', doc.problem);
    const address = await addressOf(doc.applicationId);
    if (address === undefined) return settle(record, 'given-up', 'the application has no address for it');
    if (await hasEarlier(doc)) return postpone(clock.now() + ORDER_SECONDS);
    const turn = turns.take(doc.applicationId, clock.now());
    if ('until' in turn) return postpone(turn.until);
    const problem = await post(address, doc);
    const now = clock.now();
    turn.end(problem === undefined, now);
    if (problem === undefined) return settle(record, 'delivered', '');
    const attempts = doc.attempts + 1;
    await collection.replace({ ...doc, attempts, problem, triedAt: now }, version);
    postpone(now + pauseAfter(attempts));
  };

  return {
    async tell(accountId, signOns) {
      for (const { applicationId, sid } of signOns) {
        if ((await addressOf(applicationId)) === undefined) continue;
        const createdAt = clock.now();
        const payload: Payload = { id: newId(), accountId, applicationId, sid, createdAt };
        const giveUpAt = createdAt + TRIED_SECONDS + KEPT_SECONDS;
        // The job first: it carries enough to make the record, and a record without a job would never be delivered.
        await jobs.enqueue({ kind: LOGOUT_JOB, lane: 'outside', payload, giveUpAt });
        await collection.insert(newDelivery(payload));
      }
    },
    async list({ applicationId, state, after }) {
      const index = applicationId === undefined ? 'state' : 'application';
      const equals = applicationId === undefined ? [state] : [applicationId, state];
      const from = after === undefined ? {} : { after };
      const page = await collection.page({ index, equals, descending: true, limit: PAGE, ...from });
      return { items: page.items.map(({ doc }) => doc), ...(page.next ? { next: page.next } : {}) };
    },
    async clear(most) {
      const { items } = await collection.page({ index: 'kept', limit: most });
      const old = items.filter(({ doc }) => doc.keptUntil <= clock.now());
      for (const { doc } of old) await collection.remove(doc.id);
      return old.length;
    },
    jobs: { [LOGOUT_JOB]: deliver },
  };
}
