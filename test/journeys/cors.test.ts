import { expect, test } from '@jest/globals';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();

/** The origin that an answer of the token endpoint may be read from, asked by a page of `origin`. */
async function readableFrom(redirectUri: string, origin: string): Promise<string | null> {
  const { id } = await server.application({
    kind: redirectUri.startsWith('http') ? 'spa' : 'native',
    redirectUris: [redirectUri],
  });
  const response = await fetch(`${server.issuer}/oauth2/token`, {
    method: 'POST',
    headers: { origin },
    body: new URLSearchParams({ client_id: id, grant_type: 'authorization_code', code: 'x' }),
  });
  return response.headers.get('access-control-allow-origin');
}

test.each([
  ['https://app.example/callback', 'https://app.example', 'https://app.example'],
  ['https://app.example/callback', 'https://evil.example', null],
  ['https://app.example/callback', 'null', null],
  ['com.example.app:/callback', 'null', null],
  ['com.example.app:/callback', 'com.example.app://', null],
  ['http://127.0.0.1:7000/callback', 'null', null],
])('SEC-4 X13 an application at %s, asked from %s', async (redirectUri, origin, readable) => {
  expect(await readableFrom(redirectUri, origin)).toBe(readable);
});
