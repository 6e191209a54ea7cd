import { type Guards, on, type Registry, waived } from '../../foundation/web/index.ts';
import { enginePaths } from './configuration.ts';

const STATE = on('findAccount and the epoch of session and grant refuse a disabled account');
const LATER_RATE = waived('refusals cost a look-up; network budgets come with LCK-7');

const nothing: Guards = {
  state: waived('no account is touched'),
  attempts: waived('no secret of a person is checked'),
  factor: waived('no sign-in happens here'),
  steps: waived('no sign-in happens here'),
  bind: waived('nothing is bound'),
  csrf: waived('changes nothing for a browser'),
  fresh: waived('not an administrative action'),
  authz: waived('public'),
  once: waived('nothing is spent'),
  rate: LATER_RATE,
  same: on('the same answer for everybody'),
};

const authorize: Guards = {
  ...nothing,
  state: STATE,
  factor: on('the check factor_missing and the essential acr checks'),
  steps: on('the session is authenticated by one commit after all steps'),
  bind: on('PKCE, and the interaction cookie of this browser'),
  authz: on('registered redirect URI, matched exactly'),
  once: on('the interaction is destroyed by the resume'),
};

const applicationEndpoint: Guards = {
  ...nothing,
  state: STATE,
  bind: on('the token belongs to the application that presents it'),
  authz: on('application authentication, compared with hashes'),
  csrf: waived('carries no cookie'),
};

const logout: Guards = {
  ...nothing,
  state: waived('signing out is for everybody'),
  bind: on('the session cookie'),
  csrf: on('a secret of the session in the form'),
};

const preflight: Guards = {
  ...nothing,
  same: on('answers a preflight, and lists no origin of another application'),
};

/** The library's own routes with their guards: it handles them, we answer for them (G2). */
export function declareEngineRoutes(registry: Registry): void {
  const { authorization, end_session, introspection, jwks, revocation, token, userinfo } = enginePaths;
  const declare = (method: 'GET' | 'POST' | 'OPTIONS', path: string, name: string, guards: Guards) =>
    registry.declareEngineRoute({ method, path, name, guards });
  declare('GET', authorization, 'authorization', authorize);
  declare('GET', `${authorization}/:uid`, 'resume', authorize);
  declare('POST', token, 'token', {
    ...applicationEndpoint,
    once: on('codes and refresh tokens are claimed; reuse revokes the grant'),
  });
  declare('GET', userinfo, 'userinfo', applicationEndpoint);
  declare('POST', userinfo, 'userinfo', applicationEndpoint);
  declare('POST', introspection, 'introspection', applicationEndpoint);
  declare('POST', revocation, 'revocation', applicationEndpoint);
  declare('GET', end_session, 'end_session', {
    ...logout,
    csrf: waived('only asks; the confirmation changes'),
  });
  declare('POST', `${end_session}/confirm`, 'end_session_confirm', logout);
  declare('GET', `${end_session}/success`, 'end_session_success', {
    ...nothing,
    bind: on('the session cookie'),
    same: waived('tells this browser whether it is still signed in'),
  });
  declare('GET', jwks, 'jwks', nothing);
  declare('GET', '/.well-known/openid-configuration', 'discovery', nothing);
  declare('GET', '/.well-known/oauth-authorization-server', 'discovery', nothing);
  for (const path of [
    token,
    userinfo,
    introspection,
    revocation,
    jwks,
    '/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server',
  ]) {
    declare('OPTIONS', path, `cors ${path}`, preflight);
  }
}
