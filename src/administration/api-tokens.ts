import type { ApiSessions, ApiToken, ApiTokens } from '../api-sessions/index.ts';
import type { Audit } from '../audit/index.ts';
import type { Tenant } from '../tenants/index.ts';
import type { Actor } from './passwords.ts';

/** The API tokens of a tenant: made, shown once, and revoked (API-1). */
export function createTokenActions(parts: { apiTokens: ApiTokens; apiSessions: ApiSessions; audit: Audit }) {
  const { apiTokens, apiSessions, audit } = parts;
  const tell = (
    type: 'api-token.created' | 'api-token.revoked',
    { tenantId, name }: ApiToken,
    { by, address = '', browser = '' }: Actor,
    detail: Record<string, string | number>,
    reason = '',
  ) =>
    audit.write({
      type,
      outcome: 'success',
      actor: by,
      tenantId,
      address,
      browser,
      reason,
      detail: { token: name, ...detail },
    });

  return {
    /** @returns the token and its secret, which cannot be read again; or a sentence that says why not */
    async createToken(tenant: Tenant, name: string, actor: Actor) {
      const created = await apiTokens.create(tenant.id, name, actor.by);
      if (!('refused' in created)) await tell('api-token.created', created.token, actor, {});
      return created;
    },

    /** Refused from this moment on; then its sessions are deleted. @returns how many, or undefined when there is no such token */
    async revokeToken(
      tenant: Tenant,
      name: string,
      actor: Actor,
      reason: string,
    ): Promise<number | undefined> {
      const revoked = await apiTokens.revoke(tenant.id, name);
      if (!revoked) return undefined;
      const sessions = await apiSessions.endOfToken(revoked.tokenId);
      await tell('api-token.revoked', revoked, actor, { sessions }, reason);
      return sessions;
    },
  };
}
