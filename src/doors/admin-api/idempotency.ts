import { setTimeout as pause } from 'node:timers/promises';
import { type Clock, SallyportError, type Vault } from '../../foundation/base/index.ts';
import type { Ephemeral } from '../../foundation/stores/index.ts';

const KIND = 'IdempotentAnswer';
/** A process that died on the way holds its key no longer than this. */
const UNDER_WAY_SECONDS = 60;
const KEPT_SECONDS = 86_400;
const PATIENCE_MS = 10_000;
const LOOK_MS = 20;
const KEY = /^[\x21-\x7e]{1,255}$/;

/** An answer that can be given again. */
export interface Answer {
  status: number;
  body: unknown;
  location?: string;
}

interface Kept {
  /** Of the request that the key came with first. */
  request: string;
  answer: Answer | null;
}

/**
 * Creations that a caller may send again, as after a lost answer (draft-ietf-httpapi-idempotency-key-header): of any number
 * with one key, one is carried out, and the others get its answer, for a day.
 */
export interface Idempotency {
  /**
   * @param scope whose key it is
   * @param request the whole request: another one under the same key is refused
   * @param work answers undefined where it refused: then the key is free again
   * @throws SallyportError `idempotency_key_invalid`, `idempotency_key_reused`, `idempotency_under_way`
   */
  once(
    named: { scope: string; key: string; request: string },
    work: () => Promise<Answer | undefined>,
  ): Promise<{ answer: Answer; isRepeated: boolean } | undefined>;
}

export function createIdempotency({
  ephemeral,
  clock,
  vault,
}: {
  ephemeral: Ephemeral;
  clock: Clock;
  vault: Vault;
}): Idempotency {
  // An answer may hold a secret that is shown once.
  const sealed = (id: string, kept: Kept) =>
    JSON.stringify(vault.seal(JSON.stringify(kept), `${KIND}:${id}`));
  const opened = (id: string, value: string) =>
    JSON.parse(vault.open(JSON.parse(value) as string, `${KIND}:${id}`)) as Kept;

  /** @returns what the winner of the key answered, or undefined where it is this one's turn */
  const earlier = async (id: string, request: string): Promise<Answer | undefined> => {
    const startedAt = performance.now();
    for (;;) {
      const now = clock.now();
      const record = { value: sealed(id, { request, answer: null }), expiresAt: now + UNDER_WAY_SECONDS };
      if (await ephemeral.insert(KIND, id, record, now)) return undefined;
      const found = await ephemeral.get(KIND, id, now);
      const kept = found && opened(id, found.value);
      if (kept && kept.request !== request) throw new SallyportError('idempotency_key_reused');
      if (kept?.answer) return kept.answer;
      if (performance.now() - startedAt > PATIENCE_MS)
        throw new SallyportError('idempotency_under_way', undefined, { retryAfterSeconds: 2 });
      await pause(LOOK_MS);
    }
  };

  return {
    async once({ scope, key, request }, work) {
      if (!KEY.test(key)) throw new SallyportError('idempotency_key_invalid');
      const id = vault.mac(KIND, JSON.stringify([scope, key]));
      const repeated = await earlier(id, vault.mac(KIND, request));
      if (repeated) return { answer: repeated, isRepeated: true };
      let answer: Answer | undefined;
      try {
        answer = await work();
        return answer && { answer, isRepeated: false };
      } finally {
        const now = clock.now();
        const kept = { request: vault.mac(KIND, request), answer: answer ?? null };
        if (answer)
          await ephemeral.put(KIND, id, { value: sealed(id, kept), expiresAt: now + KEPT_SECONDS }, now);
        else await ephemeral.remove(KIND, id);
      }
    },
  };
}
