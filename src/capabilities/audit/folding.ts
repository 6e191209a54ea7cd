import { type Clock, networkOf } from '../../foundation/base/index.ts';
import type { AuditEvent } from './audit.ts';

/** So long the same refusal of the same network is one entry and a count. */
export const FOLD_SECONDS = 600;

/** A stranger with many networks begins a fold in each: beyond so many all are written, and it begins again. */
export const MOST_FOLDS = 10_000;

interface Fold {
  beganAt: number;
  /** The newest of those that were not written, and how many they are. */
  last: AuditEvent | undefined;
  count: number;
  from: number;
  to: number;
}

/** Someone who reads the audit page by page. */
function isReading({ type, outcome }: AuditEvent): boolean {
  return (type === 'audit.read' || type === 'audit.exported') && outcome === 'success';
}

/**
 * What can be caused without end, and decides nothing: a try that was refused before anything was checked, a guess at
 * a name that does not exist, and the further pages of a list.
 */
function isRepeatable(event: AuditEvent): boolean {
  const { type, outcome, reason } = event;
  if (isReading(event)) return true;
  if (type !== 'sign-in.password' && type !== 'sign-in.second-factor') return false;
  return outcome === 'refused' || (outcome === 'failure' && reason === 'unknown');
}

/** With the count of failures, so that what was refused before and after an unlock stands apart. */
function keyOf(event: AuditEvent): string {
  const { type, tenantId, accountId, applicationId, factor, reason, address, detail } = event;
  if (isReading(event)) return JSON.stringify([type, tenantId, event.actor, detail, address]);
  const what = [type, tenantId, accountId, applicationId, factor, reason, detail?.failures, detail?.limit];
  return JSON.stringify([...what, networkOf(address ?? '')]);
}

function summaryOf({ last, count, from, to }: Fold): AuditEvent | undefined {
  return last && { ...last, detail: { ...last.detail, repeats: count, from, to } };
}

/**
 * Each refusal would write a durable row for ever: of one kind, at one account, from one network, the first is written at once, and
 * those of the next ten minutes as one entry with their number and times. Each process folds its own; a crash loses a count, and
 * never the first entry.
 */
export function createFolding(clock: Clock) {
  const folds = new Map<string, Fold>();

  const takeOut = (fold: Fold): AuditEvent[] => {
    const summary = summaryOf(fold);
    fold.last = undefined;
    fold.count = 0;
    return summary ? [summary] : [];
  };

  const takeOutAll = (): AuditEvent[] => {
    const summaries = [...folds.values()].flatMap(takeOut);
    folds.clear();
    return summaries;
  };

  return {
    /** @returns what to write now: the event itself, nothing yet, or what was counted before it as well */
    add(event: AuditEvent): AuditEvent[] {
      if (!isRepeatable(event)) return [event];
      const now = clock.now();
      const key = keyOf(event);
      const fold = folds.get(key);
      if (!fold || now >= fold.beganAt + FOLD_SECONDS || now < fold.beganAt) {
        const summaries = fold ? takeOut(fold) : folds.size >= MOST_FOLDS ? takeOutAll() : [];
        folds.set(key, { beganAt: now, last: undefined, count: 0, from: 0, to: 0 });
        return [...summaries, event];
      }
      if (fold.count === 0) fold.from = now;
      fold.last = event;
      fold.count += 1;
      fold.to = now;
      return [];
    },
    /** What was counted and is not written yet. Folds that are over are forgotten. */
    takeAll(): AuditEvent[] {
      const now = clock.now();
      const summaries = [...folds.values()].flatMap(takeOut);
      for (const [key, { beganAt }] of folds)
        if (now >= beganAt + FOLD_SECONDS || now < beganAt) folds.delete(key);
      return summaries;
    },
  };
}
