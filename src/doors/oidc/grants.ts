import type { Grant, KoaContextWithOIDC } from 'oidc-provider';
import type { FirstProof } from '../../capabilities/account-state/index.ts';
import type { Applications } from '../../capabilities/applications/index.ts';
import type { Vault } from '../../foundation/base/index.ts';
import type { EngineAccount } from './interaction-policy.ts';

/** What a grant carries of the sign-in that it stands for: reasons about a password hold only for who gave it. */
export type StampedGrant = Grant & { epoch?: number; firstProof?: FirstProof };

function covers(grant: Grant, ctx: KoaContextWithOIDC): boolean {
  const scopes = [...ctx.oidc.requestParamOIDCScopes];
  const granted = new Set(grant.getOIDCScopeFiltered(ctx.oidc.requestParamOIDCScopes).split(' '));
  const claims = new Set(grant.getOIDCClaims());
  return scopes.every((s) => granted.has(s)) && [...ctx.oidc.requestParamClaims].every((c) => claims.has(c));
}

/** What the sign-in began with that a session or grant is of; by a password, if an earlier version wrote it. */
export function firstProofOf(session: object | undefined): FirstProof {
  return (session as { firstProof?: FirstProof } | undefined)?.firstProof ?? 'password';
}

/** Stamps the account's epoch and the first proof of this session, and saves. */
async function stamp(grant: StampedGrant, ctx: KoaContextWithOIDC): Promise<void> {
  grant.epoch = (ctx.oidc.account as unknown as EngineAccount).epoch;
  grant.firstProof = firstProofOf(ctx.oidc.session);
  await grant.save();
}

/** Adds what the request asks for, and stamps it. */
async function extend(grant: StampedGrant, ctx: KoaContextWithOIDC): Promise<void> {
  grant.addOIDCScope([...ctx.oidc.requestParamOIDCScopes].join(' '));
  grant.addOIDCClaims([...ctx.oidc.requestParamClaims]);
  await stamp(grant, ctx);
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
    const known: StampedGrant | undefined = knownId ? await provider.Grant.find(knownId) : undefined;
    const application = await applications.byId(clientId);
    if (!application?.isFirstParty || (known && covers(known, ctx))) {
      // Given for a sign-in before this one, in the same session.
      if (known && firstProofOf(known) !== firstProofOf(session)) await stamp(known, ctx);
      return known;
    }
    const { accountId, epoch } = account as unknown as EngineAccount;
    if (known) {
      await extend(known, ctx);
      return known;
    }
    const grant = new provider.Grant({ accountId, clientId });
    grant.jti = vault.mac('grant', JSON.stringify([session.uid, clientId, accountId, epoch]));
    await extend(grant, ctx);
    // Revoked before, that id stays buried: then this is a new grant with an id of its own.
    if (await provider.Grant.find(grant.jti)) return grant;
    const fresh = new provider.Grant({ accountId, clientId });
    await extend(fresh, ctx);
    return fresh;
  };
}
