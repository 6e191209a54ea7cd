import type { IncomingMessage } from 'node:http';
import type { Context, Middleware } from 'koa';
import { type ErrorCode, isSallyportError, type Log, SallyportError } from '../base/index.ts';
import { isClientGone } from './client-gone.ts';
import type { WebState } from './edge.ts';
import type { Pages } from './pages.ts';
import type { Registry } from './registry.ts';

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

/** Their sentences say what to do next, and the account page would not help. */
const WITHOUT_LINK: ReadonlySet<ErrorCode> = new Set([
  'interaction_expired',
  'link_invalid',
  'host_unknown',
  'too_many_tries',
  'too_many_begun',
  'busy',
  'store_unavailable',
  'store_unfit',
]);

/** A page for browsers, JSON for programs. */
function tellPage(
  pages: Pages,
  ctx: Context,
  { code, status, publicMessage: message }: SallyportError,
): void {
  const { requestId } = ctx.state as WebState;
  if (ctx.accepts('json', 'html') === 'html') {
    const step = EXPIRED.has(code) ? 'expired-link' : 'error';
    const data = { title: `error.${code}.title`, code, message, step, requestId };
    pages.render(ctx, 'error', { ...data, toAccount: !WITHOUT_LINK.has(code) }, status);
    return;
  }
  ctx.status = status;
  ctx.body = { error: code, message, requestId };
}

/** The reason of a refusal goes to the log, beside the request id that the caller is told. */
function logRefusal(log: Log, { requestId }: WebState, error: SallyportError): void {
  const { code, detail, status, stack } = error;
  const level = status >= 500 && code !== 'busy' ? 'error' : 'debug';
  log[level]({ requestId, code, detail, ...(code === 'internal' ? { stack } : {}) }, 'refused');
}

/** Where nothing of ours says which methods there are. */
const USUAL_METHODS = ['GET', 'HEAD', 'POST'];

/** The one renderer: each area has its form of errors. */
export function errorRenderer({
  log,
  pages,
  registry,
}: {
  log: Log;
  pages: Pages;
  registry: Pick<Registry, 'areaAt' | 'methodsAt'>;
}): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.status === 404 && (ctx.body === undefined || ctx.body === null))
        throw new SallyportError('not_found');
    } catch (thrown) {
      const error = ours(thrown, ctx.req);
      logRefusal(log, ctx.state as WebState, error);
      if (error.retryAfterSeconds !== undefined) ctx.set('retry-after', String(error.retryAfterSeconds));
      // As it was sent: of a request target that is no address, Koa cannot say the path.
      const [path = ''] = (ctx.req.url ?? '').split('?', 1);
      if (error.status === 405) {
        const methods = registry.methodsAt(path);
        ctx.set('allow', (methods.length > 0 ? methods : USUAL_METHODS).join(', '));
      }
      const { errors } = registry.areaAt(path);
      if (errors === 'page') tellPage(pages, ctx, error);
      else errors(ctx, error);
    }
  };
}
