import { may } from '../../capabilities/accounts/index.ts';
import type { ApiSession, ApiToken } from '../../capabilities/api-access/index.ts';
import { type Member, memberOf } from '../../capabilities/credential-events/index.ts';
import type { Tenant } from '../../capabilities/tenants/index.ts';
import { SallyportError } from '../../foundation/base/index.ts';
import type { WebContext } from '../../foundation/web/index.ts';
import type { SessionApiParts } from './parts.ts';

/** A program that showed a token, and the tenant that it is of. */
export interface TokenHolder {
  token: ApiToken;
  tenant: Tenant;
}

/** A session that lives: everything that it depends on was looked at for this request. */
export interface LiveApiSession extends Member {
  session: ApiSession;
}

/** The one refusal: it says nothing of which part was wrong (API-3). */
export function refused(detail: string): SallyportError {
  return new SallyportError('unauthorized', detail);
}

/** @throws SallyportError `unauthorized` without a token, or with one that does not work: then nothing is counted (API-3) */
export async function tokenHolder(parts: SessionApiParts, ctx: WebContext): Promise<TokenHolder> {
  const token = await parts.apiTokens.bySecret(ctx.get('lv-access'));
  const tenant = token && (await parts.tenants.byId(token.tenantId));
  if (!token || !tenant) throw refused('no token');
  return { token, tenant };
}

/**
 * Whether a session still holds: its token is there, its account usable, and no credential event came since (SES-4, API-6).
 * One that does not is deleted: what ended stays ended.
 */
export async function whenLive(
  parts: SessionApiParts,
  session: ApiSession | undefined,
): Promise<LiveApiSession | undefined> {
  if (!session) return undefined;
  const [stored, token, tenant] = await Promise.all([
    parts.accounts.byId(session.accountId),
    parts.apiTokens.byTokenId(session.tokenId),
    parts.tenants.byId(session.tenantId),
  ]);
  const member = stored && tenant && memberOf(stored.doc, tenant);
  const isLive =
    member !== undefined &&
    token !== undefined &&
    session.epoch === member.epoch &&
    parts.standings.isApiUsable(member);
  if (isLive) return { session, ...member };
  // Epochs only rise: a session that is ahead of ours was begun after what a cache still has, and is refused, not ended.
  const isAhead = member && session.epoch > member.epoch;
  if (!isAhead) await parts.apiSessions.end(session);
  return undefined;
}

/** @throws SallyportError `unauthorized` without a session, or with one that has ended (API-5) */
export async function sessionHolder(parts: SessionApiParts, ctx: WebContext): Promise<LiveApiSession> {
  const name = ctx.get('lv-session');
  const session = await parts.apiSessions.read(name);
  // A reference names a session and opens nothing.
  const isShown = session !== undefined && parts.apiSessions.idOf(session) === name;
  const live = isShown ? await whenLive(parts, session) : undefined;
  if (!live) throw refused('no session');
  return live;
}

/** Who may look at and end a session of the tenant: its own account, or who may end sessions. */
export function isInReach({ account, tenant }: LiveApiSession, session: ApiSession): boolean {
  if (session.tenantId !== tenant.id) return false;
  return session.accountId === account.id || may(account, tenant, 'end-sessions');
}
