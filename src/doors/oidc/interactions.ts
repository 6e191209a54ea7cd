import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import { errors, type InteractionResults } from 'oidc-provider';
import type { FirstProof } from '../../capabilities/account-state/index.ts';
import type { Application, Applications } from '../../capabilities/applications/index.ts';
import { builtInCode } from '../../capabilities/applications/index.ts';
import { ASKED, type AssuranceAsked, assuranceAsked } from './assurance.ts';
import { claimsAskedFor, scopes } from './claims.ts';
import { firstProofOf, type StampedGrant } from './grants.ts';
import { isAnotherPerson, personsAsked } from './persons-asked.ts';
import type { SessionLimits } from './session-adapter.ts';

/** What the sign-in needs to know of a pending authorization request. */
export interface EngineInteraction {
  uid: string;
  prompt: 'login' | 'consent';
  /** Why the engine asks: names of checks, such as `no_session`, `login_prompt`, `factor_missing`. */
  reasons: readonly string[];
  application: Application;
  /** The client code of the agent link that led here, whether anybody has it or not. */
  linkCode: string | undefined;
  /** The account of the session that the browser already has. */
  sessionAccountId: string | undefined;
  /** How the person of that session proved who they are (RFC 8176). */
  sessionAmr: readonly string[];
  loginHint: string | undefined;
  asked: AssuranceAsked;
  /** Whether the application insists on another person: then the sign-in is refused. */
  isForAnother(accountId: string): boolean;
  /** What a consent grants, all of it: the page shows each, and nothing else is granted. */
  toGrant: ToGrant;
  expiresAt: number;
}

export interface ToGrant {
  scopes: readonly string[];
  claims: readonly string[];
  /** Scopes by resource. */
  resources: Readonly<Record<string, readonly string[]>>;
}

/** The proved sign-in, told to the engine once. */
export type LoginOutcome = {
  accountId: string;
  epoch: number;
  firstProof: FirstProof;
  acr: string;
  amr: string[];
  /** Epoch seconds of the newest proof: the time from which `auth_time` and the session's limits count. */
  at: number;
  remember: boolean;
  /** Where the sign-in came from: the session keeps it for its owner to know it by (SES-1). */
  address: string;
  browser: string;
} & SessionLimits;

interface Exchange {
  req: IncomingMessage;
  res: ServerResponse;
}

export interface Interactions {
  /** @returns undefined when it is finished, expired, or another browser's (S51) */
  load(exchange: Exchange, uid: string): Promise<EngineInteraction | undefined>;
  /** The address to go on with of one that was answered, in this browser, and not gone on with yet. */
  answered(exchange: Exchange, uid: string): Promise<string | undefined>;
  /** Each answers the address to go on with. */
  login(exchange: Exchange, outcome: LoginOutcome): Promise<string>;
  /** What was asked for was looked at, and nothing was proved: the session stays as it is. */
  leave(exchange: Exchange): Promise<string>;
  consent(exchange: Exchange, epoch: number): Promise<string>;
  refuse(exchange: Exchange, error: string, description: string): Promise<string>;
}

type Details = Awaited<ReturnType<Provider['interactionDetails']>>;

/** What is not granted yet, or all that is asked for where the application wants it said again. */
function toGrant({ prompt, params }: Details): ToGrant {
  const {
    missingOIDCScope = [],
    missingOIDCClaims = [],
    missingResourceScopes = {},
  } = prompt.details as {
    missingOIDCScope?: string[];
    missingOIDCClaims?: string[];
    missingResourceScopes?: Record<string, string[]>;
  };
  const missing = {
    scopes: missingOIDCScope,
    claims: missingOIDCClaims,
    resources: missingResourceScopes,
  };
  if (Object.values(missing).some((part) => Object.keys(part).length > 0)) return missing;
  const asked = new Set(String(params.scope ?? '').split(' '));
  return {
    scopes: scopes.filter((scope) => asked.has(scope)),
    claims: claimsAskedFor(params.claims),
    resources: {},
  };
}

function view(details: Details, application: Application): EngineInteraction {
  const { params } = details;
  return {
    uid: details.uid,
    prompt: details.prompt.name === 'consent' ? 'consent' : 'login',
    reasons: details.prompt.reasons,
    application,
    linkCode: builtInCode(application.id),
    sessionAccountId: details.session?.accountId,
    sessionAmr: details.session?.amr ?? ['pwd'],
    loginHint: typeof params.login_hint === 'string' ? params.login_hint : undefined,
    asked: assuranceAsked(params),
    isForAnother: (accountId) => isAnotherPerson(personsAsked(params), accountId),
    toGrant: toGrant(details),
    expiresAt: details.exp,
  };
}

export function createInteractions(current: () => Provider, applications: Applications): Interactions {
  const details = async ({ req, res }: Exchange): Promise<Details | undefined> => {
    try {
      return await current().interactionDetails(req, res);
    } catch (error) {
      if (error instanceof errors.SessionNotFound) return undefined;
      throw error;
    }
  };
  const finish = ({ req, res }: Exchange, result: InteractionResults) =>
    current().interactionResult(req, res, result);

  return {
    async load(exchange, uid) {
      const found = await details(exchange);
      if (!found || found.uid !== uid) return undefined;
      const application = await applications.byId(String(found.params.client_id));
      return application && view(found, application);
    },
    async answered(exchange, uid) {
      const found = await details(exchange);
      return found?.uid === uid && found.result !== undefined ? found.returnTo : undefined;
    },
    login: (exchange, { at, ...outcome }) =>
      finish(exchange, { login: { ...outcome, ts: at }, select_account: {} }),
    leave: (exchange) => finish(exchange, { [ASKED]: {} }),
    async consent(exchange, epoch) {
      const found = await details(exchange);
      if (!found?.session) throw new errors.SessionNotFound('no one to consent');
      const provider = current();
      const existing = found.grantId ? await provider.Grant.find(found.grantId) : undefined;
      const { accountId } = found.session;
      const grant: StampedGrant =
        existing ?? new provider.Grant({ accountId, clientId: String(found.params.client_id) });
      const { scopes: shown, claims, resources } = toGrant(found);
      grant.epoch = epoch;
      grant.firstProof = firstProofOf(await provider.Session.findByUid(found.session.uid));
      if (shown.length > 0) grant.addOIDCScope(shown.join(' '));
      if (claims.length > 0) grant.addOIDCClaims([...claims]);
      for (const [resource, wanted] of Object.entries(resources))
        grant.addResourceScope(resource, wanted.join(' '));
      return finish(exchange, { consent: { grantId: await grant.save() } });
    },
    refuse: (exchange, error, description) => finish(exchange, { error, error_description: description }),
  };
}
