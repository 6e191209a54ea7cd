import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import { guarded, type Log } from '../base/index.ts';

/** A server whose handler may throw or reject: the request is answered 500, and the process goes on (SEC-4). */
export function createGuardedServer(log: Log, options: ServerOptions, handle: RequestListener): Server {
  const server = createServer(options, (request, response) => {
    const failed = (error: Error) => {
      log.error({ error: error.message, stack: error.stack }, 'a request failed outside its handler');
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { connection: 'close' }).end();
    };
    // Written to after its end, or to a connection that broke.
    response.on('error', () => {});
    guarded(failed, handle)(request, response);
  });
  // Not only while it begins to listen: a connection that could not be accepted, as without file descriptors, is told here too.
  server.on('error', (error) => log.warn({ error: error.message }, 'a server told an error'));
  return server;
}

/** @returns the port. @throws when it cannot listen */
export function listening(server: Server, port: number, host: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once('error', reject);
  server.once(
    'listening',
    guarded(reject, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    }),
  );
  server.listen(port, host);
  return promise;
}
