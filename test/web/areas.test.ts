import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SallyportError } from '../../src/foundation/base/index.ts';
import {
  type Area,
  createProblems,
  type Guards,
  pointerTo,
  publicReading,
  type Registry,
} from '../../src/foundation/web/index.ts';
import { type StartedApp, startApp } from '../support/app.ts';

const FRIEND = 'https://tool.example.org';
const CROSS = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
const reading = publicReading('a page of this test', 'costs nothing');
const changing: Guards = { ...reading, csrf: { on: true, how: 'same origin' } };

const base = { body: 'json', cors: 'none' } as const;
const forms: Area = { ...base, name: 'console', prefix: '/console/', callers: 'browsers', errors: 'page' };
const problems = createProblems({ issuer: 'https://id.example.org' });
const programs: Area = {
  ...base,
  name: 'programs',
  prefix: '/programs/',
  callers: 'bearers',
  errors: problems.form,
  cors: {
    isAllowed: async (origin) => origin === FRIEND,
    requestHeaders: ['authorization', 'content-type'],
    answerHeaders: ['etag'],
  },
};

/** Two areas beside the real ones: JSON for programs, and JSON from our own pages. */
function addAreas(registry: Registry): void {
  const ofPages = registry.area(forms);
  const ofPrograms = registry.area(programs, async (ctx) => {
    if (ctx.get('authorization') !== 'Bearer right' && ctx.cookies.get('session') !== 'right')
      throw new SallyportError('unauthorized');
    return 'program';
  });
  ofPages.route({ method: 'GET', path: '/console/things', name: 'things', guards: reading }, async (ctx) => {
    ctx.body = {};
  });
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
    const options = method === 'PUT' ? { maxBytes: 200_000 } : {};
    const declared = { method, name: `${method} thing` } as const;
    ofPages.route({ ...declared, path: '/console/things', guards: changing }, async (ctx) => {
      ctx.body = { got: ctx.state.json ?? null };
    });
    ofPrograms.route(
      { ...declared, path: '/programs/things/:id', guards: reading },
      async (ctx, caller) => {
        ctx.body = { got: ctx.state.json ?? null, caller, id: ctx.params.id };
      },
      options,
    );
  }
  ofPrograms.route(
    { method: 'GET', path: '/programs/things', name: 'read', guards: reading },
    async (ctx) => {
      ctx.body = { cookie: ctx.cookies.get('session') ?? null };
    },
  );
  ofPrograms.route(
    { method: 'GET', path: '/programs/wrong', name: 'wrong', guards: reading },
    async (ctx) => {
      const errors = [{ pointer: pointerTo(['a', 0]), detail: 'must be text' }];
      problems.send(ctx, {
        code: 'input_invalid',
        status: 422,
        detail: 'These values cannot be used.',
        errors,
      });
    },
  );
}

let server: StartedApp;
let token: string;
beforeAll(async () => {
  server = await startApp({}, undefined, addAreas);
  token = await server.apiToken(await server.tenant('livevox'));
});
afterAll(() => server.close());

interface Answer {
  status: number;
  headers: Headers;
  text: string;
  type: string;
}

async function ask(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string | Uint8Array,
): Promise<Answer> {
  const answer = await fetch(`${server.issuer}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: body as string }),
  });
  const type = (answer.headers.get('content-type') ?? '').split(';')[0] ?? '';
  return { status: answer.status, headers: answer.headers, text: await answer.text(), type };
}

interface Shown {
  area: string;
  /** Takes POST. */
  path: string;
  /** Takes GET, and nothing that a program of the area would send otherwise. */
  readable: string;
  type: 'application/json' | 'application/x-www-form-urlencoded';
  bad: string;
  admitted(): Record<string, string>;
  /** What every error looks like. */
  isError(answer: Answer, status: number, code: string): void;
}

const isPage: Shown['isError'] = ({ status, type, text }, expected, code) => {
  expect([status, type]).toEqual([expected, 'text/html']);
  expect(text).toContain(`<code>${code}</code>`);
};
const ownOrigin = () => ({ origin: server.issuer, accept: 'text/html' });

const AREAS: Shown[] = [
  {
    area: 'pages',
    path: '/recover',
    readable: '/recover',
    type: 'application/x-www-form-urlencoded',
    bad: 'a=1&a=2',
    admitted: ownOrigin,
    isError: isPage,
  },
  {
    area: 'JSON of our own pages',
    path: '/console/things',
    readable: '/console/things',
    type: 'application/json',
    bad: '{',
    admitted: ownOrigin,
    isError: isPage,
  },
  {
    area: 'the session API',
    path: '/session/login',
    readable: '/session/list',
    type: 'application/json',
    bad: '{',
    admitted: () => ({ 'lv-access': token }),
    isError: ({ status, type, text }, expected, code) => {
      expect([status, type]).toEqual([expected, 'application/json']);
      expect(JSON.parse(text)).toEqual({ code, message: expect.any(String) });
    },
  },
  {
    area: 'programs',
    path: '/programs/things/1',
    readable: '/programs/things',
    type: 'application/json',
    bad: '{',
    admitted: () => ({ authorization: 'Bearer right' }),
    isError: ({ status, type, text }, expected, code) => {
      expect([status, type]).toEqual([expected, 'application/problem+json']);
      expect(JSON.parse(text)).toEqual({
        type: `https://id.example.org/problems/${code}`,
        title: expect.any(String),
        status: expected,
        detail: expect.any(String),
        code,
      });
    },
  },
];

