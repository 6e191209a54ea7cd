import type { Middleware } from 'koa';

/**
 * No inline anything, nothing foreign. `form-action` is left out: Chromium applies it to the whole redirect chain after a
 * POST, which ends at applications (S60, D20), and the answer by `form_post` goes to one at once.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function securityHeaders({ isHttps }: { isHttps: boolean }): Middleware {
  return async (ctx, next) => {
    ctx.set('content-security-policy', POLICY);
    ctx.set('x-content-type-options', 'nosniff');
    ctx.set('x-frame-options', 'DENY');
    ctx.set('referrer-policy', 'no-referrer');
    ctx.set('cross-origin-opener-policy', 'same-origin');
    ctx.set('permissions-policy', 'camera=(), geolocation=(), microphone=()');
    ctx.set('cache-control', 'no-store');
    if (isHttps) ctx.set('strict-transport-security', 'max-age=31536000; includeSubDomains');
    await next();
  };
}
