import { newSecret, SallyportError } from '../base/index.ts';
import { type Applications, builtInId, SIGNED_IN_PATH } from '../oidc/index.ts';
import { type Guards, on, type RouteHandler, type WebContext, waived } from '../web/index.ts';
import { type PasswordPageParts, showPassword, submitPassword } from './password.ts';
import { findPerson, overview } from './person.ts';

export interface SelfServiceParts extends PasswordPageParts {
  applications: Applications;
  issuer: string;
}

const page: Guards = {
  state: on('sessions of disabled accounts are refused by the engine room'),
  attempts: waived('reads only'),
  factor: on('the session was made by the whole sign-in'),
  steps: on('the session was made by the whole sign-in'),
  bind: on('the session cookie of this browser'),
  csrf: waived('changes nothing'),
  fresh: waived('shows nothing that a session may not'),
  authz: on('a person sees the own account alone'),
  once: waived('reads only'),
  rate: waived('reads only'),
  same: waived('the person is signed in'),
};

const change: Guards = {
  ...page,
  attempts: on('lockout.reserve before the check, on the counters of the sign-in'),
  csrf: on('same origin'),
  fresh: on('the current password, and a fresh code where a factor is active (PWD-11)'),
  once: on('the change holds only for the password that was verified'),
  rate: on('the hashing gate'),
};

const link: Guards = {
  ...page,
  state: waived('leads to the sign-in'),
  factor: waived('leads to the sign-in'),
  steps: waived('leads to the sign-in'),
  bind: waived('leads to the sign-in'),
  authz: waived('leads to the sign-in'),
  same: on('a client code that nobody has leads to the same page'),
};

/**
 * Asks the engine for a session, for its cookie alone: the code that comes back is never redeemed, and nobody could, as the
 * verifier of its challenge does not exist.
 */
function signIn(ctx: WebContext, issuer: string, clientId: string): void {
  const query = new URLSearchParams({
    client_id: clientId,
    redirect_uri: `${issuer}${SIGNED_IN_PATH}`,
    response_type: 'code',
    scope: 'openid',
    code_challenge: newSecret(),
    code_challenge_method: 'S256',
  });
  ctx.status = 303;
  ctx.redirect(`/oauth2/authorize?${query}`);
}

/** A person's own pages: who has no session is sent to get one. */
export function addSelfServiceRoutes(parts: SelfServiceParts): void {
  const { registry, issuer } = parts;
  const get = (path: string, name: string, guards: Guards, handler: RouteHandler) =>
    registry.route({ method: 'GET', path, name, guards }, handler);

  get('/go/user', 'user link', link, async (ctx) => signIn(ctx, issuer, builtInId('user')));
  get('/go/agent/:clientCode', 'agent link', link, async (ctx) => {
    const id = builtInId({ agent: String(ctx.params.clientCode) });
    if (!(await parts.applications.byId(id))) throw new SallyportError('not_found');
    signIn(ctx, issuer, id);
  });
  get(SIGNED_IN_PATH, 'account signed in', link, async (ctx) => {
    if (ctx.query.error !== undefined)
      return parts.pages.render(ctx, 'account/not-signed-in', {
        title: 'account.notSignedIn.title',
        step: 'account',
      });
    ctx.status = 303;
    ctx.redirect('/account');
  });
  get('/account', 'account', page, async (ctx) => {
    const person = await findPerson(parts, ctx);
    if (person) await overview(parts, person);
    else signIn(ctx, issuer, builtInId());
  });
  get('/account/password', 'account password', page, async (ctx) => {
    const person = await findPerson(parts, ctx);
    if (person) await showPassword(parts, person);
    else signIn(ctx, issuer, builtInId());
  });
  registry.route(
    { method: 'POST', path: '/account/password', name: 'account password change', guards: change },
    async (ctx) => {
      const person = await findPerson(parts, ctx);
      if (person) return submitPassword(parts, person);
      // The session ended meanwhile: nothing typed is kept, the person signs in and starts over.
      signIn(ctx, issuer, builtInId());
    },
  );
}
