import { may } from '../../capabilities/accounts/index.ts';
import type { ApiSession } from '../../capabilities/api-access/index.ts';
import { rfc3339, SallyportError } from '../../foundation/base/index.ts';
import { visitorOf, type WebContext } from '../../foundation/web/index.ts';
import { isInReach, type LiveApiSession, sessionHolder, tokenHolder, whenLive } from './callers.ts';
import type { SessionApiParts } from './parts.ts';

const PAGE = 100;
const MINUTE = 60;

function missing(): SallyportError {
  return new SallyportError('session_not_found');
}

/** `GET /session/validate/{id}` and `?sessionId=`: whether a session lives, which counts as its use (API-5, API-6). */
export async function validate(parts: SessionApiParts, ctx: WebContext): Promise<void> {
  const holder =
    ctx.get('lv-access') === '' ? await sessionHolder(parts, ctx) : await tokenHolder(parts, ctx);
  const { tenant } = holder;
  const id = ctx.params.id ?? ctx.query.sessionId;
  const idleSeconds = tenant.policy.session.apiIdleMinutes * MINUTE;
  const session = await parts.apiSessions.use(typeof id === 'string' ? id : '', tenant.id, idleSeconds);
  const live = await whenLive(parts, session);
  if (!live) throw missing();
  const { tokenId, tenantId } = live.session;
  parts.usage.count('token' in holder ? holder.token : { tokenId, tenantId }, 'validations');
  ctx.body = {
    clientId: live.tenant.number,
    userId: live.account.number,
    expiresAt: rfc3339(live.session.expiresAt),
  };
}

/** `DELETE /session/logout/{id}` (API-5). */
export async function logout(parts: SessionApiParts, ctx: WebContext): Promise<void> {
  const caller = await sessionHolder(parts, ctx);
  const session = await named(parts, caller, String(ctx.params.id));
  await parts.apiSessions.end(session);
  await parts.audit.write({
    type: 'api-session.ended',
    outcome: 'success',
    actor: caller.account.id,
    tenantId: session.tenantId,
    accountId: session.accountId,
    ...visitorOf(ctx),
  });
  ctx.status = 204;
}

/** A session that lives and that the caller may see. */
async function named(parts: SessionApiParts, caller: LiveApiSession, name: string): Promise<ApiSession> {
  const session = await parts.apiSessions.read(name);
  if (!session || !isInReach(caller, session)) throw missing();
  const live = await whenLive(parts, session);
  if (!live) throw missing();
  return live.session;
}

/** What is said of a session: its id only to its own account, as the id is what opens it. */
async function described(parts: SessionApiParts, caller: LiveApiSession, session: ApiSession) {
  const isOwn = session.accountId === caller.account.id;
  const account = isOwn ? caller.account : (await parts.accounts.byId(session.accountId))?.doc;
  const token = await parts.apiTokens.byTokenId(session.tokenId);
  return {
    id: session.reference,
    ...(isOwn ? { sessionId: parts.apiSessions.idOf(session) } : {}),
    clientId: caller.tenant.number,
    userId: account?.number ?? 0,
    userName: account?.userName ?? '',
    agent: account?.population === 'agent',
    token: token?.name ?? '',
    startedAt: rfc3339(session.startedAt),
    lastUsedAt: rfc3339(session.usedAt),
    expiresAt: rfc3339(session.expiresAt),
    address: session.address,
  };
}

/**
 * `GET /session/list`: the caller's own sessions; if the caller may end sessions, all of the tenant, page by page
 * (API-5).
 */
export async function list(parts: SessionApiParts, ctx: WebContext): Promise<void> {
  const caller = await sessionHolder(parts, ctx);
  const { after } = ctx.query;
  const page = may(caller.account, caller.tenant, 'end-sessions')
    ? await everySession(parts, caller, typeof after === 'string' ? after : '')
    : { items: await parts.apiSessions.ofAccount(caller.account.id) };
  const live = await Promise.all(page.items.map((session) => whenLive(parts, session)));
  const sessions = live.flatMap((one) => one?.session ?? []);
  ctx.body = {
    sessions: await Promise.all(sessions.map((session) => described(parts, caller, session))),
    ...('next' in page ? { next: page.next } : {}),
  };
}

async function everySession(
  { apiTokens, apiSessions }: SessionApiParts,
  { tenant }: LiveApiSession,
  after: string,
) {
  const tokens = await apiTokens.list(tenant.id);
  return apiSessions.ofTokens(
    tokens.map(({ tokenId }) => tokenId),
    after,
    PAGE,
  );
}

/** `GET /session/{id}` */
export async function details(parts: SessionApiParts, ctx: WebContext): Promise<void> {
  const caller = await sessionHolder(parts, ctx);
  const session = await named(parts, caller, String(ctx.params.id));
  ctx.body = await described(parts, caller, session);
}
