import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy without stickiness: each request goes to the next instance, so every step of a sign-in is on another one. */
export interface Balancer {
  port: number;
  /** The instances that take requests from now on. */
  use(ports: readonly number[]): void;
  close(): Promise<void>;
}

const IDLE_MS = 1_000;

/** @param listenPort 0 for any free one */
export async function startBalancer(ports: readonly number[], listenPort = 0): Promise<Balancer> {
  // A connection that an instance may be about to close for being idle is not used again, however late this process learns of it.
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS });
  let targets = [...ports];
  let turn = 0;

  const forward = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const port = targets[turn % targets.length];
    turn += 1;
    const upstream = request(
      {
        host: '127.0.0.1',
        port,
        agent,
        method: incoming.method,
        path: incoming.url,
        headers: incoming.headers,
      },
      (answer) => {
        const hops = new Set(['connection', 'keep-alive', 'transfer-encoding']);
        for (const [name, value] of Object.entries(answer.headers))
          if (value !== undefined && !hops.has(name)) outgoing.setHeader(name, value);
        outgoing.writeHead(answer.statusCode ?? 502);
        answer.pipe(outgoing);
        answer.once('error', () => outgoing.destroy());
      },
    );
    // The answer of this proxy, not of an instance: a test that counts failures sees it.
    upstream.once('error', (error) => {
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(502, { 'content-type': 'text/plain' }).end(`balancer: ${error.message}`);
    });
    incoming.pipe(upstream);
  };

  const server = createServer(forward);
  // Its clients in this process close idle connections first, however late either side learns of the time.
  server.keepAliveTimeout = 0;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(listenPort, 'localhost', resolve);
  await promise;
  return {
    port: (server.address() as AddressInfo).port,
    use: (next) => {
      targets = [...next];
    },
    close: async () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
      agent.destroy();
    },
  };
}
