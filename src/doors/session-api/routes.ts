import { type Area, type Guards, on, type RouteHandler, waived } from '../../foundation/web/index.ts';
import { changePassword, login } from './login.ts';
import type { SessionApiParts } from './parts.ts';
import { details, list, logout, validate } from './sessions.ts';

/** The addresses that programs know. They may name a version, of which there is one: `/session/v5.0/login` is `/session/login`. */
const area: Area = {
  name: 'session-api',
  prefix: '/session/',
  optionalSegment: /v\d+(?:\.\d+)?/,
  callers: 'bearers',
  // The token is looked at before anything of a body.
  body: 'unread',
  cors: 'none',
  errors: (ctx, { code, status, publicMessage: message }) => {
    ctx.status = status;
    // RFC 9110, section 15.5.2: a 401 names what would be accepted.
    if (status === 401) ctx.set('www-authenticate', 'LV-Access, LV-Session');
    ctx.body = { code, message };
  },
};

const NO_COOKIE =
  'no cookie is read: a program shows a token or a session id in a header that no form can send';

const proving: Guards = {
  state: on('the reasons of the one table, after the password'),
  attempts: on('the guess of the pages, on the same counters'),
  factor: on('a code is asked of every account that has a factor; no browser is trusted here'),
  steps: on('a password to be changed, or a factor to be set up, begins no session'),
  bind: on('a token of the tenant that the client code names'),
  csrf: waived(NO_COOKIE),
  fresh: waived('the password comes with the request'),
  authz: on('the permission to use the session API'),
  once: waived('an account and a token have one session, however often they sign in'),
  rate: on('the tries of a network'),
  same: on('one answer for everything before the password was right'),
};

const holding: Guards = {
  state: on('account, epoch, token and tenant are looked at each time'),
  attempts: waived('an id has 122 bits of a MAC'),
  factor: waived('given when the session began'),
  steps: on('a password that expired ends the session'),
  bind: on('a session of the caller, or a token of the tenant'),
  csrf: waived(NO_COOKIE),
  fresh: waived('nothing of an account is changed'),
  authz: on('own sessions, or the permission to end sessions; never those of another tenant'),
  once: waived('repeating it changes nothing'),
  rate: waived('costs two look-ups'),
  same: on('what is not there and what is not for the caller answer alike'),
};

export function addSessionApiRoutes(parts: SessionApiParts): void {
  const routes = parts.registry.area(area);
  const add = (
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    name: string,
    guards: Guards,
    handle: (parts: SessionApiParts, ctx: Parameters<RouteHandler>[0]) => Promise<void>,
  ) => routes.route({ method, path, name, guards }, (ctx) => handle(parts, ctx));
  add('POST', '/session/login', 'session-api.login', proving, login);
  add('POST', '/session/password', 'session-api.password', proving, changePassword);
  add('GET', '/session/validate', 'session-api.validate', holding, validate);
  add('GET', '/session/validate/:id', 'session-api.validate', holding, validate);
  add('DELETE', '/session/logout/:id', 'session-api.logout', holding, logout);
  add('GET', '/session/list', 'session-api.list', holding, list);
  add('GET', '/session/:id', 'session-api.details', holding, details);
}
