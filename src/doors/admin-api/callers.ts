import type { Tenants } from '../../capabilities/tenants/index.ts';
import { SallyportError } from '../../foundation/base/index.ts';
import { visitorOf, type WebContext } from '../../foundation/web/index.ts';
import { type Actor, actorOf, machineOf } from '../../use-cases/administration/index.ts';
import type { BearerTokens } from '../oidc/index.ts';

/** Who calls: their power, and the name by which their calls are counted. */
export interface Caller {
  actor: Actor;
  /** An account with its tool, or a machine: what one of them does costs no other anything. */
  name: string;
}

export interface Callers {
  /** @throws SallyportError `bad_request`, `token_missing`, `token_invalid` or `scope_missing` (RFC 6750, section 3.1) */
  of(ctx: WebContext): Promise<Caller>;
}

const BEARER = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i;

export function createCallers({
  bearerTokens,
  tenants,
}: {
  bearerTokens: BearerTokens;
  tenants: Pick<Tenants, 'byId'>;
}): Callers {
  return {
    async of(ctx) {
      // Node takes the first of two, and what stands before us may have looked at the other (RFC 6750, section 3.1).
      if ((ctx.req.headersDistinct.authorization?.length ?? 0) > 1)
        throw new SallyportError('bad_request', 'two tokens', {
          said: 'The header Authorization is sent twice.',
        });
      const header = ctx.get('authorization');
      if (header === '') throw new SallyportError('token_missing');
      const [, token] = BEARER.exec(header) ?? [];
      const bearer = token === undefined ? undefined : await bearerTokens.read(token);
      if (!bearer) throw new SallyportError('token_invalid');
      if (bearer === 'scope') throw new SallyportError('scope_missing');
      const { application } = bearer;
      const visitor = visitorOf(ctx);
      if (bearer.by === 'person') {
        const { member, signedInAt } = bearer;
        const actor = { ...actorOf(member, signedInAt), ...visitor };
        return { actor, name: `${application.id} ${member.account.id}` };
      }
      const tenant = application.tenantId === null ? undefined : await tenants.byId(application.tenantId);
      if (!tenant) throw new SallyportError('token_invalid');
      return { actor: { ...machineOf(application, tenant), ...visitor }, name: application.id };
    },
  };
}
