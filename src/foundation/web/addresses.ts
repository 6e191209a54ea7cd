import type Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { Area } from './areas.ts';
import type { RouteDeclaration } from './guarded-route.ts';

/** Whether a path is one of a pattern's, letter by letter. */
export function isPathOf(pattern: string, path: string): boolean {
  const given = path.split('/');
  const segments = pattern.split('/');
  return (
    segments.length === given.length &&
    segments.every((segment, i) => (segment.startsWith(':') ? given[i] !== '' : given[i] === segment))
  );
}

const PARAMETER = /^:(\w+)$/;
const literal = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** What a path matches with the optional segment of its area and without. @returns a group for each of the names, in order */
function addressesOf(prefix: string, optional: RegExp, path: string): { pattern: RegExp; names: string[] } {
  const segments = path.slice(prefix.length).split('/');
  const rest = segments.map((segment) => (PARAMETER.test(segment) ? '([^/]+)' : literal(segment)));
  return {
    pattern: new RegExp(`^${literal(prefix)}(?:(?:${optional.source})/)?${rest.join('/')}$`),
    names: segments.flatMap((segment) => PARAMETER.exec(segment)?.[1] ?? []),
  };
}

/** A value of an address as it was meant; one that is no valid escape stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Gives the router a route under each address that its area lets it have. */
export function register(
  router: Router,
  { prefix, optionalSegment }: Area,
  { method, path }: RouteDeclaration,
  handle: Middleware,
): void {
  if (!optionalSegment) {
    router.register(path, [method], handle);
    return;
  }
  const { pattern, names } = addressesOf(prefix, optionalSegment, path);
  const withParameters = (ctx: Context & { captures?: string[] }, next: () => Promise<unknown>) => {
    const { captures = [] } = ctx;
    ctx.params = Object.fromEntries(names.map((name, i) => [name, decoded(captures[i] ?? '')]));
    return handle(ctx as never, next);
  };
  router.register(pattern, [method], withParameters, { pathAsRegExp: true });
}
