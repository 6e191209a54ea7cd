import { type Applications, builtInId, SIGNED_IN_PATH } from '../../capabilities/applications/index.ts';
import type { Method } from '../../capabilities/second-factor/index.ts';
import { codeKey } from '../../capabilities/tenants/index.ts';
import { newSecret, SallyportError } from '../../foundation/base/index.ts';
import { type Guards, on, type RouteHandler, type WebContext, waived } from '../../foundation/web/index.ts';
import {
  type FactorChangeParts,
  showTurnOff,
  submitEndOthers,
  submitEndTrust,
  submitMailCode,
  submitTurnOff,
} from './factor-changes.ts';
import { showFactors } from './factor-overview.ts';
import {
  type FactorSetUpParts,
  methodOfPage,
  showSetUp,
  submitFinish,
  submitStart,
} from './factor-set-up.ts';
import { type PasswordPageParts, showPassword, submitPassword } from './password.ts';
import { findPerson, overview, type Person, placeOf } from './person.ts';
import {
  downloadCodes,
  hasRecoveryCodes,
  type RecoveryCodeParts,
  showRecoveryCodes,
  submitNewCodes,
  submitRead,
} from './recovery-codes.ts';
import { type SessionPageParts, showSessions, submitEndSession } from './sessions.ts';

export interface SelfServiceParts
  extends PasswordPageParts,
    SessionPageParts,
    FactorSetUpParts,
    FactorChangeParts,
    RecoveryCodeParts {
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
  authz: on('a person sees only their own account'),
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

const proved: Guards = {
  ...change,
  fresh: on(
    'a code or passkey of the person; to bind anything, the password too, here or where the set-up began (MFA-5, S33)',
  ),
  once: on(
    'codes and challenges are spent; the change holds only for the round of the factors that was seen',
  ),
};

const own: Guards = {
  ...page,
  csrf: on('same origin'),
  attempts: waived('no secret is checked'),
  fresh: waived('ends what the person has, or shows what this session just made'),
};

const mailing: Guards = {
  ...own,
  fresh: waived('a mail to the person'),
  rate: on('one a minute, five a session and hour, twenty an hour of the account (MFA-9, S49)'),
};

const link: Guards = {
  ...page,
  state: waived('leads to the sign-in'),
  factor: waived('leads to the sign-in'),
  steps: waived('leads to the sign-in'),
  bind: waived('leads to the sign-in'),
  authz: waived('leads to the sign-in'),
  same: on('a client code that no tenant has leads to the same page'),
};

/**
 * Asks the engine for a session, only for its cookie: the code that comes back is never redeemed, and no one could
 * redeem it, as the verifier of its challenge does not exist.
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
    const id = builtInId({ agent: codeKey(String(ctx.params.clientCode)) });
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
  const leadTo = (path: string, name: string, address: string) =>
    get(path, name, link, async (ctx) => {
      ctx.status = 303;
      ctx.redirect(address);
    });
  leadTo('/', 'home', '/account');
  // A Well-Known URL for Changing Passwords: password managers and browsers look there.
  leadTo('/.well-known/change-password', 'change-password', '/account/password');
  // Who has no session, or whose ended meanwhile, is sent to get one: nothing typed is kept.
  const signedIn =
    (work: (person: Person) => Promise<void> | void): RouteHandler =>
    async (ctx) => {
      const person = await findPerson(parts, ctx);
      if (person) await work(person);
      else signIn(ctx, issuer, builtInId());
    };
  const show = (path: string, name: string, work: (person: Person) => Promise<void> | void) =>
    get(path, name, page, signedIn(work));
  const post = (path: string, name: string, guards: Guards, work: (person: Person) => Promise<void> | void) =>
    registry.route({ method: 'POST', path, name, guards }, signedIn(work));

  show('/account', 'account', (person) => overview(parts, person));
  show('/account/password', 'account password', (person) => showPassword(parts, person));
  post('/account/password', 'account password change', change, (person) =>
    parts.submissions.once(person.ctx, placeOf(person, 'form'), () => submitPassword(parts, person)),
  );
  show('/account/sessions', 'account sessions', (person) => showSessions(parts, person));
  post('/account/sessions', 'account session end', own, (person) => submitEndSession(parts, person));
  addFactorRoutes(parts, show, post);
}

type Adding = (path: string, name: string, work: (person: Person) => Promise<void> | void) => void;
type Posting = (
  path: string,
  name: string,
  guards: Guards,
  work: (person: Person) => Promise<void> | void,
) => void;

/** The second factor of the person: what is set up, turned off, read, trusted. */
function addFactorRoutes(parts: SelfServiceParts, show: Adding, post: Posting): void {
  const base = '/account/second-factor';
  /** Only for a method that this person may set up: for others there is nothing at the address. */
  const withMethod =
    (work: (parts: SelfServiceParts, person: Person, method: Method) => Promise<void>) =>
    (person: Person) => {
      const method = methodOfPage(parts, person);
      if (!method) throw new SallyportError('not_found');
      return work(parts, person, method);
    };
  const withCodes =
    (work: (parts: SelfServiceParts, person: Person) => Promise<void>) => (person: Person) => {
      if (!hasRecoveryCodes(person)) throw new SallyportError('not_found');
      return work(parts, person);
    };
  const once =
    <T extends unknown[]>(work: (parts: SelfServiceParts, person: Person, ...more: T) => Promise<boolean>) =>
    (all: SelfServiceParts, person: Person, ...more: T) =>
      all.submissions.once(person.ctx, placeOf(person, 'form'), () => work(all, person, ...more));
  const inTurn =
    <T extends unknown[]>(work: (parts: SelfServiceParts, person: Person, ...more: T) => Promise<void>) =>
    (all: SelfServiceParts, person: Person, ...more: T) =>
      all.submissions.inTurn(person.ctx, placeOf(person, 'form'), async () => {
        // Read when its turn has come: what the post before it did is done.
        const now = await findPerson(all, person.ctx);
        return work(all, now ?? person, ...more);
      });
  const withParts = (work: (parts: SelfServiceParts, person: Person) => Promise<void>) => (person: Person) =>
    work(parts, person);

  show(base, 'account factors', withParts(showFactors));
  show(`${base}/set-up/:method`, 'account factor set-up', withMethod(showSetUp));
  post(`${base}/set-up/:method`, 'account factor set-up start', change, withMethod(once(submitStart)));
  post(
    `${base}/set-up/:method/finish`,
    'account factor set-up finish',
    proved,
    withMethod(once(submitFinish)),
  );
  show(`${base}/turn-off/:id`, 'account factor turn-off', withParts(showTurnOff));
  post(`${base}/turn-off/:id`, 'account factor turn-off submit', proved, withParts(inTurn(submitTurnOff)));
  show(`${base}/recovery-codes`, 'account recovery codes', withCodes(showRecoveryCodes));
  post(`${base}/recovery-codes`, 'account recovery codes new', proved, withCodes(once(submitNewCodes)));
  post(`${base}/recovery-codes/read`, 'account recovery codes read', own, withCodes(submitRead));
  post(`${base}/recovery-codes/file`, 'account recovery codes file', own, withCodes(downloadCodes));
  post('/account/mail-code', 'account mail code', mailing, withParts(submitMailCode));
  post('/account/trusted-browsers', 'account trusted browsers', own, withParts(submitEndTrust));
  post('/account/other-sessions', 'account other sessions', own, withParts(submitEndOthers));
}
