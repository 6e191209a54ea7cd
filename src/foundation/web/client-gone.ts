import type { IncomingMessage } from 'node:http';

/**
 * Whether the client went away before its request was complete or answered: what then fails is no mistake of ours (X9). Judged by the
 * request itself, never by the error: a store whose connection broke fails with the same codes.
 */
export function isClientGone(request: Pick<IncomingMessage, 'destroyed' | 'complete' | 'socket'>): boolean {
  return (request.destroyed && !request.complete) || request.socket.destroyed;
}
