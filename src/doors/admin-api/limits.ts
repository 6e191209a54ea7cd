import { type Clock, SallyportError } from '../../foundation/base/index.ts';
import type { Ephemeral } from '../../foundation/stores/index.ts';
import type { WebContext } from '../../foundation/web/index.ts';

const WINDOW_SECONDS = 60;

/** How many calls a caller may make in a minute; said with every answer (draft-ietf-httpapi-ratelimit-headers). */
export interface CallLimits {
  /** @throws SallyportError `too_many_calls` with `Retry-After` */
  count(ctx: WebContext, caller: string): Promise<void>;
}

export function createCallLimits({
  ephemeral,
  clock,
  perMinute,
}: {
  ephemeral: Pick<Ephemeral, 'reserve' | 'settle'>;
  clock: Clock;
  perMinute: number;
}): CallLimits {
  return {
    async count(ctx, caller) {
      const now = clock.now();
      const until = (Math.floor(now / WINDOW_SECONDS) + 1) * WINDOW_SECONDS;
      const key = `admin-api:${caller}:${until}`;
      const taken = await ephemeral.reserve(key, { limit: perMinute }, now, until);
      const left = Math.max(0, perMinute - taken.failures - 1);
      ctx.set('ratelimit-policy', `"calls";q=${perMinute};w=${WINDOW_SECONDS}`);
      ctx.set('ratelimit', `"calls";r=${taken.outcome === 'granted' ? left : 0};t=${until - now}`);
      if (taken.outcome !== 'granted')
        throw new SallyportError('too_many_calls', caller, { retryAfterSeconds: until - now });
      await ephemeral.settle(taken.lease, 'failure', now);
    },
  };
}
