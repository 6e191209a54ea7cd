import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import { type ErrorCode, isSallyportError, type Log, SallyportError } from '../base/index.ts';
import { isClientGone } from './client-gone.ts';
import type { WebState } from './edge.ts';
import type { Pages } from './pages.ts';

/** Makes one of our errors of what was thrown; Koa's and Node's own client errors keep their meaning. */
function ours(error: unknown, request: IncomingMessage): SallyportError {
  if (isSallyportError(error)) return error;
  const { cause } = error as Error;
  if (isSallyportError(cause)) return cause;
  if (isClientGone(request))
    return new SallyportError('bad_request', 'the client went away', { cause: error });
  const status = (error as { status?: unknown }).status;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new SallyportError('bad_request', (error as Error).message, { cause: error });
  }
  return new SallyportError('internal', error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}

/** What worked once, and does no more. */
const EXPIRED: ReadonlySet<ErrorCode> = new Set(['interaction_expired', 'link_invalid']);

/** The one renderer: a page for browsers, JSON for programs; the reason goes to the log beside the request id. */
export function errorRenderer({ log, pages }: { log: Log; pages: Pages }): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.status === 404 && (ctx.body === undefined || ctx.body === null))
        throw new SallyportError('not_found');
    } catch (thrown) {
      const error = ours(thrown, ctx.req);
      const { requestId } = ctx.state as WebState;
      const level = error.status >= 500 && error.code !== 'busy' ? 'error' : 'debug';
      log[level](
        {
          requestId,
          code: error.code,
          detail: error.detail,
          ...(error.code === 'internal' ? { stack: error.stack } : {}),
        },
        'refused',
      );
      if (error.retryAfterSeconds !== undefined) ctx.set('retry-after', String(error.retryAfterSeconds));
      if (error.status === 405 && ctx.response.get('allow') === '') ctx.set('allow', 'GET, HEAD, POST');
      if ((ctx.state as WebState).errors === 'code-and-message') {
        ctx.status = error.status;
        // RFC 9110, section 15.5.2: a 401 names what would be accepted.
        if (error.status === 401) ctx.set('www-authenticate', 'LV-Access, LV-Session');
        ctx.body = { code: error.code, message: error.publicMessage };
        return;
      }
      if (ctx.accepts('json', 'html') === 'html') {
        const step = EXPIRED.has(error.code) ? 'expired-link' : 'error';
        pages.render(
          ctx,
          'error',
          {
            title: `error.${error.code}.title`,
            code: error.code,
            message: error.publicMessage,
            step,
            requestId,
          },
          error.status,
        );
        return;
      }
      ctx.status = error.status;
      ctx.body = { error: error.code, message: error.publicMessage, requestId };
    }
  };
}
