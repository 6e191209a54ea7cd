import type { Middleware } from 'koa';
import type { Log } from '../base/index.ts';
import type { WebState } from './edge.ts';

export interface RequestLabels {
  method: string;
  route: string;
  status: number;
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * The name of what answered: ours from the registry, the engine's own, or `other`; never a path that someone typed.
 */
function routeOf(ctx: { state: Partial<WebState>; oidc?: { route?: string } }): string {
  return ctx.state.route ?? (ctx.oidc?.route ? `engine ${ctx.oidc.route}` : 'other');
}

/** Times every request, and writes a line for it at level `debug`. */
export function observeRequests(
  log: Log,
  observe: ((labels: RequestLabels, seconds: number) => void) | undefined,
): Middleware {
  return async (ctx, next) => {
    const startedAt = performance.now();
    try {
      await next();
    } finally {
      const seconds = (performance.now() - startedAt) / 1_000;
      const method = METHODS.has(ctx.method) ? ctx.method : 'other';
      const labels = { method, route: routeOf(ctx as never), status: ctx.status };
      observe?.(labels, seconds);
      const { requestId, address } = ctx.state as WebState;
      log.debug({ requestId, address, ...labels, ms: Math.round(seconds * 1_000) }, 'request');
    }
  };
}
