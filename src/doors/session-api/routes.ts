import type { Middleware } from 'koa';
import { type Guards, on, type RouteHandler, type WebState, waived } from '../../foundation/web/index.ts';
import { changePassword, login } from './login.ts';
import type { SessionApiParts } from './parts.ts';
import { details, list, logout, validate } from './sessions.ts';

const PREFIX = '/session';
/** Programs name a version, of which there is one: `/session/v5.0/login` is `/session/login`. */
const VERSION = /^\/session\/v\d+(?:\.\d+)?(?=\/)/;

/** Takes the version out of an address, and lets every error below it be what programs read. */
export function sessionApiAddresses(): Middleware {
  return async (ctx, next) => {
    if (ctx.path.startsWith(`${PREFIX}/`)) {
      (ctx.state as WebState).errors = 'code-and-message';
      ctx.path = ctx.path.replace(VERSION, PREFIX);
    }
    await next();
  };
}

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

/** The addresses that programs know; a version may come after `/session`. */
export function addSessionApiRoutes(parts: SessionApiParts): void {
  const { registry } = parts;
  const add = (
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    name: string,
    guards: Guards,
    handle: (parts: SessionApiParts, ctx: Parameters<RouteHandler>[0]) => Promise<void>,
  ) => registry.route({ method, path, name, guards }, (ctx) => handle(parts, ctx), { body: 'unread' });
  add('POST', '/session/login', 'session-api.login', proving, login);
  add('POST', '/session/password', 'session-api.password', proving, changePassword);
  add('GET', '/session/validate', 'session-api.validate', holding, validate);
  add('GET', '/session/validate/:id', 'session-api.validate', holding, validate);
  add('DELETE', '/session/logout/:id', 'session-api.logout', holding, logout);
  add('GET', '/session/list', 'session-api.list', holding, list);
  add('GET', '/session/:id', 'session-api.details', holding, details);
}
