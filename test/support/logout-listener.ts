import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, type JWTVerifyResult, jwtVerify } from 'jose';

export type Manner = (request: IncomingMessage, response: ServerResponse) => void;

/** The address of an application that hears of logouts. */
export interface LogoutListener {
  url: string;
  /** The logout tokens that came, in their order. */
  tokens: string[];
  /** How many requests waited for its answer at one moment, at most. */
  mostAtOnce: number;
  /** How it answers from now on. */
  manner: Manner;
  /** The token, verified as an application would (Back-Channel Logout 1.0, section 2.6). */
  verified(token: string, issuer: string, audience: string): Promise<JWTVerifyResult>;
  close(): Promise<void>;
}

export const accepts: Manner = (_request, response) => {
  response.writeHead(200).end();
};

export function answers(status: number, headers: Record<string, string> = {}): Manner {
  return (_request, response) => {
    response.writeHead(status, headers).end();
  };
}

/** Takes the request and says nothing. */
export const hangs: Manner = () => {};

/** Ten megabytes, as fast as they are taken. */
export const floods: Manner = (_request, response) => {
  response.on('error', () => {});
  response.writeHead(200);
  const chunk = Buffer.alloc(64 * 1_024, 'x');
  let left = 160;
  const more = () => {
    while (left > 0 && !response.destroyed) {
      left -= 1;
      if (!response.write(chunk)) {
        response.once('drain', more);
        return;
      }
    }
    response.end();
  };
  more();
};

export async function startLogoutListener(manner: Manner = accepts): Promise<LogoutListener> {
  const listener: LogoutListener = {
    url: '',
    tokens: [],
    mostAtOnce: 0,
    manner,
    verified: (token, issuer, audience) =>
      jwtVerify(token, createRemoteJWKSet(new URL(`${issuer}/oauth2/jwks`)), {
        issuer,
        audience,
        typ: 'logout+jwt',
        algorithms: ['ES256'],
      }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  let waiting = 0;
  const server = createServer(async (request, response) => {
    waiting += 1;
    listener.mostAtOnce = Math.max(listener.mostAtOnce, waiting);
    response.once('close', () => {
      waiting -= 1;
    });
    let body = '';
    for await (const chunk of request) body += chunk;
    const token = new URLSearchParams(body).get('logout_token');
    if (token !== null) listener.tokens.push(token);
    listener.manner(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  listener.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/logout`;
  return listener;
}
