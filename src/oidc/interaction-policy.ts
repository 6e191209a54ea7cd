import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import type { Population } from '../accounts/index.ts';
import type { Applications } from './applications.ts';
import { ACR_MULTI_FACTOR, ASKED, assuranceAsked } from './assurance.ts';

const { Check, base } = interactionPolicy;

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
  return policy;
}
