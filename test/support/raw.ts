import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';

/** Requests and other bytes that no browser sends, by what they are. */
export const GARBAGE: readonly (readonly [name: string, bytes: string])[] = [
  ['two slashes', 'GET // HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['two slashes and a broken host', 'GET //[ HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['a port that is none', 'GET //x:99999/ HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['an absolute form that is broken', 'GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['an absolute form with a person', 'GET http://a:b@x:y/ HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['no path', 'GET ? HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['a lone percent sign', 'GET /% HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['broken UTF-8', 'GET /%ff%fe?%c0 HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['backslashes', 'GET \\\\x\\y HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['the asterisk form', 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['the asterisk form of GET', 'GET * HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['a tunnel', 'CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n'],
  ['a tunnel to nowhere', 'CONNECT // HTTP/1.1\r\nHost: x\r\n\r\n'],
  [
    'a web socket',
    'GET // HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n',
  ],
  ['HTTP/2 without TLS', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['an expectation', 'POST // HTTP/1.1\r\nHost: x\r\nExpect: a miracle\r\nContent-Length: 0\r\n\r\n'],
  ['a broken chunk', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
  ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx'],
  ['a header without a name', 'GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n'],
  ['a host that is none', 'GET / HTTP/1.1\r\nHost: [\r\n\r\n'],
  ['no host', 'GET / HTTP/1.1\r\n\r\n'],
  ['HTTP/1.0', 'GET // HTTP/1.0\r\n\r\n'],
  ['too many headers', `GET / HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(5_000)}\r\n`],
  ['a header too long', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'b'.repeat(100_000)}\r\n\r\n`],
  ['two requests, the second one broken', 'GET // HTTP/1.1\r\nHost: x\r\n\r\nGET //[ HTTP/1.1\r\n\r\n\r\n'],
  ['the greeting of TLS', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001'],
  ['zeros', '\0'.repeat(64)],
  ['line ends', '\r\n\r\n\r\n\r\n'],
];

/** @param send writes; resolves when the other side has closed, with what it said */
async function exchange(port: number, send: (socket: Socket) => void): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let said = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    said += chunk;
  });
  // Reset by the other side: an end like another.
  socket.on('error', () => {});
  const closed = once(socket, 'close').catch(() => {});
  send(socket);
  await closed;
  return said;
}

/** Sends bytes and the end of the stream, and resolves when the other side has closed; what it said. */
export const sendRaw = (port: number, bytes: string): Promise<string> =>
  exchange(port, (socket) => socket.end(bytes, 'latin1'));

/** Sends bytes and breaks the connection at once. */
export async function sendAndReset(port: number, bytes: string): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(bytes, 'latin1', () => socket.resetAndDestroy());
  if (!socket.closed) await once(socket, 'close');
}

export interface RawAnswer {
  /** 0 where the connection ended without an answer. */
  status: number;
  text: string;
}

/**
 * Sends one request as it is written, and waits for its answer: node drops an answer that is still being made when the other side
 * has ended the stream.
 * @param lines the request line and headers; `Connection: close` is added
 */
export async function sendRequest(port: number, lines: readonly string[], body = ''): Promise<RawAnswer> {
  const bytes = `${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n${body}`;
  const text = await exchange(port, (socket) => socket.write(bytes, 'latin1'));
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text };
}

export interface HttpAnswer {
  status: number;
  headers: Record<string, unknown>;
  body: string;
}

/** A request as raw as Node sends it: fetch refuses to set Host. */
export function requestWithHost(
  issuer: string,
  path: string,
  headers: Record<string, string | string[]>,
  method = 'GET',
): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const { port } = new URL(issuer);
  const sent = request({ host: '127.0.0.1', port, path, method, headers, setHost: false }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: Buffer.concat(chunks).toString(),
      }),
    );
  });
  sent.on('error', reject);
  sent.end();
  return promise;
}
