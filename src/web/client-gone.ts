import type { IncomingMessage } from 'node:http';

/** What reading or writing fails with once the other side has left. */
const LEFT: ReadonlySet<unknown> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
]);

/** Whether an error says only that the client went away before its request or our answer was complete: no mistake of ours (X9). */
export function isClientGone(
  error: unknown,
  request?: Pick<IncomingMessage, 'destroyed' | 'complete'>,
): boolean {
  const { code, type, cause } = error as { code?: unknown; type?: unknown; cause?: unknown };
  // `request.aborted` is how the engine's body reader names it.
  if (LEFT.has(code) || type === 'request.aborted') return true;
  if (request?.destroyed && !request.complete) return true;
  return cause instanceof Error && isClientGone(cause);
}
