import type { Context } from 'koa';

/** How pages of other sites may call an area. No answer ever allows credentials of the browser: its callers show a secret in a header. */
export interface Cors {
  isAllowed(origin: string): Promise<boolean>;
  /** What a page may send beside the headers that it always may. */
  requestHeaders: readonly string[];
  /** What a page may read beside the headers that it always may. */
  answerHeaders: readonly string[];
}

/** How long a browser may remember the answer to a preflight. */
const PREFLIGHT_SECONDS = 600;

/** Says on every answer, errors too, whether a page of that origin may read it. @returns whether it may */
export async function answerOrigin(ctx: Context, { isAllowed, answerHeaders }: Cors): Promise<boolean> {
  ctx.vary('Origin');
  const origin = ctx.get('origin');
  if (origin === '' || origin === 'null' || !(await isAllowed(origin))) return false;
  ctx.set('access-control-allow-origin', origin);
  if (answerHeaders.length > 0) ctx.set('access-control-expose-headers', answerHeaders.join(', '));
  return true;
}

/** Answers `OPTIONS`: what the address takes, and to a page that may call it what it may send. */
export function answerOptions(
  ctx: Context,
  { requestHeaders }: Cors,
  methods: readonly string[],
  mayCall: boolean,
): void {
  ctx.status = 204;
  ctx.set('allow', methods.join(', '));
  if (!mayCall || ctx.get('access-control-request-method') === '') return;
  ctx.set('access-control-allow-methods', methods.join(', '));
  ctx.set('access-control-allow-headers', requestHeaders.join(', '));
  ctx.set('access-control-max-age', String(PREFLIGHT_SECONDS));
}
