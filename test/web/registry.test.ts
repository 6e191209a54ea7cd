import { describe, expect, test } from '@jest/globals';
import { createRegistry, publicReading, type RouteDeclaration } from '../../src/foundation/web/index.ts';

const OWN = 'https://id.example.org';
const reading = publicReading('a page of this test', 'costs nothing');
const guards: RouteDeclaration['guards'] = {
  ...reading,
  csrf: { on: true, how: 'same origin' },
};

/** Asks a registry with one route. @returns whether its handler ran, or the code of the refusal */
async function asked(
  method: RouteDeclaration['method'],
  headers: Record<string, string>,
  declared = guards,
): Promise<string> {
  const registry = createRegistry({ origin: OWN });
  let outcome = 'nothing';
  registry.route(
    { method, path: '/x', name: 'x', guards: declared },
    async () => {
      outcome = 'ran';
    },
    { body: 'unread' },
  );
  const ctx = {
    method,
    path: '/x',
    request: {},
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

describe('S59 X17 every method that changes something is held to where it comes from', () => {
  test.each(UNSAFE)('%s from another site is refused, and from our pages it runs', async (method) => {
    expect(await asked(method, { 'sec-fetch-site': 'cross-site' })).toBe('cross_site_refused');
    expect(await asked(method, { origin: 'https://evil.example' })).toBe('cross_site_refused');
    expect(await asked(method, {})).toBe('cross_site_refused');
    expect(await asked(method, { 'sec-fetch-site': 'same-origin', origin: OWN })).toBe('ran');
  });

  test.each(UNSAFE)('%s of a door that reads no cookie runs without those headers', async (method) => {
    const waived = { ...guards, csrf: { on: false, why: 'no cookie is read' } } as RouteDeclaration['guards'];
    expect(await asked(method, {}, waived)).toBe('ran');
  });
});
