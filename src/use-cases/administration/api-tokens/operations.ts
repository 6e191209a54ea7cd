import { z } from 'zod';
import { refuse } from '../../../foundation/base/index.ts';
import { done, operation } from '../operation.ts';
import { instant, nothing, reason } from '../schemas.ts';

const DAYS = 31;

/** At most five a tenant (API-1). */
export const create = operation({
  name: 'token create',
  summary: 'Creates an API token of a tenant, shown once.',
  on: 'tenant',
  permission: 'manage-api-tokens',
  effect: 'creates',
  isSensitive: true,
  audit: 'api-token.created',
  path: '/tenants/{tenant}/api-tokens',
  input: z.strictObject({ name: z.string().max(200).describe('what it is for') }),
  output: z.object({ name: z.string(), token: z.string().describe('shown once') }),
  run: async ({ apiTokens }, { tenant }, { name }, { actor }) => {
    const created = await apiTokens.create(tenant.id, name, actor.by);
    if ('refused' in created) return created;
    const { token, secret } = created;
    return done({ name: token.name, token: secret }, { entry: { detail: { token: token.name } } });
  },
});

/** @see API-8 */
export const list = operation({
  name: 'token list',
  summary: 'Lists the API tokens of a tenant, and how much each was used by day.',
  on: 'tenant',
  permission: 'manage-api-tokens',
  effect: 'reads',
  path: '/tenants/{tenant}/api-tokens',
  input: nothing,
  output: z.object({
    tokens: z.array(
      z.object({
        name: z.string(),
        createdBy: z.string(),
        createdAt: instant,
        days: z.array(
          z.object({ day: z.string(), logins: z.number(), failures: z.number(), validations: z.number() }),
        ),
      }),
    ),
  }),
  run: async ({ apiTokens, usage }, { tenant }) => {
    const tokens = await apiTokens.list(tenant.id);
    return done({
      tokens: await Promise.all(
        tokens.map(async (token) => ({ ...token, days: await usage.days(token.tokenId, DAYS) })),
      ),
    });
  },
});

/** Refused from this moment on; then its sessions are deleted. */
export const revoke = operation({
  name: 'token revoke',
  summary: 'Revokes an API token and ends every session that was begun with it.',
  on: 'tenant',
  permission: 'manage-api-tokens',
  effect: 'changes',
  isSensitive: true,
  audit: 'api-token.revoked',
  path: '/tenants/{tenant}/api-tokens/{name}',
  method: 'DELETE',
  input: z.strictObject({ name: z.string().max(200), reason }),
  output: z.object({ revoked: z.string(), sessions: z.number() }),
  run: async ({ apiTokens, apiSessions }, { tenant }, { name }) => {
    const revoked = await apiTokens.revoke(tenant.id, name);
    if (!revoked) return refuse('not_found', { what: 'token', name });
    const sessions = await apiSessions.endOfToken(revoked.tokenId);
    return done(
      { revoked: revoked.name, sessions },
      { entry: { detail: { token: revoked.name, sessions } } },
    );
  },
});