describe.each(AREAS)('SEC-3 in the area of $area', ({ path, readable, type, bad, admitted, isError }) => {
  const send = (body: string, headers: Record<string, string> = {}) =>
    ask('POST', path, { 'content-type': type, ...admitted(), ...headers }, body);
  const missing = `${readable.slice(0, readable.lastIndexOf('/'))}/of/nothing/at/all`;

  test('a body that cannot be read is a bad request', async () => {
    isError(await send(bad), 400, 'bad_request');
  });

  test('a body that is too large is refused', async () => {
    isError(await send(`"${'x'.repeat(70_000)}"`), 413, 'body_too_large');
  });

  test.each(['text/plain', 'multipart/form-data; boundary=x', 'application/xml'])(
    'a body that says that it is %s is refused',
    async (other) => {
      isError(await send('x', { 'content-type': other }), 415, 'media_type_unsupported');
    },
  );

  test('a compressed body is refused', async () => {
    isError(await send('x', { 'content-encoding': 'gzip' }), 415, 'media_type_unsupported');
  });

  test('an address of nothing answers 404', async () => {
    isError(await ask('GET', missing, admitted()), 404, 'not_found');
    isError(await ask('OPTIONS', missing, admitted()), 404, 'not_found');
  });

  test('a method that the address does not take answers 405 and names those that it takes', async () => {
    const refused = await ask('PROPFIND', readable, admitted());
    isError(refused, 405, 'method_not_allowed');
    expect(refused.headers.get('allow')?.split(', ')).toEqual(expect.arrayContaining(['GET', 'HEAD']));
    expect(refused.headers.get('allow')).not.toContain('PROPFIND');
  });

  test('HEAD answers what GET does, without a body', async () => {
    const [get, head] = [await ask('GET', readable, admitted()), await ask('HEAD', readable, admitted())];
    expect([head.status, head.type, head.text]).toEqual([get.status, get.type, '']);
    const [noGet, noHead] = [await ask('GET', missing, admitted()), await ask('HEAD', missing, admitted())];
    expect([noHead.status, noHead.type, noHead.text]).toEqual([noGet.status, noGet.type, '']);
  });
});

describe('the page of an error names what to do next', () => {
  const LINK = 'href="/account"';

  test('an address of nothing leads to the account page', async () => {
    expect((await ask('GET', '/nothing', { accept: 'text/html' })).text).toContain(LINK);
  });

  test('a method that is not allowed leads to the account page', async () => {
    expect((await ask('DELETE', '/recover', { accept: 'text/html' })).text).toContain(LINK);
  });

  test('the link works for people who are not signed in', async () => {
    const answer = await ask('GET', '/account', { accept: 'text/html' });
    expect(answer.type).toBe('text/html');
    expect(answer.text).not.toContain('<code>not_found</code>');
  });
});

describe('ADM-1 a problem', () => {
  test('names each wrong value by its pointer', async () => {
    const { status, type, text } = await ask('GET', '/programs/wrong', { authorization: 'Bearer right' });
    expect([status, type]).toEqual([422, 'application/problem+json']);
    expect(JSON.parse(text)).toEqual({
      type: 'https://id.example.org/problems/input_invalid',
      title: 'Input invalid',
      status: 422,
      detail: 'These values cannot be used.',
      code: 'input_invalid',
      errors: [{ pointer: '#/a/0', detail: 'must be text' }],
    });
  });

  test.each([
    [[], '#'],
    [['a', 0, 'b'], '#/a/0/b'],
    [['a/b', 'm~n', ''], '#/a~1b/m~0n/'],
    [['é %', '"'], '#/%C3%A9%20%25/%22'],
  ])('the pointer to %j is %s', (path, pointer) => {
    expect(pointerTo(path)).toBe(pointer);
  });
});

describe('ADM-1 the page of a problem', () => {
  const page = (code: string) => ask('GET', `/problems/${code}`, { accept: 'text/html' });

  test.each(['not_found', 'user_name_taken', 'input_invalid'])('says what %s means', async (code) => {
    isPage(await page(code), 200, code);
  });

  test.each(['nothing', 'constructor', '__proto__'])('there is none of %s', async (code) => {
    isPage(await page(code), 404, 'not_found');
  });
});

describe('S59 where a request comes from', () => {
  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    '%s by a browser from another site is refused',
    async (method) => {
      const headers = { accept: 'text/html', 'content-type': 'application/json', ...CROSS };
      isPage(await ask(method, '/console/things', headers, '{}'), 403, 'cross_site_refused');
    },
  );

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    '%s by a browser needs to say where it comes from',
    async (method) => {
      const answer = await ask(method, '/console/things', { 'content-type': 'application/json' }, '{}');
      expect(answer.status).toBe(403);
    },
  );

  test('a cookie opens nothing where callers show a secret in a header', async () => {
    const answer = await ask('GET', '/programs/things', { cookie: 'session=right' });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'unauthorized', title: 'Unauthorized' });
  });

  test('a cookie beside the secret is not read', async () => {
    const both = { cookie: 'session=right', authorization: 'Bearer right' };
    expect((await ask('GET', '/programs/things', both)).text).toBe('{"cookie":null}');
  });
});

