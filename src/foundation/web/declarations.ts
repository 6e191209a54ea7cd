import { isPathOf } from './addresses.ts';
import { type Area, PAGES } from './areas.ts';
import { type RouteDeclaration, SAFE } from './guarded-route.ts';

export interface DeclaredRoute extends RouteDeclaration {
  /** `ours`, or `engine` for the library's own routes, which are declared here and handled there. */
  handledBy: 'ours' | 'engine';
  /** The name of its area. */
  area: string;
}

/** @throws Error for an area that contradicts itself */
function assertSound({ name, prefix, callers, body, cors }: Area, asksWho: boolean): void {
  if (!prefix.startsWith('/') || !prefix.endsWith('/'))
    throw new Error(`the area ${name} needs a prefix between slashes`);
  if (callers === 'browsers' && cors !== 'none')
    throw new Error(`the area ${name} reads cookies: pages of other sites must not call it`);
  if (callers === 'bearers' && body !== 'unread' && !asksWho)
    throw new Error(`the area ${name} would read bodies of strangers: it needs to know who asks`);
}

/** @throws Error for a route that lacks the guard which its area demands */
function assertGuarded({ name, callers }: Area, { method, path, guards }: RouteDeclaration): void {
  const where = `${method} ${path} in the area ${name}`;
  if (callers === 'browsers' && !SAFE.has(method) && !guards.csrf.on)
    throw new Error(`${where}: a change by browsers needs the guard csrf`);
  if (callers === 'bearers' && guards.csrf.on)
    throw new Error(`${where}: no cookie is read, and the guard csrf would guard nothing`);
}

/** What is declared: the areas, and which route stands in which. A declaration that does not hold stops the start. */
export interface Declarations {
  /** @throws Error for an area that contradicts itself, or takes addresses of another one */
  addArea(area: Area, asksWho: boolean): void;
  /** @throws Error for a route that is declared twice, stands in another area, or lacks a guard which its area demands */
  add(area: Area, declaration: RouteDeclaration): void;
  addEngineRoute(declaration: RouteDeclaration): void;
  list(): readonly DeclaredRoute[];
  areaAt(path: string): Area;
  isEnginePath(path: string): boolean;
}

export function createDeclarations(): Declarations {
  const routes: DeclaredRoute[] = [];
  const areas: Area[] = [PAGES];

  const areaAt = (path: string) =>
    areas
      .filter(({ prefix }) => path.startsWith(prefix))
      .reduce((best, area) => (area.prefix.length > best.prefix.length ? area : best), PAGES);
  const declare = (route: DeclaredRoute) => {
    if (routes.some((r) => r.method === route.method && r.path === route.path))
      throw new Error(`declared twice: ${route.method} ${route.path}`);
    routes.push(route);
  };

  return {
    addArea(area, asksWho) {
      assertSound(area, asksWho);
      const { name, prefix } = area;
      if (
        areas.some((other) => other.prefix === prefix) ||
        routes.some(({ path }) => path.startsWith(prefix))
      )
        throw new Error(`the area ${name} takes addresses that are declared already`);
      areas.push(area);
    },
    add(area, declaration) {
      assertGuarded(area, declaration);
      if (areaAt(declaration.path) !== area)
        throw new Error(`${declaration.path} is not in the area ${area.name}`);
      declare({ ...declaration, handledBy: 'ours', area: area.name });
    },
    addEngineRoute: (declaration) => declare({ ...declaration, handledBy: 'engine', area: 'engine' }),
    list: () => routes,
    areaAt,
    isEnginePath: (path) =>
      routes.some((route) => route.handledBy === 'engine' && isPathOf(route.path, path)),
  };
}
