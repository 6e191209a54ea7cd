import { type Member, memberOf } from '../../capabilities/credential-events/index.ts';
import { endsWithBrowser } from '../../capabilities/tenants/index.ts';
import { visitorOf, type WebContext } from '../../foundation/web/index.ts';
import type { EngineInteraction } from '../oidc/index.ts';
import { assuranceOf } from './assurance.ts';
import { mailFirstCode } from './mail-step.ts';
import { factorProofOf, firstOf, proofsOf, provedAt, type Step } from './next-step.ts';
import type { SignInParts } from './parts.ts';
import { back, reloadRequest, type SignInRequest, trace } from './sign-in-request.ts';

/** User-Agent texts are the browser's own claim. */
const MAX_BROWSER = 300;

function go(ctx: WebContext, address: string): void {
  ctx.status = 303;
  ctx.redirect(address);
}

/**
 * Where desks are shared a person has one session: everything else of theirs ends as this one begins (MFA-17). The epoch
 * rises in one write from that in which the proofs were given: of two sign-ins at once one stays, and one that an event
 * voided meanwhile is taken into no new epoch. @returns the epoch of this sign-in, or undefined where it is void
 */
async function takeOver(
  { sessions, browserSessions }: SignInParts,
  { ctx, attempt, policy }: SignInRequest,
  member: Member,
): Promise<number | undefined> {
  if (!policy.session.sharedDesk) return member.epoch;
  const { account, tenant } = member;
  const here = await browserSessions.current(ctx);
  const session = here?.accountId === account.id ? { session: here.kept } : {};
  const changed = await sessions.credentialEvent({
    accountId: account.id,
    kind: 'taken-over',
    change: (current) => current,
    context: { actor: account.id, ...visitorOf(ctx) },
    keep: { member, attempt: attempt.uid, ...session },
  });
  return changed && memberOf(changed.account, tenant).epoch;
}

/**
 * A step-up in which nothing was to be proved: the session stays as it is, with its times, its limits and its assurance. Its
 * cookie may be a copy, which would live for ever if pressing a button renewed it.
 */
async function leave(parts: SignInParts, { ctx, interaction }: SignInRequest): Promise<void> {
  if (!(await parts.attempts.finish(interaction.uid))) return back(ctx, interaction.uid);
  go(ctx, await parts.interactions.leave(ctx));
}

/** Tells the engine once, at the end: as soon as it knows a login, its session counts as signed in. */
async function commit(parts: SignInParts, request: SignInRequest): Promise<void> {
  const { ctx, interaction, attempt, member, policy } = request;
  if (!member) throw new Error('a sign-in without an account');
  const at = provedAt(request);
  if (at === 0) return leave(parts, request);
  const epoch = await takeOver(parts, request, member);
  if (epoch === undefined || !(await parts.attempts.finish(interaction.uid)))
    return back(ctx, interaction.uid);
  const { account } = member;
  const visitor = visitorOf(ctx);
  const { first } = proofsOf(request);
  const { isMultiFactor, amr } = assuranceOf(
    first ?? { sessionAmr: interaction.sessionAmr },
    factorProofOf(request),
  );
  await parts.audit.write({
    ...trace(request),
    type: 'sign-in.complete',
    outcome: 'success',
    actor: account.id,
    factor: amr.join(' '),
  });
  if (policy.lockout.splitBudgets) {
    const mark = await parts.knownBrowsers.remember(parts.cookies.mark.read(ctx), account);
    parts.cookies.mark.set(ctx, mark);
  }
  const address = await parts.interactions.login(ctx, {
    accountId: account.id,
    epoch,
    firstProof: firstOf(attempt),
    acr: isMultiFactor ? parts.acr.multiFactor : parts.acr.password,
    amr,
    at,
    remember: !endsWithBrowser(policy),
    address: visitor.address,
    browser: visitor.browser.slice(0, MAX_BROWSER),
    idleSeconds: policy.session.idleMinutes * 60,
    absoluteSeconds: policy.session.absoluteMinutes * 60,
  });
  go(ctx, address);
}

/** Goes back to the application with an error of the protocol. */
export async function refuse(
  parts: SignInParts,
  ctx: WebContext,
  interaction: EngineInteraction,
  error: string,
  description: string,
): Promise<void> {
  if (!(await parts.attempts.finish(interaction.uid))) return back(ctx, interaction.uid);
  go(ctx, await parts.interactions.refuse(ctx, error, description));
}

const REFUSALS: Partial<Record<Step, [error: string, description: string]>> = {
  // OpenID Connect Core, section 3.1.2.1: no code for another person than was asked for.
  'another-person': ['login_required', 'another person signed in'],
  unmet: ['unmet_authentication_requirements', 'this account cannot give the requested assurance'],
};

/** Goes back to the application where this sign-in cannot give what it insists on. @returns whether it did */
export async function refuseWhereDue(parts: SignInParts, request: SignInRequest): Promise<boolean> {
  const refusal = REFUSALS[request.step];
  if (refusal) await refuse(parts, request.ctx, request.interaction, ...refusal);
  return refusal !== undefined;
}

/** After every post: finish where nothing is left, else show what is next. Read afresh, as the account may have changed meanwhile. */
export async function dispatch(parts: SignInParts, before: SignInRequest): Promise<void> {
  const request = await reloadRequest(parts, before);
  const { ctx, interaction, step } = request;
  if (step === 'continue') return commit(parts, request);
  if (await refuseWhereDue(parts, request)) return;
  await mailFirstCode(parts, request);
  back(ctx, interaction.uid);
}
