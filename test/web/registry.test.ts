import { describe, expect, test } from '@jest/globals';
import {
  type Area,
  createRegistry,
  publicReading,
  type Registry,
  type RouteDeclaration,
} from '../../src/foundation/web/index.ts';

const OWN = 'https://id.example.org';
const reading = publicReading('a page of this test', 'costs nothing');
const guards: RouteDeclaration['guards'] = { ...reading, csrf: { on: true, how: 'same origin' } };
const programs: Area = {
  name: 'programs',
  prefix: '/x/',
  callers: 'bearers',
  body: 'unread',
  errors: 'page',
  cors: 'none',
};

/** @returns whether the handler ran, or the code of the refusal */
async function asked(
  method: RouteDeclaration['method'],
  headers: Record<string, string>,
  add: (registry: Registry, handler: () => Promise<void>) => void,
): Promise<string> {
  const registry = createRegistry({ origin: OWN });
  let outcome = 'nothing';
  add(registry, async () => {
    outcome = 'ran';
  });
  const ctx = {
    method,
    path: '/x/y',
    request: {},
    req: { headers },
    state: {},
    get: (name: string) => headers[name] ?? '',
    set: () => {},
  };
  await registry
    .middleware()(ctx as never, async () => {})
    .catch((error: { code?: string }) => {
      outcome = error.code ?? String(error);
    });
  return outcome;
}

const UNSAFE = ['POST', 'PUT', 'PATCH', 'DELETE'] as const;
const route = (method: RouteDeclaration['method'], more: Partial<RouteDeclaration> = {}) => ({
  method,
  path: '/x/y',
  name: 'x',
  guards,
  ...more,
});

describe('S59 X17 every method that changes something is held to where it comes from', () => {
  test.each(UNSAFE)('%s from another site is refused, and from our pages it runs', async (method) => {
    const asks = (headers: Record<string, string>) =>
      asked(method, headers, (registry, handler) => registry.route(route(method), handler));
    expect(await asks({ 'sec-fetch-site': 'cross-site' })).toBe('cross_site_refused');
    expect(await asks({ origin: 'https://evil.example' })).toBe('cross_site_refused');
    expect(await asks({})).toBe('cross_site_refused');
    expect(await asks({ 'sec-fetch-site': 'same-origin', origin: OWN })).toBe('ran');
  });

  test.each(UNSAFE)('%s of an area that reads no cookie runs without those headers', async (method) => {
    const outcome = await asked(method, {}, (registry, handler) =>
      registry.area(programs).route(route(method, { guards: reading }), handler),
    );
    expect(outcome).toBe('ran');
  });
});

describe('G1 a declaration that does not hold stops the start', () => {
  const declaring = (work: (registry: Registry) => void) => () => work(createRegistry({ origin: OWN }));
  const handler = async () => {};
  const cors = { isAllowed: async () => true, requestHeaders: [], answerHeaders: [] };

  test.each<[string, (registry: Registry) => void, string]>([
    [
      'a change by browsers without the guard csrf',
      (r) => r.route(route('DELETE', { guards: reading }), handler),
      'needs the guard csrf',
    ],
    [
      'the guard csrf where no cookie is read',
      (r) => r.area(programs).route(route('POST'), handler),
      'no cookie is read',
    ],
    [
      'a route outside its area',
      (r) => r.area(programs).route(route('GET', { path: '/y', guards: reading }), handler),
      'not in the area programs',
    ],
    [
      'a page inside an area',
      (r) => {
        r.area(programs);
        r.route(route('POST'), handler);
      },
      'not in the area pages',
    ],
    [
      'an area over a route that is there',
      (r) => {
        r.route(route('POST'), handler);
        r.area(programs);
      },
      'declared already',
    ],
    [
      'an area twice',
      (r) => {
        r.area(programs);
        r.area({ ...programs, name: 'others' });
      },
      'declared already',
    ],
    ['a prefix that ends in a word', (r) => r.area({ ...programs, prefix: '/x' }), 'between slashes'],
    [
      'cookies for pages of other sites',
      (r) => r.area({ ...programs, callers: 'browsers', cors }),
      'must not call it',
    ],
    [
      'bodies that are read before it is known who asks',
      (r) => r.area({ ...programs, body: 'json' }),
      'needs to know who asks',
    ],
  ])('%s', (_, work, message) => {
    expect(declaring(work)).toThrow(message);
  });
});
