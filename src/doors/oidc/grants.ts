import type { Grant, KoaContextWithOIDC } from 'oidc-provider';
import type { Applications } from '../../capabilities/applications/index.ts';
import type { Vault } from '../../foundation/base/index.ts';
import type { EngineAccount } from './interaction-policy.ts';

type EpochGrant = Grant & { epoch?: number };

function covers(grant: Grant, ctx: KoaContextWithOIDC): boolean {
  const scopes = [...ctx.oidc.requestParamOIDCScopes];
  const granted = new Set(grant.getOIDCScopeFiltered(ctx.oidc.requestParamOIDCScopes).split(' '));
  const claims = new Set(grant.getOIDCClaims());
  return scopes.every((s) => granted.has(s)) && [...ctx.oidc.requestParamClaims].every((c) => claims.has(c));
}

/** Adds what the request asks for, stamps the account's epoch and saves. */
async function extend(grant: EpochGrant, ctx: KoaContextWithOIDC, epoch: number): Promise<void> {
  grant.epoch = epoch;
  grant.addOIDCScope([...ctx.oidc.requestParamOIDCScopes].join(' '));
  grant.addOIDCClaims([...ctx.oidc.requestParamClaims]);
  await grant.save();
}

/**
 * The grant of a session and application. For first-party applications it is made without asking; a grant that is
 * gone is made again, so that no session points at nothing (engine race G). Its id is computed, so that two tabs that
 * sign on at once share one grant.
 */
export function createGrantLoader({ applications, vault }: { applications: Applications; vault: Vault }) {
  return async (ctx: KoaContextWithOIDC): Promise<Grant | undefined> => {
    const { provider, client, session, account, result } = ctx.oidc;
    if (!client || !session || !account) return undefined;
    const { clientId } = client;
    const knownId = (result?.consent?.grantId as string | undefined) ?? session.grantIdFor(clientId);
    const known = knownId ? await provider.Grant.find(knownId) : undefined;
    const application = await applications.byId(clientId);
    if (!application?.isFirstParty || (known && covers(known, ctx))) return known;
    const { accountId, epoch } = account as unknown as EngineAccount;
    if (known) {
      await extend(known, ctx, epoch);
      return known;
    }
    const grant = new provider.Grant({ accountId, clientId });
    grant.jti = vault.mac('grant', JSON.stringify([session.uid, clientId, accountId, epoch]));
    await extend(grant, ctx, epoch);
    // Revoked before, that id stays buried: then this is a new grant with an id of its own.
    if (await provider.Grant.find(grant.jti)) return grant;
    const fresh = new provider.Grant({ accountId, clientId });
    await extend(fresh, ctx, epoch);
    return fresh;
  };
}
