import { connect } from 'node:net';

export interface RawAnswer {
  /** 0 where the connection ended without an answer. */
  status: number;
  text: string;
}

/**
 * Sends bytes as they are and reads until the server ends the connection: what no HTTP client would send.
 * @param lines the request line and headers; `Connection: close` is added
 */
export function sendRaw(port: number, lines: readonly string[], body = ''): Promise<RawAnswer> {
  const { promise, resolve } = Promise.withResolvers<RawAnswer>();
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => {});
  socket.on('close', () => {
    const text = Buffer.concat(chunks).toString('latin1');
    resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text });
  });
  socket.write(`${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n${body}`, 'latin1');
  return promise;
}
