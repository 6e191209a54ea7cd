import type { Account, Accounts } from '../../capabilities/accounts/index.ts';
import { loadMember, type Member } from '../../capabilities/credential-events/index.ts';
import {
  accountOfToken,
  isLiveLink,
  LINK_SECONDS,
  type StrengthProblem,
} from '../../capabilities/passwords/index.ts';
import type { Tenants } from '../../capabilities/tenants/index.ts';
import { type Clock, fingerprint, SallyportError, typedName } from '../../foundation/base/index.ts';
import type { Ephemeral } from '../../foundation/stores/index.ts';
import {
  type BrowserCookies,
  createFlash,
  formFields,
  isBegunHere,
  markHere,
  type Pages,
  type Registry,
  type Submissions,
  visitorOf,
  type WebContext,
} from '../../foundation/web/index.ts';
import type { Claimant, FactorProofs, OwnPassword, Refusal } from '../../use-cases/credentials/index.ts';

export interface SetPasswordParts {
  accounts: Accounts;
  tenants: Tenants;
  ownPassword: OwnPassword;
  factorProofs: FactorProofs;
  ephemeral: Ephemeral;
  pages: Pages;
  registry: Registry;
  submissions: Submissions;
  clock: Clock;
  issuer: string;
  cookies: BrowserCookies;
}

/** A live link, as this request's browser carries it. */
interface Opened extends Member {
  ctx: WebContext;
  token: string;
  /** The code was given under this link already, in this browser. */
  isFactorProved: boolean;
}

interface PasswordFlash {
  notice: Refusal['notice'] | 'wrong-code' | 'no-code';
  problems: StrengthProblem[];
}

const CLIENT_CODE = /^[A-Za-z0-9-]{2,32}$/;
/**
 * That a code was given in this browser, as anyone who reads the mail has the link too, and for these factors (S42).
 */
interface Proof {
  mark: string;
  round: number;
}

const PROOF = 'RecoveryProof';
const PROOF_SECONDS = 600;

function cookieName(issuer: string): string {
  return `${issuer.startsWith('https:') ? '__Secure-' : ''}sallyport_recover`;
}

/** The token leaves the address on the first load, and lives in a cookie that only these pages get (S45). */
export async function openLink({ issuer }: SetPasswordParts, ctx: WebContext): Promise<void> {
  const token = String(ctx.query.token);
  // What never was a token may hold what no cookie can.
  if (accountOfToken(token) === undefined) throw new SallyportError('link_invalid');
  ctx.cookies.set(cookieName(issuer), token, {
    httpOnly: true,
    sameSite: 'lax',
    secure: issuer.startsWith('https:'),
    signed: false,
    path: '/recover',
    maxAge: LINK_SECONDS.reset * 1_000,
    overwrite: true,
  });
  ctx.status = 303;
  ctx.redirect('/recover/set');
}

function tokenOf({ issuer }: SetPasswordParts, ctx: WebContext): string {
  return ctx.cookies.get(cookieName(issuer), { signed: false }) ?? '';
}

/** @throws SallyportError `link_invalid` for one that is spent, voided, expired, or of an account that may not use it */
async function opened(parts: SetPasswordParts, ctx: WebContext): Promise<Opened> {
  const token = tokenOf(parts, ctx);
  const accountId = accountOfToken(token);
  const member = accountId === undefined ? undefined : await loadMember(parts, accountId);
  const now = parts.clock.now();
  if (member?.account.status !== 'enabled' || !isLiveLink(member.account, token, now))
    throw new SallyportError('link_invalid');
  const stored = await parts.ephemeral.get(PROOF, fingerprint(token), now);
  const proof = stored && (JSON.parse(stored.value) as Proof);
  const isFactorProved =
    proof?.round === member.account.secondFactor.round && isBegunHere(parts, ctx, proof.mark);
  return { ctx, token, ...member, isFactorProved };
}

function flashOf(parts: SetPasswordParts) {
  return createFlash<PasswordFlash>(parts);
}