describe('S62 pages of other sites', () => {
  const preflight = {
    'access-control-request-method': 'PATCH',
    'access-control-request-headers': 'authorization',
  };

  test.each(['/recover', '/console/things', '/session/login'])('%s lets none in', async (path) => {
    const answer = await ask('OPTIONS', path, { origin: FRIEND, ...preflight });
    expect(answer.status).toBe(405);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test('a registered origin is told what it may send', async () => {
    const { status, headers } = await ask('OPTIONS', '/programs/things/1', { origin: FRIEND, ...preflight });
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe(FRIEND);
    expect(headers.get('access-control-allow-methods')).toBe('POST, PUT, PATCH, DELETE, OPTIONS');
    expect(headers.get('access-control-allow-headers')).toBe('authorization, content-type');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    expect(headers.get('vary')).toBe('Origin');
  });

  test.each(['https://evil.example', 'null'])('the origin %s is told nothing', async (origin) => {
    const { status, headers } = await ask('OPTIONS', '/programs/things/1', { origin, ...preflight });
    expect([status, headers.get('allow')]).toEqual([204, 'POST, PUT, PATCH, DELETE, OPTIONS']);
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test('a registered origin may read errors too', async () => {
    const { status, headers } = await ask('GET', '/programs/nothing', { origin: FRIEND });
    expect([status, headers.get('access-control-allow-origin')]).toEqual([404, FRIEND]);
    expect(headers.get('access-control-expose-headers')).toBe('etag');
  });
});

describe('SEC-3 a JSON body', () => {
  const json = { 'content-type': 'application/json', authorization: 'Bearer right' };
  const send = (body: string | Uint8Array, headers: Record<string, string> = {}, method = 'POST') =>
    ask(method, '/programs/things/1', { ...json, ...headers }, body);

  test.each<[string, string | Uint8Array]>([
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['a mark of the byte order of UTF-16', Buffer.from('\ufeff{}', 'utf16le')],
    ['a member twice', '{"a":1,"a":2}'],
    ['a member twice, deep inside', '{"a":[{"b":{"c":1,"\\u0063":2}}]}'],
    ['33 levels', `{"a":${'['.repeat(32)}${']'.repeat(32)}}`],
    ['half of a surrogate pair', '{"a":"\\ud83d"}'],
    ['a list', '[]'],
    ['a text', '"x"'],
    ['null', 'null'],
    ['two objects', '{}{}'],
    ['a comment', '{/**/}'],
    ['NaN', '{"a":NaN}'],
  ])('with %s is refused', async (_, body) => {
    const answer = await send(body);
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([400, 'bad_request']);
  });

  test('of 32 levels is taken', async () => {
    expect((await send(`{"a":${'['.repeat(31)}${']'.repeat(31)}}`)).status).toBe(200);
  });

  test.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])(
    'that says it is %s is taken',
    async (type) => {
      expect((await send('{}', { 'content-type': type })).status).toBe(200);
    },
  );

  test.each([
    'application/json; charset=latin1',
    'application/merge-patch+json',
    'application/x-www-form-urlencoded',
  ])('that says it is %s is refused', async (type) => {
    expect((await send('{}', { 'content-type': type })).status).toBe(415);
  });

  test('of a PATCH may be a merge patch', async () => {
    const { status, text } = await send(
      '{"a":null}',
      { 'content-type': 'application/merge-patch+json' },
      'PATCH',
    );
    expect([status, JSON.parse(text).got]).toEqual([200, { a: null }]);
  });

  test('may be left out', async () => {
    const { status, text } = await ask('DELETE', '/programs/things/1', { authorization: 'Bearer right' });
    expect([status, JSON.parse(text).got]).toEqual([200, null]);
  });

  test('may be larger where the route says so, and no larger than that', async () => {
    expect((await send(`{"a":"${'x'.repeat(150_000)}"}`, {}, 'PUT')).status).toBe(200);
    expect((await send(`{"a":"${'x'.repeat(200_000)}"}`, {}, 'PUT')).status).toBe(413);
  });

  test('V33 with names of prototypes is data, and changes no other object', async () => {
    const { status, text } = await send('{"__proto__":{"x":1},"constructor":{"prototype":{"x":1}}}');
    expect(status).toBe(200);
    expect(text).toContain('"__proto__":{"x":1}');
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  test('is not read of a caller who is not admitted', async () => {
    expect((await send('{', { authorization: 'Bearer wrong' })).status).toBe(401);
  });

  test('reaches the handler with the caller and the values of the address', async () => {
    const { text } = await ask('POST', '/programs/things/a%20b', json, '{"n":1}');
    expect(JSON.parse(text)).toEqual({ got: { n: 1 }, caller: 'program', id: 'a b' });
  });
});
