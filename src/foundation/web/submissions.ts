import { setTimeout as pause } from 'node:timers/promises';
import { type Clock, SallyportError, type Vault } from '../base/index.ts';
import type { WebContext } from './edge.ts';

const KIND = 'Submission';
/** A process that died on the way holds its twin no longer than this. */
const UNDER_WAY_SECONDS = 30;
/** A second click comes soon. */
const KEPT_SECONDS = 10;
const PATIENCE_MS = 10_000;
const LOOK_MS = 15;

/** What of the ephemeral port this needs. */
interface Store {
  insert(
    kind: string,
    id: string,
    record: { value: string; expiresAt: number },
    now: number,
  ): Promise<boolean>;
  put(kind: string, id: string, record: { value: string; expiresAt: number }, now: number): Promise<unknown>;
  get(kind: string, id: string, now: number): Promise<{ value: string } | undefined>;
  remove(kind: string, id: string): Promise<void>;
}

/**
 * Forms that are posted twice, as by a double click. The browser shows the answer to the second post, and what the first one
 * spent is spent: so the second waits for the first, and goes where it led.
 */
export interface Submissions {
  /** One after another; the second finds what the first one left, and decides from that. */
  inTurn(ctx: WebContext, place: string, work: () => Promise<void>): Promise<void>;
  /**
   * For what can be done once: the second is sent where the first one led, for some seconds.
   * @param work says whether it did what the form is for; what was refused is tried again
   */
  once(ctx: WebContext, place: string, work: () => Promise<boolean>): Promise<void>;
}

export function createSubmissions({
  ephemeral,
  clock,
  vault,
}: {
  ephemeral: Store;
  clock: Clock;
  vault: Vault;
}): Submissions {
  // A MAC: the fields hold passwords and codes.
  const idOf = ({ path, state }: WebContext, place: string) =>
    vault.mac('submission', JSON.stringify([place, path, [...state.form]]));

  /** The last of each line in this process, by id; what stands in no line is not here. */
  const lines = new Map<string, Promise<void>>();

  /**
   * Twins in this process wait in a line, and only its head asks the store: a flood of one form costs one look at a
   * time, even when someone without a session sends it.
   */
  const lineUp = async (
    id: string,
    work: (turn: () => Promise<string | undefined>) => Promise<void>,
  ): Promise<void> => {
    const startedAt = performance.now();
    const before = lines.get(id);
    const { promise: mine, resolve: leave } = Promise.withResolvers<void>();
    const last = Promise.resolve(before).then(() => mine);
    lines.set(id, last);
    try {
      await before;
      await work(() => turn(id, startedAt));
    } finally {
      leave();
      if (lines.get(id) === last) lines.delete(id);
    }
  };

  /** @returns where the twin led, or undefined where it is this one's turn */
  const turn = async (id: string, startedAt: number): Promise<string | undefined> => {
    for (;;) {
      if (performance.now() - startedAt > PATIENCE_MS)
        throw new SallyportError('busy', 'the same form is under way');
      const now = clock.now();
      const record = { value: JSON.stringify(''), expiresAt: now + UNDER_WAY_SECONDS };
      if (await ephemeral.insert(KIND, id, record, now)) return undefined;
      const twin = await ephemeral.get(KIND, id, now);
      const address = twin && (JSON.parse(twin.value) as string);
      if (address) return address;
      await pause(LOOK_MS);
    }
  };

  return {
    inTurn: (ctx, place, work) => {
      const id = idOf(ctx, place);
      return lineUp(id, async (turnOf) => {
        await turnOf();
        try {
          await work();
        } finally {
          await ephemeral.remove(KIND, id);
        }
      });
    },
    once: (ctx, place, work) => {
      const id = idOf(ctx, place);
      return lineUp(id, async (turnOf) => {
        const led = await turnOf();
        if (led !== undefined) {
          ctx.status = 303;
          ctx.redirect(led);
          return;
        }
        let address = '';
        try {
          if (await work()) address = ctx.response.get('location');
        } finally {
          const now = clock.now();
          const record = { value: JSON.stringify(address), expiresAt: now + KEPT_SECONDS };
          if (address) await ephemeral.put(KIND, id, record, now);
          else await ephemeral.remove(KIND, id);
        }
      });
    },
  };
}
