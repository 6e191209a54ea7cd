import type { Context } from 'koa';

/**
 * Whether a state change comes from our own pages: `Sec-Fetch-Site: same-origin` or `none`, else a matching `Origin`.
 * `same-site` is refused: another port of one host arrives as that. With neither header, only where `bareFormAllowed`: the
 * sign-in form, whose address is a secret bound to a cookie of this browser (S59).
 */
export function isSameOrigin(ctx: Pick<Context, 'get'>, origin: string, bareFormAllowed: boolean): boolean {
  const site = ctx.get('sec-fetch-site');
  if (site !== '') return site === 'same-origin' || site === 'none';
  const claimed = ctx.get('origin');
  if (claimed !== '') return claimed === origin;
  return bareFormAllowed;
}
