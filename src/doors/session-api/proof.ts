import { reasonTo } from '../../capabilities/account-state/index.ts';
import { may } from '../../capabilities/accounts/index.ts';
import type { ProgramRefusal } from '../../capabilities/api-access/index.ts';
import type { AuditEvent } from '../../capabilities/audit/index.ts';
import { type Member, memberOf } from '../../capabilities/credential-events/index.ts';
import { MAX_PASSWORD_LENGTH } from '../../capabilities/passwords/index.ts';
import { factorDuty } from '../../capabilities/second-factor/index.ts';
import { codeKey } from '../../capabilities/tenants/index.ts';
import { SallyportError } from '../../foundation/base/index.ts';
import { visitorOf, type WebContext } from '../../foundation/web/index.ts';
import type { Claimant, ProvedFactor } from '../../use-cases/credentials/index.ts';
import type { Credentials } from './body.ts';
import { refused, type TokenHolder } from './callers.ts';
import type { SessionApiParts } from './parts.ts';

/** A person whose password was right, and who may sign in by program. */
export interface Proved {
  claimant: Claimant;
  where: Omit<AuditEvent, 'type' | 'outcome'>;
}

/** Writes down why a right password began nothing. */
function noteRefusal(
  { audit }: Pick<SessionApiParts, 'audit'>,
  { where }: Pick<Proved, 'where'>,
  reason: ProgramRefusal,
): void {
  audit.note({ ...where, type: 'api-session.refused', outcome: 'refused', reason });
}

/**
 * Proves the password by the very function of the pages: one counter, one lock (API-3, LCK-1).
 * @throws SallyportError `unauthorized`, the same for all that must look alike
 */
export async function provePassword(
  parts: SessionApiParts,
  ctx: WebContext,
  { token, tenant }: TokenHolder,
  { clientName, userName, password, agent, isAgent }: Credentials,
): Promise<Proved> {
  // Of another site, or of none: nothing is counted there by this token.
  if (codeKey(clientName) !== tenant.codeKey) throw refused('foreign client code');
  if ([...password].length > MAX_PASSWORD_LENGTH) throw refused('password too long');
  const visitor = visitorOf(ctx);
  const { address } = visitor;
  const population = agent || isAgent ? 'agent' : 'user';
  const strangersPolicy = parts.strangersPolicy(clientName);
  const typed = { tenant, tenantKey: tenant.id, strangersPolicy, population, userName, address } as const;
  const named = await parts.passwordProofs.named(typed);
  const { account, hidden } = named;
  const accountId = (account ?? hidden)?.id ?? '';
  const where = { tenantId: tenant.id, accountId, applicationId: `token ${token.name}`, ...visitor };
  const isRight = await parts.passwordProofs.tryPassword(named, 'stranger', where, password);
  if (!isRight || !account) throw refused('wrong password');
  const member = memberOf(account, tenant);
  const reasons = parts.standings.reasons(member);
  if (reasonTo('refused', reasons)) throw refused(reasons.join());
  const proved = { claimant: { ...member, browser: 'stranger', where } as const, where };
  if (may(account, tenant, 'use-session-api')) return proved;
  noteRefusal(parts, proved, 'permission');
  throw refused('permission');
}

/**
 * Whether a code is due and there is one to try: asked of everybody who has a factor, as on the pages (D17).
 * @throws SallyportError `second_factor_required` or `second_factor_missing`
 */
export function isCodeDue(parts: SessionApiParts, proved: Proved, otp: string | null | undefined): boolean {
  const { account, tenant } = proved.claimant;
  const duty = factorDuty(account, tenant.policy, false);
  if (duty === 'nothing') return false;
  if (duty === 'code' && otp) return true;
  const reason = duty === 'code' ? 'second_factor_required' : 'second_factor_missing';
  noteRefusal(parts, proved, reason);
  throw new SallyportError(reason);
}

/** @throws SallyportError `unauthorized` for a code that is not right, as for a password */
export async function proveCode(
  parts: SessionApiParts,
  { claimant }: Proved,
  otp: string | null | undefined,
): Promise<ProvedFactor> {
  const factor = await parts.factorProofs.tryCode(claimant, otp ?? '');
  if (!factor) throw refused('wrong code');
  return factor;
}

/**
 * The member as it stands now that everything was proved: a lock, an event or a reset that came meanwhile holds.
 * @throws SallyportError `unauthorized`, or `password_change_required` for a password that must be changed first (API-3)
 */
export async function assertStanding(parts: SessionApiParts, proved: Proved): Promise<Member> {
  const { account, tenant } = proved.claimant;
  const current = (await parts.accounts.byId(account.id))?.doc;
  const isAsProved =
    current?.epoch === account.epoch &&
    current.lockRound === account.lockRound &&
    current.secondFactor.round === account.secondFactor.round;
  if (!current || !isAsProved) throw refused('changed meanwhile');
  const member = memberOf(current, tenant);
  const reasons = parts.standings.reasons(member);
  if (reasonTo('refused', reasons)) throw refused(reasons.join());
  if (!reasonTo('change-password', reasons)) return member;
  noteRefusal(parts, proved, 'password_change_required');
  throw new SallyportError('password_change_required');
}