/** `GET /recover/set` */
export async function showForm(parts: SetPasswordParts, ctx: WebContext): Promise<void> {
  const { token, account, tenant, isFactorProved } = await opened(parts, ctx);
  markHere(parts, ctx);
  const flash = await flashOf(parts).take(fingerprint(token));
  const hasFactor = account.secondFactor.status === 'active';
  parts.pages.render(ctx, 'recovery/set', {
    title: 'recover.set.title',
    step: 'recover',
    userName: account.userName,
    tenantName: tenant.name,
    asksCode: hasFactor && !isFactorProved,
    isCodeKept: hasFactor && isFactorProved,
    notice: flash?.notice,
    problems: flash?.problems ?? [],
  });
}

function claimantOf({ ctx, account, tenant, epoch }: Opened): Claimant {
  const where = { tenantId: tenant.id, accountId: account.id, ...visitorOf(ctx) };
  return { account, tenant, epoch, browser: 'stranger', where };
}

/** An active factor is demanded, on the counter of the sign-in; given once, it holds for this link (S42, V15). */
async function proveFactor(parts: SetPasswordParts, link: Opened, code: string): Promise<boolean> {
  const { account, token } = link;
  if (account.secondFactor.status !== 'active' || link.isFactorProved) return true;
  // No mailed code: the link came by mail already, and one mailbox is no second factor (S42).
  if (!(await parts.factorProofs.tryCode(claimantOf(link), code))) return false;
  const now = parts.clock.now();
  const proof: Proof = { mark: markHere(parts, link.ctx), round: account.secondFactor.round };
  const record = {
    value: JSON.stringify(proof),
    expiresAt: now + PROOF_SECONDS,
    sets: { account: account.id },
  };
  await parts.ephemeral.put(PROOF, fingerprint(token), record, now);
  return true;
}

async function obstacle(parts: SetPasswordParts, link: Opened): Promise<PasswordFlash | undefined> {
  const typed = formFields(link.ctx.state.form, ['newPassword', 'newPasswordAgain', 'code']);
  const isCodeDue = link.account.secondFactor.status === 'active' && !link.isFactorProved;
  if (isCodeDue && typedName(typed.code) === '') return { notice: 'no-code', problems: [] };
  // First: someone who has the mail but not the factor learns nothing of former passwords.
  if (!(await proveFactor(parts, link, typed.code))) return { notice: 'wrong-code', problems: [] };
  return parts.ownPassword.judge(claimantOf(link), typed.newPassword, typed.newPasswordAgain);
}

/** `POST /recover/set`: the link is spent by it, so a second click goes where the first one led. */
export function submitForm(parts: SetPasswordParts, ctx: WebContext): Promise<void> {
  const place = `recover:${fingerprint(tokenOf(parts, ctx))}`;
  return parts.submissions.once(ctx, place, () => setPassword(parts, ctx));
}

async function setPassword(parts: SetPasswordParts, ctx: WebContext): Promise<boolean> {
  const link = await opened(parts, ctx);
  const inTheWay = await obstacle(parts, link);
  if (inTheWay) {
    await flashOf(parts).keep(fingerprint(link.token), inTheWay);
    ctx.status = 303;
    ctx.redirect('/recover/set');
    return false;
  }
  const { newPassword } = formFields(ctx.state.form, ['newPassword']);
  const changed = await parts.ownPassword.set(claimantOf(link), {
    newPassword,
    // The link is spent in the write that sets the password: of two posts one wins (P2, P4).
    isStillProved: (current: Account) => isLiveLink(current, link.token, parts.clock.now()),
    kind: 'reset',
  });
  if (!changed) throw new SallyportError('link_invalid');
  ctx.cookies.set(cookieName(parts.issuer), null, { path: '/recover', signed: false });
  const { clientCode } = link.tenant;
  const query = changed.population === 'agent' ? `?${new URLSearchParams({ client: clientCode })}` : '';
  ctx.status = 303;
  ctx.redirect(`/recover/done${query}`);
  return true;
}

/** `GET /recover/done`: the way to the sign-in; for agents, that of their client code. */
export async function showDone({ pages }: SetPasswordParts, ctx: WebContext): Promise<void> {
  const { client } = ctx.query;
  const isCode = typeof client === 'string' && CLIENT_CODE.test(client);
  pages.render(ctx, 'recovery/done', {
    title: 'recover.done.title',
    step: 'recover',
    signIn: isCode ? `/go/agent/${client}` : '/go/user',
  });
}
