import { connect } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { DeclaredRoute } from '../../src/foundation/web/index.ts';
import { eventually } from '../support/eventually.ts';
import { sendRequest } from '../support/raw.ts';
import { story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';

const log = { lines: [] as string[] };
const server = serverForAll({ SALLYPORT_LOG_LEVEL: 'debug' }, log);
const port = () => Number(new URL(server.issuer).port);

const errorLines = () => log.lines.filter((line) => Number(JSON.parse(line).level) >= 50);
afterEach(() => {
  log.lines.length = 0;
});

/** Text that no token, id or name of ours can be. */
const HOSTILE = [
  '%0d%0aset-cookie:x=1',
  '%00',
  '%',
  '%zz',
  '%ff%fe',
  '%E2%80%AE',
  '..%2f..%2fetc%2fpasswd',
  '__proto__',
  '[object Object]',
  'x'.repeat(3_000),
  "'%20OR%201=1",
  '{"$gt":""}'.replaceAll('"', '%22'),
];

const NAMES = [
  'token',
  'client',
  'population',
  'after',
  'sessionId',
  'error',
  'ui_locales',
  'claims',
  'request',
];

/** The paths of a route with something hostile for each parameter. */
function pathsOf({ path }: DeclaredRoute): string[] {
  const filled = HOSTILE.map((text) => path.replaceAll(/:[a-z]+/gi, text));
  const plain = path.replaceAll(/:[a-z]+/gi, 'x');
  const queries = NAMES.flatMap((name) => HOSTILE.slice(0, 6).map((text) => `${plain}?${name}=${text}`));
  const repeated = `${plain}?token=a&token=b&client[]=x&population[$gt]=`;
  return [...(path.includes(':') ? filled : []), ...queries, repeated];
}

const BODIES: readonly [string, string][] = [
  ['application/x-www-form-urlencoded', 'token=%0d%0a&code=%00&userName[$gt]=&password='],
  ['application/x-www-form-urlencoded', '%zz=%ff'],
  ['application/json', '{"a":{"__proto__":1},"userName":{"$gt":""}}'],
  ['application/json', '{'],
  ['application/json', 'null'],
  ['text/plain', '\xff\xfe'],
  ['multipart/form-data; boundary=', 'x'],
  ['application/x-www-form-urlencoded; charset=utf-99', 'a=b'],
];

const HEADERS: readonly string[] = [
  'Cookie: sallyport_session=%0d%0a; sallyport_interaction=\x7f; sallyport_trust="; sallyport_browser==; sallyport_recover=%',
  'Authorization: Basic %%%',
  'Authorization: Basic \xff',
  'Authorization: Bearer %00',
  'Authorization: DPoP x',
  'DPoP: a.b.c',
  'LV-Session: %0d%0a',
  'LV-Access: \xff\xff',
  'Accept: \xff/;q=9',
  'Accept-Language: \xff',
  'Accept-Encoding: %%',
  'Origin: \xff',
  'Origin: null',
  'Sec-Fetch-Site: \xff',
  'If-None-Match: \xff',
  'Range: bytes=9-1',
  'Content-Type: \xff',
  'X-Forwarded-For: \xff, for=, [, ::::',
];

describe('no request is answered with a 5xx, and none fills the error log', () => {
  const host = () => `Host: localhost:${port()}`;

  test('SEC-4 X9 hostile text in every path and query of every route', async () => {
    const wrong: string[] = [];
    for (const route of server.app.registry.declared().filter(({ method }) => method === 'GET'))
      for (const path of pathsOf(route)) {
        const { status } = await sendRequest(port(), [`GET ${path} HTTP/1.1`, host(), 'Accept: text/html']);
        if (status === 0 || status >= 500) wrong.push(`${status} ${path.slice(0, 120)}`);
      }
    expect(wrong).toEqual([]);
    expect(errorLines()).toEqual([]);
  });

  test('SEC-4 X9 hostile headers at every route', async () => {
    const wrong: string[] = [];
    for (const { method, path } of server.app.registry.declared())
      for (const header of HEADERS) {
        const line = `${method} ${path.replaceAll(/:[a-z]+/gi, 'x')} HTTP/1.1`;
        const { status } = await sendRequest(port(), [line, host(), header, 'Content-Length: 0']);
        if (status === 0 || status >= 500) wrong.push(`${status} ${line} ${header}`);
      }
    expect(wrong).toEqual([]);
    expect(errorLines()).toEqual([]);
  });

  test('SEC-4 X9 hostile bodies at every route that takes one', async () => {
    const wrong: string[] = [];
    for (const { method, path } of server.app.registry.declared().filter((r) => r.method !== 'GET'))
      for (const [type, body] of BODIES) {
        const target = path.replaceAll(/:[a-z]+/gi, 'x');
        const lines = [
          `${method} ${target} HTTP/1.1`,
          host(),
          `Origin: ${server.issuer}`,
          `Content-Type: ${type}`,
          `Content-Length: ${Buffer.byteLength(body, 'latin1')}`,
        ];
        const { status } = await sendRequest(port(), lines, body);
        if (status === 0 || status >= 500) wrong.push(`${status} ${method} ${target} ${type} ${body}`);
      }
    expect(wrong).toEqual([]);
    expect(errorLines()).toEqual([]);
  });
});

describe('authorization requests', () => {
  const CLAIMS = [
    '{"id_token":{"acr":{"values":7}}}',
    '{"id_token":{"acr":{"values":[7,null,{}]}}}',
    '{"id_token":{"acr":{"value":{"a":1},"essential":"yes"}}}',
    '{"id_token":{"acr":7}}',
    '{"id_token":{"acr":[1]}}',
    '{"id_token":{"acr":{"essential":true,"values":{}}}}',
    '{"id_token":7}',
    '{"id_token":null,"userinfo":[]}',
    '{"id_token":{"__proto__":{"values":1}}}',
    '{"userinfo":{"sub":{"value":7}}}',
    '[]',
    'null',
    '7',
    '"x"',
    '{',
  ];

  test.each(CLAIMS)('SEC-4 X9 claims=%s is answered, and never with a 5xx', async (claims) => {
    const { begin } = await story(server);
    const page = await begin({ claims });
    expect(page.status).toBeLessThan(500);
    expect(errorLines()).toEqual([]);
  });
});

describe('a body that the client cuts off', () => {
  const DOORS = [
    ['a page of ours', '/recover', 'application/x-www-form-urlencoded'],
    ['the session API', '/session/login', 'application/json'],
    ['the token endpoint', '/oauth2/token', 'application/x-www-form-urlencoded'],
    ['pushed requests', '/oauth2/par', 'application/x-www-form-urlencoded'],
  ] as const;

  test.each(DOORS)('SEC-4 X9 of %s fills no error log', async (_name, path, type) => {
    const socket = connect(port(), '127.0.0.1');
    const head = [
      `POST ${path} HTTP/1.1`,
      `Host: localhost:${port()}`,
      `Origin: ${server.issuer}`,
      `Content-Type: ${type}`,
      'Content-Length: 1000',
      'Expect: 100-continue',
    ];
    socket.on('error', () => {});
    // The server answers 100 once its handler waits for the body, of which most never comes.
    const { promise: waits, resolve } = Promise.withResolvers<void>();
    socket.once('data', () => resolve());
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    await waits;
    socket.write('{"a');
    socket.resetAndDestroy();
    const isGivenUp = () => log.lines.some((line) => line.includes('"msg":"request"'));
    await eventually(isGivenUp, Boolean);
    expect(errorLines()).toEqual([]);
  });
});
