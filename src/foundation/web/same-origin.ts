import type { Context } from 'koa';

/**
 * Whether a state change comes from our own pages: `Sec-Fetch-Site: same-origin` or `none`, else a matching `Origin`.
 * A foreign `Origin` is refused, no matter what stands beside it (X16); `null` is what a browser sends from our
 * pages, whose referrer policy is `no-referrer`, and says nothing by itself. `same-site` is refused: another port of
 * one host arrives as that. A request with neither header is accepted only where `bareFormAllowed`: for the sign-in
 * form, whose address is a secret bound to a cookie of this browser (S59).
 */
export function isSameOrigin(ctx: Pick<Context, 'get'>, origin: string, bareFormAllowed: boolean): boolean {
  const site = ctx.get('sec-fetch-site');
  const claimed = ctx.get('origin');
  if (claimed !== '' && claimed !== 'null' && claimed !== origin) return false;
  if (site !== '') return site === 'same-origin' || site === 'none';
  return claimed === '' ? bareFormAllowed : claimed === origin;
}
