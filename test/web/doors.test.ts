import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DeclaredRoute } from '../../src/foundation/web/index.ts';
import { guardNames } from '../../src/foundation/web/index.ts';
import { isIn, PASSWORD, type StartedApp, startApp } from '../support/app.ts';
import { Browser } from '../support/browser.ts';
import { type Story, story } from '../support/story.ts';

interface Recorded {
  method: string;
  path: string;
}

interface EngineRouter {
  prototype: Record<string, (name: string, path: string, ...stack: unknown[]) => unknown>;
}

/** What the library registers while it builds a provider, recorded at its own router. */
const engineRoutes: Recorded[] = [];
let server: StartedApp;

beforeAll(async () => {
  const inside: string = 'oidc-provider/lib/helpers/router.js';
  const { default: Router } = (await import(inside)) as { default: EngineRouter };
  for (const method of ['get', 'post', 'put', 'delete', 'options']) {
    const register = Router.prototype[method];
    if (!register) throw new Error(`the library's router has no ${method}`);
    Router.prototype[method] = function (this: unknown, name: string, path: string, ...stack: unknown[]) {
      engineRoutes.push({ method: method.toUpperCase(), path });
      return register.call(this, name, path, ...stack);
    };
  }
  server = await startApp();
});
afterAll(() => server.close());

const key = ({ method, path }: Recorded) => `${method} ${path}`;
const declared = () => server.app.registry.declared();

describe('every door declares its guards', () => {
  test('G1 G5 each guard is on, with what enforces it, or waived, with a reason', () => {
    expect(declared().length).toBeGreaterThan(20);
    for (const route of declared()) {
      expect(Object.keys(route.guards).sort()).toEqual([...guardNames].sort());
      for (const guard of Object.values(route.guards))
        expect((guard.on ? guard.how : guard.why).length).toBeGreaterThan(4);
    }
  });

  test('G2 the library registers exactly the routes that are declared for it', () => {
    const ours = declared()
      .filter((r) => r.handledBy === 'engine')
      .map(key)
      .sort();
    expect([...new Set(engineRoutes.map(key))].sort()).toEqual(ours);
  });

  test('G2 a second declaration of one route is refused', () => {
    const [route] = declared();
    expect(() => server.app.registry.declareEngineRoute(route as DeclaredRoute)).toThrow('declared twice');
  });
});

/** A sign-in that stands at its password page, for probes that must change nothing. */
async function standing(): Promise<Story & { url: string; fields: Record<string, string> }> {
  const tale = await story(server);
  const { url } = await tale.begin();
  return {
    ...tale,
    url,
    fields: { clientCode: tale.tenant.clientCode, userName: tale.account.userName, password: PASSWORD },
  };
}

async function untouched({
  account,
  browser,
  url,
}: {
  account: Story['account'];
  browser: Browser;
  url: string;
}) {
  expect(await server.core.audit.ofAccount(account.id, 5)).toEqual([]);
  expect((await browser.open(url)).step).toBe('password');
}

const posts = () => declared().filter((r) => r.handledBy === 'ours' && r.method === 'POST');

