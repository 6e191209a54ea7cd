import { type Clock, dayOf, type Log } from '../../foundation/base/index.ts';
import {
  type CollectionSpec,
  createTally,
  type Documents,
  type Tally,
} from '../../foundation/stores/index.ts';
import type { AuditEvent } from '../audit/index.ts';

/** How often each cause was met. */
export type Causes = Readonly<Record<string, number>>;

/** What happened in a tenant on a day (UTC). */
export interface DayCounts {
  /** As `2026-01-31`. */
  day: string;
  /** Finished sign-ins of people. */
  signIns: number;
  /** Sign-ins by programs. */
  programSignIns: number;
  /** Tries that failed or were refused, by what they met, as the audit and `account why` name it. */
  failures: Readonly<Record<FailureKind, Causes>>;
  locks: number;
}

export type FailureKind = 'password' | 'secondFactor' | 'program';

interface StoredDay extends DayCounts {
  id: string;
  tenantId: string;
}

export interface Statistics extends Pick<Tally<StoredDay>, 'flush' | 'start'> {
  /** Counts an event of the audit, where it is one of those; written with others in a moment. */
  count(event: AuditEvent): void;
  /** Each of the last days, today first, also those on which nothing happened. @param most 1 to 366 */
  days(tenantId: string, most: number): Promise<DayCounts[]>;
}

const SPEC: CollectionSpec = {
  name: 'statistics',
  indexes: { tenant: { fields: ['tenantId', 'day'] } },
};
const DAY = 86_400;
const NO_FAILURES = { password: {}, secondFactor: {}, program: {} };
const NOTHING = { signIns: 0, programSignIns: 0, failures: NO_FAILURES, locks: 0 };

function sumOf(a: Causes, b: Causes): Causes {
  const causes = Object.keys({ ...a, ...b });
  return Object.fromEntries(causes.map((cause) => [cause, (a[cause] ?? 0) + (b[cause] ?? 0)]));
}

function sum(stored: StoredDay, more: StoredDay): StoredDay {
  const [a, b] = [stored.failures, more.failures];
  return {
    ...stored,
    signIns: stored.signIns + more.signIns,
    programSignIns: stored.programSignIns + more.programSignIns,
    failures: {
      password: sumOf(a.password, b.password),
      secondFactor: sumOf(a.secondFactor, b.secondFactor),
      program: sumOf(a.program, b.program),
    },
    locks: stored.locks + more.locks,
  };
}

type Counted = Partial<Omit<DayCounts, 'day'>>;

function failed(kind: FailureKind, cause: string, times = 1): Counted {
  return { failures: { ...NO_FAILURES, [kind]: { [cause]: times } } };
}

/** What an event adds to its day; undefined: nothing. Pure. */
function countedOf({ type, outcome, factor, reason = '', detail }: AuditEvent): Counted | undefined {
  switch (type) {
    case 'sign-in.complete':
      return { signIns: 1 };
    case 'api-session.begun':
      return { programSignIns: 1 };
    case 'account.locked':
      return { locks: 1 };
    case 'sign-in.password':
      return outcome === 'success' ? undefined : failed('password', reason);
    case 'sign-in.second-factor':
      return outcome === 'success' ? undefined : failed('secondFactor', reason);
    case 'attempt.abandoned':
      return failed(
        factor === 'password' ? 'password' : 'secondFactor',
        'abandoned',
        Number(detail?.attempts ?? 1),
      );
    case 'api-session.refused':
      return failed('program', reason);
    default:
      return undefined;
  }
}

/** Counts the events of the audit by tenant and day, and reads none of them again. */
export function createStatistics(parts: { documents: Documents; clock: Clock; log: Log }): Statistics {
  const { documents, clock, log } = parts;
  const collection = documents.collection<StoredDay>(SPEC);
  const late = 'statistics were not written yet';
  const { add, flush, start } = createTally({ collection, sum, log, late });
  return {
    flush,
    start,
    count(event) {
      const counted = countedOf(event);
      const { tenantId = '' } = event;
      if (!counted || tenantId === '') return;
      const day = dayOf(clock.now());
      add({ id: `${tenantId}:${day}`, tenantId, day, ...NOTHING, ...counted });
    },
    async days(tenantId, most) {
      await flush();
      const query = { index: 'tenant', equals: [tenantId], descending: true, limit: most } as const;
      const { items } = await collection.page(query);
      const kept = new Map(items.map(({ doc }) => [doc.day, doc]));
      const today = clock.now();
      return Array.from({ length: most }, (_, back) => {
        const day = dayOf(today - back * DAY);
        const { signIns, programSignIns, failures, locks } = kept.get(day) ?? NOTHING;
        return { day, signIns, programSignIns, failures, locks };
      });
    },
  };
}
