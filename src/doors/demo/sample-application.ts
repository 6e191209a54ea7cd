import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Router from '@koa/router';
import { Eta } from 'eta';
import Koa, { type Context } from 'koa';
import * as client from 'openid-client';
import { type Log, newSecret } from '../../foundation/base/index.ts';
import { createGuardedServer, listening } from '../../foundation/web/index.ts';
import { BACKCHANNEL_LOGOUT_PATH, logoutTokenReader } from './backchannel-logout.ts';

export interface SampleApplication {
  port: number;
  close(): Promise<void>;
}

interface SampleOptions {
  issuer: string;
  port: number;
  clientId: string;
  secret: string;
  log: Log;
}

interface Visit {
  pending?: { verifier: string; state: string; nonce: string };
  tokens?: client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;
  userinfo?: object;
  message?: string;
}

const COOKIE = 'sample_session';
const MAX_VISITS = 1_000;
const VIEWS = fileURLToPath(new URL('../../../views/demo/', import.meta.url));
const CSS = createRequire(import.meta.url).resolve('@picocss/pico/css/pico.classless.min.css');

/** Finds the provider when the first person comes: it may start after this application. */
function discoverer({ issuer, clientId, secret }: SampleOptions) {
  let found: Promise<client.Configuration> | undefined;
  return () => {
    // The demo runs on loopback without TLS; a real application leaves the last argument away.
    found ??= client.discovery(
      new URL(issuer),
      clientId,
      { client_secret: secret },
      client.ClientSecretBasic(secret),
      {
        execute: [client.allowInsecureRequests],
      },
    );
    found.catch(() => {
      found = undefined;
    });
    return found;
  };
}

function createVisits() {
  const visits = new Map<string, Visit>();
  const endOf = (sid: string) => {
    for (const visit of visits.values()) {
      if (visit.tokens?.claims()?.sid !== sid) continue;
      delete visit.tokens;
      delete visit.userinfo;
      visit.message = 'Your session has ended: the identity provider said so.';
    }
  };
  const visitOf = (ctx: Context): Visit => {
    const known = visits.get(ctx.cookies.get(COOKIE) ?? '');
    if (known) return known;
    const visit: Visit = {};
    const id = newSecret();
    if (visits.size >= MAX_VISITS) visits.delete(visits.keys().next().value ?? '');
    visits.set(id, visit);
    ctx.cookies.set(COOKIE, id, { httpOnly: true, sameSite: 'lax', overwrite: true });
    return visit;
  };
  return { visitOf, endOf };
}

function addRoutes(router: Router, options: SampleOptions, origin: () => string) {
  const discovered = discoverer(options);
  const { visitOf, endOf } = createVisits();
  const eta = new Eta({ views: VIEWS, autoEscape: true });
  const home = (ctx: Context) => {
    ctx.status = 303;
    ctx.redirect('/');
  };

  router.get('/', async (ctx) => {
    const { tokens, userinfo, message } = visitOf(ctx);
    ctx.type = 'html';
    ctx.body = eta.render('./sample', { claims: tokens?.claims(), tokens, userinfo, message });
  });
  for (const [path, file] of [
    ['/pico.css', CSS],
    ['/sample.css', `${VIEWS}sample.css`],
  ] as const) {
    router.get(path, async (ctx) => {
      ctx.type = 'css';
      ctx.body = readFileSync(file);
    });
  }
  const sidOf = logoutTokenReader(options);
  router.post(BACKCHANNEL_LOGOUT_PATH, async (ctx) => {
    const token = new URLSearchParams(await text(ctx.req)).get('logout_token') ?? '';
    ctx.set('cache-control', 'no-store');
    ctx.status = await sidOf(token).then(
      (sid) => {
        endOf(sid);
        return 200;
      },
      () => 400,
    );
  });
  router.get('/sign-in', async (ctx) => {
    const pending = {
      verifier: client.randomPKCECodeVerifier(),
      state: client.randomState(),
      nonce: client.randomNonce(),
    };
    visitOf(ctx).pending = pending;
    const extra = Object.fromEntries(
      ['prompt', 'max_age', 'acr_values'].flatMap((name) =>
        ctx.query[name] ? [[name, String(ctx.query[name])]] : [],
      ),
    );
    const address = client.buildAuthorizationUrl(await discovered(), {
      redirect_uri: `${origin()}/callback`,
      scope: 'openid profile email',
      code_challenge: await client.calculatePKCECodeChallenge(pending.verifier),
      code_challenge_method: 'S256',
      state: pending.state,
      nonce: pending.nonce,
      ...extra,
    });
    ctx.status = 303;
    ctx.redirect(address.href);
  });
  router.get('/callback', async (ctx) => {
    const visit = visitOf(ctx);
    const { pending } = visit;
    delete visit.pending;
    if (!pending) return home(ctx);
    try {
      visit.tokens = await client.authorizationCodeGrant(
        await discovered(),
        new URL(ctx.originalUrl, origin()),
        {
          pkceCodeVerifier: pending.verifier,
          expectedState: pending.state,
          expectedNonce: pending.nonce,
        },
      );
      visit.message = 'Signed in.';
    } catch (error) {
      visit.message = `Not signed in: ${(error as { error?: string }).error ?? (error as Error).message}`;
    }
    home(ctx);
  });
  router.post('/refresh', async (ctx) => {
    const visit = visitOf(ctx);
    const refreshToken = visit.tokens?.refresh_token;
    if (!refreshToken) return home(ctx);
    try {
      visit.tokens = await client.refreshTokenGrant(await discovered(), refreshToken);
      visit.message = 'New tokens were issued.';
    } catch (error) {
      delete visit.tokens;
      visit.message = `The refresh was refused: ${(error as { error?: string }).error ?? (error as Error).message}`;
    }
    home(ctx);
  });
  router.post('/userinfo', async (ctx) => {
    const visit = visitOf(ctx);
    const { tokens } = visit;
    const subject = tokens?.claims()?.sub;
    if (!tokens || !subject) return home(ctx);
    try {
      visit.userinfo = await client.fetchUserInfo(await discovered(), tokens.access_token, subject);
      visit.message = 'Userinfo was fetched.';
    } catch (error) {
      visit.message = `Userinfo was refused: ${(error as Error).message}`;
    }
    home(ctx);
  });
  router.post('/sign-out', async (ctx) => {
    const visit = visitOf(ctx);
    const idToken = visit.tokens?.id_token;
    delete visit.tokens;
    delete visit.userinfo;
    visit.message = 'Signed out of this application.';
    const address = client.buildEndSessionUrl(await discovered(), {
      post_logout_redirect_uri: `${origin()}/`,
      ...(idToken ? { id_token_hint: idToken } : {}),
    });
    ctx.status = 303;
    ctx.redirect(address.href);
  });
}

/** A small web application that hands its sign-in to Sallyport through `openid-client`; `port` 0 takes any free one. */
export async function startSampleApplication(options: SampleOptions): Promise<SampleApplication> {
  const koa = new Koa();
  const router = new Router();
  let port = options.port;
  addRoutes(router, options, () => `http://localhost:${port}`);
  koa.use(router.routes());
  koa.on('error', (error: Error) =>
    options.log.debug({ error: error.message }, 'the sample application failed'),
  );
  const server = createGuardedServer(options.log, {}, koa.callback());
  port = await listening(server, options.port, '127.0.0.1');
  return {
    port,
    close: async () => {
      server.closeAllConnections();
      await promisify(server.close.bind(server))().catch(() => {});
    },
  };
}