describe('a request that violates only one guard is refused, and nothing behind it ran', () => {
  test('G4 S59 csrf: every post of ours from another site', async () => {
    const tale = await standing();
    for (const route of posts().filter((r) => r.guards.csrf.on)) {
      const path = route.path.replace(':uid', tale.url.split('/').pop() ?? '');
      const page = await tale.browser.post(`${server.issuer}${path}`, tale.fields, {
        'sec-fetch-site': 'cross-site',
        origin: 'http://evil.example',
      });
      expect([route.name, page.status]).toEqual([route.name, 403]);
      await tale.browser.open(tale.url);
    }
    await untouched(tale);
  });

  test('G4 S51 bind: every step of a sign-in without the cookie of the browser that began it', async () => {
    const tale = await standing();
    for (const route of posts().filter((r) => r.guards.bind.on && r.path.startsWith('/sign-in/'))) {
      const stranger = new Browser(server.issuer);
      await stranger.open('/health/live');
      const page = await stranger.post(
        `${server.issuer}${route.path.replace(':uid', tale.url.split('/').pop() ?? '')}`,
        tale.fields,
      );
      expect([route.name, page.status, page.step]).toEqual([route.name, 400, 'expired-link']);
    }
    await untouched(tale);
  });

  test('G4 S43 steps: every step posted while another one is due', async () => {
    const tale = await standing();
    for (const step of ['second-factor', 'activate', 'change-password', 'consent', 'continue', 'identify']) {
      const page = await tale.browser.post(`${tale.url}/${step}`, {
        ...tale.fields,
        code: '123456',
        decision: 'allow',
        population: 'agent',
        currentPassword: PASSWORD,
        newPassword: 'x',
        newPasswordAgain: 'x',
      });
      expect([step, page.status, page.step]).toEqual([step, 200, 'password']);
    }
    await untouched(tale);
  });

  test('G4 once: a finished sign-in takes no post', async () => {
    const tale = await standing();
    await tale.typePassword();
    for (const route of posts().filter((r) => r.path.startsWith('/sign-in/'))) {
      const page = await tale.browser.post(
        `${server.issuer}${route.path.replace(':uid', tale.url.split('/').pop() ?? '')}`,
        tale.fields,
      );
      expect([route.name, page.status]).toEqual([route.name, 400]);
    }
  });

  test('G4 state: a disabled account gets nowhere, at the page, at the token endpoint, at a session', async () => {
    const tale = await standing();
    const tokens = await tale.relying.exchange((await tale.typePassword()).url);
    await server.core.accounts.update(tale.account.id, (a) => ({ ...a, status: 'disabled' }));
    await expect(tale.relying.refresh(tokens)).rejects.toMatchObject({ error: 'invalid_grant' });
    expect((await tale.begin()).step).toBe('password');
    expect((await tale.typePassword()).step).toBe('password');
  });
});

describe('paths in other clothes', () => {
  test('G3 upper case, slashes, escapes, HEAD and method overrides open nothing that the plain path refuses', async () => {
    const tale = await standing();
    const uid = tale.url.split('/').pop() ?? '';
    const cross = { 'sec-fetch-site': 'cross-site', origin: 'http://evil.example' };
    for (const path of [
      `/SIGN-IN/${uid}/PASSWORD`,
      `/sign-in/${uid}/password/`,
      `//sign-in/${uid}/password`,
      `/sign-in//${uid}/password`,
      `/sign-in/${uid}/%70assword`,
      `/%73ign-in/${uid}/password`,
      `/x/../sign-in/${uid}/password`,
      `/sign-in/${uid}/password%2f`,
      `/sign-in/${uid}/password;x`,
    ]) {
      const cookie = await tale.browser.jar.getCookieString(tale.url);
      const response = await fetch(`${server.issuer}${path}`, {
        method: 'POST',
        body: new URLSearchParams(tale.fields),
        headers: { ...cross, cookie, 'x-http-method-override': 'GET' },
        redirect: 'manual',
      });
      expect([path, response.status >= 400]).toEqual([path, true]);
    }
    for (const method of ['PUT', 'DELETE', 'PATCH', 'HEAD']) {
      const response = await fetch(`${tale.url}/password`, {
        method,
        headers: { cookie: await tale.browser.jar.getCookieString(tale.url), origin: server.issuer },
      });
      expect([method, response.status]).toEqual([method, 405]);
    }
    await untouched(tale);
  });

  test('G3 S59 HEAD for the sign-in page, and GET with a body of fields, change nothing', async () => {
    const tale = await standing();
    const cookie = await tale.browser.jar.getCookieString(tale.url);
    expect((await fetch(tale.url, { method: 'HEAD', headers: { cookie } })).status).toBe(200);
    expect(
      (await fetch(`${tale.url}?${new URLSearchParams(tale.fields)}`, { headers: { cookie } })).status,
    ).toBe(200);
    await untouched(tale);
    expect(isIn(await tale.typePassword())).toBe(true);
  });
});
