import { publicReading } from './guards.ts';
import type { Registry } from './registry.ts';

const guards = publicReading('says only whether this process works', 'one look-up in each store');

const PATIENCE_MS = 1_500;

function within<T>(promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('no answer in time')), PATIENCE_MS);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/**
 * `GET /health/live`: the process answers. `GET /health/ready`: it can serve, or 503 with the names of what fails.
 * @param checks by name; each throws when it fails
 */
export function addHealthRoutes(
  registry: Registry,
  checks: Readonly<Record<string, () => Promise<void>>>,
): void {
  registry.route({ method: 'GET', path: '/health/live', name: 'health live', guards }, async (ctx) => {
    ctx.body = { status: 'live' };
  });
  registry.route({ method: 'GET', path: '/health/ready', name: 'health ready', guards }, async (ctx) => {
    const outcomes = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => ({
        name,
        ok: await within(check()).then(
          () => true,
          () => false,
        ),
      })),
    );
    const failing = outcomes.filter(({ ok }) => !ok).map(({ name }) => name);
    ctx.status = failing.length === 0 ? 200 : 503;
    ctx.body = failing.length === 0 ? { status: 'ready' } : { status: 'not ready', failing };
  });
}
