import type { Middleware } from 'koa';
import { JWKS_SECONDS } from '../../capabilities/signing-keys/index.ts';
import { enginePaths } from './configuration.ts';

export const publicPaths: ReadonlySet<string> = new Set<string>([
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  enginePaths.jwks,
]);

interface Kept {
  body: Buffer;
  type: string;
}

const ADDRESS = /https?:\/\/[^"\s]+/g;

/**
 * The engine makes these documents from the request's own address. One that names another origin is a poisoned one: it is
 * neither kept nor sent (X1). @throws Error for a mistake of ours: the edge lets no such request through
 */
function assertOwnAddresses(text: string, issuer: string): void {
  const foreign = text.match(ADDRESS)?.find((address) => new URL(address).origin !== new URL(issuer).origin);
  if (foreign !== undefined) throw new Error(`a published document names a foreign address: ${foreign}`);
}

/**
 * Discovery and keys, answered from memory once the engine has made them: they are the same for everybody until the
 * provider is swapped. Requests from scripts of other origins go to the engine, which knows CORS.
 */
export function keepWellKnown(issuer: string): Middleware {
  const kept = new Map<string, Kept>();
  return async (ctx, next) => {
    if (!publicPaths.has(ctx.path)) return next();
    const isPlainGet = ctx.method === 'GET' && ctx.get('origin') === '';
    const known = isPlainGet ? kept.get(ctx.path) : undefined;
    if (!known) {
      await next();
      if (ctx.status !== 200 || !ctx.body) return;
      const text = JSON.stringify(ctx.body);
      assertOwnAddresses(text, issuer);
      ctx.set('cache-control', `public, max-age=${JWKS_SECONDS}`);
      if (isPlainGet)
        kept.set(ctx.path, {
          body: Buffer.from(text),
          type: ctx.response.get('content-type'),
        });
      return;
    }
    ctx.set('cache-control', `public, max-age=${JWKS_SECONDS}`);
    ctx.set('content-type', known.type);
    ctx.body = known.body;
  };
}
