import type { ApiToken } from '../../capabilities/api-access/index.ts';
import { type Member, memberOf } from '../../capabilities/credential-events/index.ts';
import { isSallyportError, SallyportError } from '../../foundation/base/index.ts';
import type { WebContext } from '../../foundation/web/index.ts';
import type { ProvedFactor } from '../../use-cases/credentials/index.ts';
import { type PasswordChange, readCredentials, readPasswordChange } from './body.ts';
import { refused, type TokenHolder, tokenHolder } from './callers.ts';
import type { SessionApiParts } from './parts.ts';
import { assertStanding, isCodeDue, type Proved, proveCode, provePassword } from './proof.ts';

const MINUTE = 60;
const REFUSED = 401;

async function begin(
  parts: SessionApiParts,
  { where }: Proved,
  { account, tenant, epoch }: Member,
  factor: ProvedFactor | undefined,
  tokenId: string,
): Promise<string> {
  const { address = '', browser = '' } = where;
  const idleSeconds = tenant.policy.session.apiIdleMinutes * MINUTE;
  const id = await parts.apiSessions.begin({ account, epoch, tokenId, idleSeconds, address, browser });
  await parts.audit.write({
    ...where,
    type: 'api-session.begun',
    outcome: 'success',
    actor: account.id,
    factor: factor?.by ?? '',
  });
  return id;
}

/** Counts what was refused, and no failure of ours (API-8). */
async function counting<T>(parts: SessionApiParts, token: ApiToken, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isSallyportError(error) && error.status === REFUSED) parts.usage.count(token, 'failures');
    throw error;
  }
}

/** `POST /session/login` (API-2 to API-4). */
export async function login(parts: SessionApiParts, ctx: WebContext): Promise<void> {
  const holder = await tokenHolder(parts, ctx);
  const { token } = holder;
  const credentials = await readCredentials(ctx);
  const { otp } = credentials;
  const { proved, member, factor } = await counting(parts, token, async () => {
    const person = await provePassword(parts, ctx, holder, credentials);
    const given = isCodeDue(parts, person, otp) ? await proveCode(parts, person, otp) : undefined;
    return { proved: person, member: await assertStanding(parts, person), factor: given };
  });
  const sessionId = await begin(parts, proved, member, factor, token.tokenId);
  parts.usage.count(token, 'logins');
  const days = parts.standings.daysUntilPasswordExpires(member);
  ctx.body = {
    sessionId,
    clientId: member.tenant.number,
    userId: member.account.number,
    ...(days === undefined ? {} : { daysUntilPasswordExpires: days }),
  };
}

/** Everything but the code, which is asked for last, as it is spent. @returns what is wrong with the new password */
async function change(
  parts: SessionApiParts,
  ctx: WebContext,
  holder: TokenHolder,
  wanted: PasswordChange,
): Promise<readonly object[] | undefined> {
  const { newPassword, otp } = wanted;
  const proved = await provePassword(parts, ctx, holder, wanted);
  const isDue = isCodeDue(parts, proved, otp);
  // Read again: the hash may be a better one of the same password by now.
  const { tenant, account: seen } = proved.claimant;
  const account = (await parts.accounts.byId(seen.id))?.doc;
  const { epoch, lockRound } = seen;
  if (account?.epoch !== epoch || account.lockRound !== lockRound) throw refused('changed meanwhile');
  const claimant = { ...proved.claimant, ...memberOf(account, tenant) };
  const refusal = await parts.ownPassword.judge(claimant, newPassword, newPassword);
  if (refusal) return refusal.problems;
  if (isDue) await proveCode(parts, proved, otp);
  const isStillProved = (current: typeof account) =>
    current.password?.hash === account.password?.hash &&
    current.status === 'enabled' &&
    current.lock === null;
  const changed = await parts.ownPassword.set(claimant, { newPassword, kind: 'changed', isStillProved });
  if (!changed) throw refused('changed meanwhile');
  return undefined;
}

/**
 * `POST /session/password`: the way out of a password that must be changed; it ends everything that the account is
 * signed in with (API-3, SES-4).
 */
export async function changePassword(parts: SessionApiParts, ctx: WebContext): Promise<void> {
  const holder = await tokenHolder(parts, ctx);
  const wanted = await readPasswordChange(ctx);
  const problems = await counting(parts, holder.token, () => change(parts, ctx, holder, wanted));
  if (problems === undefined) {
    ctx.status = 204;
    return;
  }
  const { code, status, publicMessage: message } = new SallyportError('password_refused');
  ctx.status = status;
  ctx.body = { code, message, problems };
}
