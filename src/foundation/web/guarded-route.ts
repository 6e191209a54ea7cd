import type { Middleware } from 'koa';
import { SallyportError } from '../base/index.ts';
import type { Area } from './areas.ts';
import { isBodyless, MAX_BYTES, readForm } from './body.ts';
import type { WebContext } from './edge.ts';
import type { Guards } from './guards.ts';
import { readJson } from './json.ts';
import { isSameOrigin } from './same-origin.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
/** They change nothing (RFC 9110, section 9.2.1); every other one is held to the guards of a change. */
export const SAFE: ReadonlySet<Method> = new Set(['GET', 'OPTIONS']);

/** A route and how it is guarded: what the tests enumerate and probe (G1 to G4). */
export interface RouteDeclaration {
  method: Method;
  path: string;
  name: string;
  guards: Guards;
}

export interface RouteOptions {
  /** A post without any sign of where it comes from is taken (the sign-in form of a browser's own interaction). */
  bareFormAllowed?: boolean;
  /** The most bytes of its body; 64 KiB unless it says otherwise. */
  maxBytes?: number;
}

/** Finds out who asks, before a body is read. @throws SallyportError for a caller that is not admitted */
export type Admit<C> = (ctx: WebContext) => Promise<C>;

export interface Route<C> {
  area: Area;
  declaration: RouteDeclaration;
  admit: Admit<C>;
  handler(ctx: WebContext, caller: C): Promise<void>;
  options: RouteOptions;
}

const JSON_TYPE = 'application/json';
/** RFC 7396: only a PATCH means a change by what it leaves out. */
const PATCH_TYPES = [JSON_TYPE, 'application/merge-patch+json'];

type Reading = Pick<Route<unknown>, 'area' | 'declaration' | 'options'>;

async function readBody(ctx: WebContext, { area, declaration, options }: Reading): Promise<void> {
  const { maxBytes = MAX_BYTES } = options;
  if (area.body === 'form') ctx.state.form = await readForm(ctx, maxBytes);
  if (area.body !== 'json' || isBodyless(ctx)) return;
  const types = declaration.method === 'PATCH' ? PATCH_TYPES : [JSON_TYPE];
  ctx.state.json = await readJson(ctx, { maxBytes, types });
}

/**
 * The handler of a route behind the guards of its area: the guard hangs on the handler, never on a comparison of paths (G3).
 * First where the request comes from, then who asks, then what they send.
 */
export function guardedRoute<C>(origin: string, route: Route<C>): Middleware {
  const { area, declaration, admit, handler, options } = route;
  const isChange = !SAFE.has(declaration.method);
  return async (koaContext) => {
    const ctx = koaContext as unknown as WebContext;
    ctx.state.route = declaration.name;
    if (area.callers === 'bearers') delete ctx.req.headers.cookie;
    const mayBeForged = isChange && area.callers === 'browsers';
    if (mayBeForged && !isSameOrigin(ctx, origin, options.bareFormAllowed ?? false))
      throw new SallyportError('cross_site_refused', `${ctx.get('sec-fetch-site')} ${ctx.get('origin')}`);
    const caller = await admit(ctx);
    if (isChange) await readBody(ctx, route);
    await handler(ctx, caller);
  };
}
