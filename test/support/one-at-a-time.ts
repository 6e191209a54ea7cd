import { createServer, connect as dial, type Socket } from 'node:net';
import { answerTo, type Frame, framer } from './wire.ts';

/**
 * A proxy that lets one MongoDB command through at a time, over all its connections: FerretDB 1 reads and then writes, so that
 * two commands at one moment would both find what one of them is about to change.
 */
export async function startOneAtATime(targetPort: number): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  /** Indexes asked for: asked for again, FerretDB 1 ends the connection. */
  const indexed = new Set<string>();
  const isAskedAgain = (document: Frame['document']) => {
    if (!document || !('createIndexes' in document)) return false;
    const { createIndexes, indexes, $db } = document;
    const key = JSON.stringify([$db, createIndexes, indexes]);
    const known = indexed.has(key);
    indexed.add(key);
    return known;
  };
  let last: Promise<void> = Promise.resolve();

  const server = createServer((client) => {
    const upstream = dial(targetPort, '127.0.0.1');
    /** Ends the turn of the command that is on its way on this connection. */
    let endTurn = () => {};
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
        endTurn();
      });
    }
    const onRequest = ({ bytes, requestId, document }: Frame) => {
      const turn = Promise.withResolvers<void>();
      const before = last;
      last = before.then(() => turn.promise);
      void before.then(() => {
        endTurn = turn.resolve;
        if (upstream.destroyed) turn.resolve();
        else if (isAskedAgain(document)) {
          client.write(answerTo(requestId, { ok: 1 }));
          turn.resolve();
        } else upstream.write(bytes);
      });
    };
    const onAnswer = ({ bytes }: Frame) => {
      client.write(bytes);
      endTurn();
    };
    client.on('data', framer(onRequest));
    upstream.on('data', framer(onAnswer));
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  return {
    port: (server.address() as { port: number }).port,
    close: async () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      for (const socket of sockets) socket.destroy();
      await closed.promise;
    },
  };
}
