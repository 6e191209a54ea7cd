import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Log } from '../base/index.ts';
import { createGuardedServer } from './server.ts';

interface Reading {
  status: number;
  contentType: string;
  body: string;
}

export interface InternalParts {
  log: Log;
  ready(): Promise<{ status: number; body: object }>;
  metrics(): Promise<{ contentType: string; text: string }>;
}

const LIMITS = { requestTimeout: 10_000, headersTimeout: 5_000 };
const NOT_AVAILABLE: Reading = { status: 503, contentType: 'text/plain', body: 'not available' };

/** The path as it was sent: an address made of what a stranger sends may be none (`//`), so none is made. */
function pathOf({ method, url = '' }: IncomingMessage): string | undefined {
  return method === 'GET' || method === 'HEAD' ? url.split('?', 1)[0] : undefined;
}

async function answer(path: string | undefined, { ready, metrics }: InternalParts): Promise<Reading> {
  if (path === '/health/live')
    return { status: 200, contentType: 'application/json', body: JSON.stringify({ status: 'live' }) };
  if (path === '/health/ready') {
    const { status, body } = await ready();
    return { status, contentType: 'application/json', body: JSON.stringify(body) };
  }
  if (path !== '/metrics') return { status: 404, contentType: 'text/plain', body: 'not found' };
  const { contentType, text } = await metrics();
  return { status: 200, contentType, body: text };
}

/** This port is only for monitors (S63): it only serves reads, and shows nothing about any person. */
export function createInternalServer(parts: InternalParts): Server {
  return createGuardedServer(
    parts.log,
    LIMITS,
    async (request: IncomingMessage, response: ServerResponse) => {
      const { status, contentType, body } = await answer(pathOf(request), parts).catch(() => NOT_AVAILABLE);
      response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
      response.end(request.method === 'HEAD' ? undefined : body);
    },
  );
}
