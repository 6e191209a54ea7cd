import type Provider from 'oidc-provider';
import type { FirstProof } from '../../capabilities/account-state/index.ts';
import {
  ADMIN_SCOPE,
  type Application,
  type Applications,
  mayAdminister,
} from '../../capabilities/applications/index.ts';
import type { Member } from '../../capabilities/credential-events/index.ts';
import { firstProofOf } from './grants.ts';
import { adminApiOf } from './resources.ts';

/** Who shows a token of ours, with everything that it hangs on looked at for this request. */
export type Bearer =
  | { by: 'person'; application: Application; member: Member; signedInAt: number }
  | { by: 'machine'; application: Application };

export interface BearerTokens {
  /**
   * Whose token for the admin API this is.
   * @returns undefined where it is none, expired or revoked, made for another audience, or bound to a key that a plain
   * bearer does not prove (RFC 9449, RFC 8705); `scope` where it is right and does not carry the scope
   */
  read(value: string): Promise<Bearer | 'scope' | undefined>;
}

interface AnyToken {
  aud?: unknown;
  clientId?: string;
  accountId?: string;
  grantId?: string;
  jkt?: string;
  'x5t#S256'?: string;
  scopes: Set<string>;
  extra?: { auth_time?: number };
}

export function createBearerTokens(
  current: () => Provider,
  {
    issuer,
    applications,
    usable,
  }: {
    issuer: string;
    applications: Applications;
    usable(accountId: string, first: FirstProof): Promise<Member | undefined>;
  },
): BearerTokens {
  const ofPerson = async (token: AnyToken, application: Application): Promise<Bearer | undefined> => {
    // The grant carries the epoch: a credential event ends every token at once.
    const grant = await current().Grant.find(token.grantId ?? '');
    if (!grant || grant.clientId !== token.clientId || grant.accountId !== token.accountId) return undefined;
    const member = await usable(grant.accountId ?? '', firstProofOf(grant));
    if (!member) return undefined;
    return { by: 'person', application, member, signedInAt: token.extra?.auth_time ?? 0 };
  };
  return {
    async read(value) {
      const { AccessToken, ClientCredentials } = current();
      const token = ((await AccessToken.find(value)) ?? (await ClientCredentials.find(value))) as
        | AnyToken
        | undefined;
      if (!token || token.aud !== adminApiOf(issuer) || token.jkt || token['x5t#S256']) return undefined;
      const application = await applications.byId(token.clientId ?? '');
      if (!application || !mayAdminister(application)) return undefined;
      if (application.kind === 'machine') return { by: 'machine', application };
      const bearer = await ofPerson(token, application);
      return bearer && !token.scopes.has(ADMIN_SCOPE) ? 'scope' : bearer;
    },
  };
}
