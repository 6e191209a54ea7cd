import Router from '@koa/router';
import type { Middleware } from 'koa';
import { SallyportError } from '../base/index.ts';
import { readForm } from './body.ts';
import type { WebContext } from './edge.ts';
import type { Guards } from './guards.ts';
import { isSameOrigin } from './same-origin.ts';

export type RouteHandler = (ctx: WebContext) => Promise<void>;
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
/** They change nothing (RFC 9110, section 9.2.1); every other one is held to the guards of a change. */
const SAFE: ReadonlySet<Method> = new Set(['GET', 'OPTIONS']);

/** A route and how it is guarded: what the tests enumerate and probe (G1 to G4). */
export interface RouteDeclaration {
  method: Method;
  path: string;
  name: string;
  guards: Guards;
}

export interface DeclaredRoute extends RouteDeclaration {
  /** `ours`, or `engine` for the library's own routes, which are declared here and handled there. */
  handledBy: 'ours' | 'engine';
}

export interface RouteOptions {
  /** A post without any sign of where it comes from is taken (the sign-in form of a browser's own interaction). */
  bareFormAllowed?: boolean;
  /** `unread`: the handler reads the body itself, once it knows who asks; otherwise it is read as a form before. */
  body?: 'form' | 'unread';
}

export interface Registry {
  /**
   * Adds a route with its handler. Every method that changes something is refused from another origin where `csrf` is on, and
   * its body read as a form, before the handler runs: the guard hangs on the handler, never on a comparison of paths (G3).
   */
  route(declaration: RouteDeclaration, handler: RouteHandler, options?: RouteOptions): void;
  /** Declares a route that the engine handles. */
  declareEngineRoute(declaration: RouteDeclaration): void;
  declared(): readonly DeclaredRoute[];
  middleware(): Middleware;
}

/** Whether a path is one of a route's, letter by letter. */
function isPathOf(pattern: string, path: string): boolean {
  const given = path.split('/');
  const segments = pattern.split('/');
  return (
    segments.length === given.length &&
    segments.every((segment, i) => (segment.startsWith(':') ? given[i] !== '' : given[i] === segment))
  );
}

export function createRegistry({ origin }: { origin: string }): Registry {
  // Strict and case-sensitive: one address for one thing.
  const router = new Router({ sensitive: true, strict: true });
  const routes: DeclaredRoute[] = [];

  const declare = (route: DeclaredRoute) => {
    if (routes.some((r) => r.method === route.method && r.path === route.path))
      throw new Error(`declared twice: ${route.method} ${route.path}`);
    routes.push(route);
  };

  const isEnginePath = (path: string) =>
    routes.some((route) => route.handledBy === 'engine' && isPathOf(route.path, path));

  return {
    route(declaration, handler, options = {}) {
      declare({ ...declaration, handledBy: 'ours' });
      const guarded: Middleware = async (koaContext) => {
        const ctx = koaContext as unknown as WebContext;
        ctx.state.route = declaration.name;
        if (!SAFE.has(declaration.method)) {
          if (declaration.guards.csrf.on && !isSameOrigin(ctx, origin, options.bareFormAllowed ?? false)) {
            throw new SallyportError(
              'cross_site_refused',
              `${ctx.get('sec-fetch-site')} ${ctx.get('origin')}`,
            );
          }
          if (options.body !== 'unread') ctx.state.form = await readForm(ctx);
        }
        await handler(ctx);
      };
      router.register(declaration.path, [declaration.method], guarded);
    },
    declareEngineRoute: (declaration) => declare({ ...declaration, handledBy: 'engine' }),
    declared: () => routes,
    middleware: () => {
      const handle = router.routes() as Middleware;
      return (ctx, next) =>
        handle(ctx, () => {
          // What the router found at this path for any method: nothing, where another layer answers.
          const { matched = [] } = ctx as { matched?: readonly { methods: readonly string[] }[] };
          if (matched.length === 0) {
            // The engine's router takes any case and a slash at the end: addresses that no limit of ours would know (X8).
            if (!isEnginePath(ctx.path)) throw new SallyportError('not_found');
            return next();
          }
          ctx.set('allow', [...new Set(matched.flatMap(({ methods }) => methods))].join(', '));
          throw new SallyportError('method_not_allowed');
        });
    },
  };
}
