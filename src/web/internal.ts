import { createServer, type Server } from 'node:http';

interface Reading {
  status: number;
  contentType: string;
  body: string;
}

export interface InternalParts {
  ready(): Promise<{ status: number; body: object }>;
  metrics(): Promise<{ contentType: string; text: string }>;
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

/** The port for monitors alone (S63): reads only, and nothing of any person. */
export function createInternalServer(parts: InternalParts): Server {
  return createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    const send = ({ status, contentType, body }: Reading) => {
      response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    const isReading = request.method === 'GET' || request.method === 'HEAD';
    const { pathname } = new URL(request.url ?? '/', 'http://internal');
    answer(isReading ? pathname : undefined, parts).then(send, () =>
      send({ status: 503, contentType: 'text/plain', body: 'not available' }),
    );
  });
}
