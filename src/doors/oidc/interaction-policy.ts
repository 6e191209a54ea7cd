import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import type { Population } from '../../capabilities/accounts/index.ts';
import type { Applications } from '../../capabilities/applications/index.ts';
import { ACR_MULTI_FACTOR, ASKED, assuranceAsked, essentialAcrs, isUnknownAssurance } from './assurance.ts';
import { isAnotherPerson, isForNoPerson, personsAsked } from './persons-asked.ts';

const { Check, Prompt, base } = interactionPolicy;

/** What the person object of the engine carries for the checks. */
export interface EngineAccount {
  accountId: string;
  epoch: number;
  tenantId: string;
  population: Population;
}

/**
 * The engine's prompts with ours added. These run for sessions that already exist; a fresh sign-in answers them by itself.
 * - `account_unusable`: without it the consent check meets a session without an account and answers 500.
 * - `other_population`: the application is for people of another tenant or population than this session's (TEN-1).
 * - `other_person`: the request names a person, and this session is another's.
 * - `acr_unmet`: the request insists on an assurance that no sign-in gives, or that this one did not give.
 * - `factor_missing`: the application asks for the second factor and this session was made without.
 */
export function createInteractionPolicy(applications: Applications): interactionPolicy.DefaultPolicy {
  const policy = base();
  const login = policy.get('login');
  if (!login) throw new Error('the engine has no login prompt');
  login.checks.add(
    new Check(
      'account_unusable',
      'End-User authentication is required',
      'login_required',
      (ctx: KoaContextWithOIDC) => Boolean(ctx.oidc.session?.accountId) && !ctx.oidc.account,
    ),
  );
  login.checks.add(
    new Check(
      'other_population',
      'the session is of another tenant or population',
      'login_required',
      // The types of the library know no asynchronous check; it waits for each.
      (async (ctx: KoaContextWithOIDC) => {
        const { session, account, client } = ctx.oidc;
        const application = session?.accountId && client && (await applications.byId(client.clientId));
        if (!application || !account) return false;
        const { tenantId, population } = account as unknown as EngineAccount;
        return (
          (application.tenantId !== null && application.tenantId !== tenantId) ||
          (application.population !== 'any' && application.population !== population)
        );
      }) as unknown as () => boolean,
    ),
  );
  login.checks.add(
    new Check(
      'other_person',
      'the request is for another person',
      'login_required',
      // The engine reads the hint at the first request only: after the sign-in any person would get a code.
      (ctx: KoaContextWithOIDC) => {
        const { session, result, params } = ctx.oidc;
        const persons = personsAsked(params ?? {});
        if (isForNoPerson(persons)) throw new errors.LoginRequired('the request is for no person');
        if (!session?.accountId || !isAnotherPerson(persons, session.accountId)) return false;
        if (result?.login) throw new errors.LoginRequired('another person signed in');
        return true;
      },
    ),
  );
  login.checks.add(
    new Check(
      'acr_unmet',
      'the requested assurance cannot be given',
      'unmet_authentication_requirements',
      // The engine would ask for the same sign-in for ever.
      ({ oidc: { session, result, params = {} } }: KoaContextWithOIDC) => {
        const accepted = essentialAcrs(params);
        const isMissed = accepted.length > 0 && !accepted.includes(session?.acr);
        if (isUnknownAssurance(params) || (isMissed && result?.login))
          throw new errors.UnmetAuthenticationRequirements('the requested assurance cannot be given');
        return false;
      },
    ),
  );
  login.checks.add(
    new Check(
      'factor_missing',
      'a second factor is required',
      'login_required',
      (ctx: KoaContextWithOIDC) => {
        const { session, result, params } = ctx.oidc;
        if (!session?.accountId || session.acr === ACR_MULTI_FACTOR) return false;
        // `acr_values` is a wish (OpenID Connect Core, 3.1.2.1): asked once, then the sign-in stands as it could be made.
        const wasAsked = result !== undefined && ('login' in result || ASKED in result);
        return assuranceAsked(params ?? {}).multiFactor && !wasAsked;
      },
    ),
  );
  // After `login`, whose checks refuse what leads to no code; a sign-in resolves it (OpenID Connect Core, section 3.1.2.1).
  policy.add(new Prompt({ name: 'select_account', requestable: true }), 1);
  return policy;
}
