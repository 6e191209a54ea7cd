import { publicReading } from './guards.ts';
import type { Registry } from './registry.ts';

const guards = publicReading('says only whether this process works', 'one look-up in each store');

/** A store that just meets its deadline is there. */
const DEADLINES = 1.5;

export interface Health {
  /** Whether this process can serve: 200, or 503 with the names of what fails. */
  ready(): Promise<{ status: 200 | 503; body: object }>;
  /** From now on it is not ready: it is about to stop. */
  stop(): void;
  isStopping(): boolean;
}

function within<T>(promise: Promise<T>, patienceMs: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('no answer in time')), patienceMs);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/**
 * @param checks by name; each throws when it fails
 * @param warnings what works but should be mended
 * @param deadlineSeconds of the stores
 */
export function createHealth(
  checks: Readonly<Record<string, () => Promise<void>>>,
  warnings: () => readonly string[],
  deadlineSeconds: number,
): Health {
  let stopping = false;
  return {
    isStopping: () => stopping,
    stop: () => {
      stopping = true;
    },
    async ready() {
      if (stopping) return { status: 503, body: { status: 'stopping' } };
      const outcomes = await Promise.all(
        Object.entries(checks).map(async ([name, check]) => ({
          name,
          ok: await within(check(), DEADLINES * deadlineSeconds * 1_000).then(
            () => true,
            () => false,
          ),
        })),
      );
      const failing = outcomes.filter(({ ok }) => !ok).map(({ name }) => name);
      if (failing.length > 0) return { status: 503, body: { status: 'not ready', failing } };
      const toMend = warnings();
      return {
        status: 200,
        body: { status: 'ready', ...(toMend.length > 0 ? { warnings: toMend } : {}) },
      };
    },
  };
}

/** `GET /health/live`: the process answers. `GET /health/ready`: it can serve. */
export function addHealthRoutes(registry: Registry, health: Health): void {
  registry.route({ method: 'GET', path: '/health/live', name: 'health live', guards }, async (ctx) => {
    ctx.body = { status: 'live' };
  });
  registry.route({ method: 'GET', path: '/health/ready', name: 'health ready', guards }, async (ctx) => {
    const { status, body } = await health.ready();
    ctx.status = status;
    ctx.body = body;
  });
}
