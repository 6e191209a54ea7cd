import { type Clock, newId } from '../../foundation/base/index.ts';
import type { CollectionSpec, Documents, Versioned } from '../../foundation/stores/index.ts';

/** How far a webhook has been told of its tenant's audit, and how its receiver is doing. Its id is that of the webhook. */
export interface Progress {
  id: string;
  /** Ids of entries: told up to here, first attempts counted; and looked through once more, for what came late, up to here. */
  toldTo: string;
  checkedTo: string;
  /** The process that tells now, and the epoch second from which another may. */
  holder: string;
  heldUntil: number;
  /** Epoch seconds of the first of the failures in a row; 0: the last attempt was good. */
  failingSince: number;
}

export interface ProgressKeeper {
  /** Begins with the webhook: what happened before it was made is not told. */
  begin(webhookId: string): Promise<void>;
  of(webhookId: string): Promise<Progress | undefined>;
  /** Of N that saw the same progress, one gets it. */
  hold(seen: Progress): Promise<Progress | undefined>;
  /** Notes how far the holder came, and lets go. What a former holder brings is dropped. */
  release(held: Progress, upTo: Pick<Progress, 'toldTo' | 'checkedTo'>): Promise<void>;
  /** @returns since when it fails without a good attempt in between; 0 after a good one */
  tried(webhookId: string, isGood: boolean): Promise<number>;
  end(webhookId: string): Promise<void>;
}

const SPEC: CollectionSpec = { name: 'webhookProgress', indexes: {} };
/** More than a round may take with the patience of its last attempt and of the stores. */
const HELD_SECONDS = 40;

export function createProgress({ documents, clock }: { documents: Documents; clock: Clock }): ProgressKeeper {
  const collection = documents.collection<Progress>(SPEC);

  const changed = async (
    webhookId: string,
    change: (doc: Progress) => Progress | undefined,
  ): Promise<Progress | undefined> => {
    for (;;) {
      const current: Versioned<Progress> | undefined = await collection.get(webhookId);
      const next = current && change(current.doc);
      if (!current || !next) return undefined;
      if (await collection.replace(next, current.version)) return next;
    }
  };

  return {
    async begin(webhookId) {
      const untold = { holder: '', heldUntil: 0, failingSince: 0 };
      // Ids follow time: every entry since the webhook was made has a greater one.
      await collection.insert({ id: webhookId, toldTo: webhookId, checkedTo: webhookId, ...untold });
    },
    of: async (webhookId) => (await collection.get(webhookId))?.doc,
    hold: ({ id, holder: former, heldUntil, toldTo }) => {
      const holder = newId();
      return changed(id, (doc) => {
        const isAsSeen = doc.holder === former && doc.heldUntil === heldUntil && doc.toldTo === toldTo;
        return isAsSeen ? { ...doc, holder, heldUntil: clock.now() + HELD_SECONDS } : undefined;
      });
    },
    async release({ id, holder }, upTo) {
      await changed(id, (doc) =>
        doc.holder === holder ? { ...doc, ...upTo, holder: '', heldUntil: 0 } : undefined,
      );
    },
    async tried(webhookId, isGood) {
      const now = clock.now();
      const found = (await collection.get(webhookId))?.doc;
      if (!found || isGood === (found.failingSince === 0)) return found?.failingSince ?? 0;
      const next = await changed(webhookId, (doc) => ({
        ...doc,
        failingSince: isGood ? 0 : doc.failingSince || now,
      }));
      return next?.failingSince ?? 0;
    },
    async end(webhookId) {
      await collection.remove(webhookId);
    },
  };
}
