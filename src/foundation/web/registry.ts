import Router from '@koa/router';
import type { Middleware } from 'koa';
import { SallyportError } from '../base/index.ts';
import { register } from './addresses.ts';
import { type Area, PAGES } from './areas.ts';
import { answerOptions, answerOrigin } from './cors.ts';
import { createDeclarations, type DeclaredRoute } from './declarations.ts';
import type { WebContext } from './edge.ts';
import {
  type Admit,
  guardedRoute,
  type Route,
  type RouteDeclaration,
  type RouteOptions,
} from './guarded-route.ts';

export type RouteHandler = (ctx: WebContext) => Promise<void>;

/** The routes of one area. */
export interface Routes<C> {
  /**
   * Adds a route with its handler, which runs behind the guards of the area.
   * @throws Error for a route that is declared twice, is outside the area, or lacks a guard that the area demands
   */
  route(
    declaration: RouteDeclaration,
    handler: (ctx: WebContext, caller: C) => Promise<void>,
    options?: RouteOptions,
  ): void;
}

/** Its own routes are those of the pages. */
export interface Registry extends Routes<undefined> {
  /** Declares an area before its routes. */
  area(area: Area): Routes<undefined>;
  /** @param admit finds out for each of its routes who asks; the handlers are given what it answers */
  area<C>(area: Area, admit: Admit<C>): Routes<C>;
  /** Declares a route that the engine handles. */
  declareEngineRoute(declaration: RouteDeclaration): void;
  declared(): readonly DeclaredRoute[];
  areaAt(path: string): Area;
  /** The methods that a path takes; none where nothing of ours is there. */
  methodsAt(path: string): readonly string[];
  middleware(): Middleware;
}

const anybody: Admit<undefined> = async () => undefined;

/** Answers what no route took: OPTIONS, the wrong method, no such address; or leaves it to the engine. */
function answering(
  handle: Middleware,
  { areaAt, methodsAt }: Pick<Registry, 'areaAt' | 'methodsAt'>,
  isEnginePath: (path: string) => boolean,
): Middleware {
  return async (ctx, next) => {
    const { cors } = areaAt(ctx.path);
    const mayCall = cors !== 'none' && (await answerOrigin(ctx, cors));
    return handle(ctx, async () => {
      const methods = methodsAt(ctx.path);
      if (methods.length === 0) {
        // The engine's router takes any case and a slash at the end: addresses that no limit of ours would know (X8).
        if (!isEnginePath(ctx.path)) throw new SallyportError('not_found');
        return next();
      }
      if (cors !== 'none' && ctx.method === 'OPTIONS') return answerOptions(ctx, cors, methods, mayCall);
      throw new SallyportError('method_not_allowed');
    });
  };
}

export function createRegistry({ origin }: { origin: string }): Registry {
  // Strict and case-sensitive: one address for one thing.
  const router = new Router({ sensitive: true, strict: true });
  const declarations = createDeclarations();
  const { areaAt, isEnginePath } = declarations;

  const add = <C>(route: Route<C>) => {
    const { area, declaration } = route;
    declarations.add(area, declaration);
    register(router, area, declaration, guardedRoute(origin, route));
  };
  const routesOf = <C>(area: Area, admit: Admit<C>): Routes<C> => ({
    route: (declaration, handler, options = {}) => add({ area, declaration, admit, handler, options }),
  });
  const addArea = <C>(area: Area, admit?: Admit<C>) => {
    declarations.addArea(area, admit !== undefined);
    return routesOf(area, admit ?? (anybody as Admit<C>));
  };
  const methodsAt = (path: string) => {
    const methods = new Set(router.match(path, '').path.flatMap((layer) => layer.methods));
    if (methods.size > 0 && areaAt(path).cors !== 'none') methods.add('OPTIONS');
    return [...methods];
  };

  return {
    ...routesOf(PAGES, anybody),
    area: addArea,
    declareEngineRoute: declarations.addEngineRoute,
    declared: declarations.list,
    areaAt,
    methodsAt,
    middleware: () => answering(router.routes() as Middleware, { areaAt, methodsAt }, isEnginePath),
  };
}
