import { type Reason, reasonsFor } from '../../capabilities/account-state/index.ts';
import type { Account } from '../../capabilities/accounts/index.ts';
import type { AuditEvent } from '../../capabilities/audit/index.ts';
import { loadMember, type Member } from '../../capabilities/credential-events/index.ts';
import type { BrowserClass, Subject } from '../../capabilities/lockout/index.ts';
import { isOutside, type Policy, type Tenant } from '../../capabilities/tenants/index.ts';
import { SallyportError } from '../../foundation/base/index.ts';
import { visitorOf, type WebContext } from '../../foundation/web/index.ts';
import type { EngineInteraction } from '../oidc/index.ts';
import { type Attempt, freshAttempt, type StoredAttempt } from './attempt.ts';
import { firstIsProved, firstOf, nextStep, type Step } from './next-step.ts';
import type { SignInParts } from './parts.ts';

/** One HTTP request of a sign-in: everything that it loaded, and the step decided from it. */
export interface SignInRequest {
  ctx: WebContext;
  interaction: EngineInteraction;
  stored: StoredAttempt;
  attempt: Attempt;
  /** The account that was named and found, with its tenant. */
  member: Member | undefined;
  account: Account | undefined;
  /** Of the member, or of a name that no account has. */
  tenant: Tenant | undefined;
  policy: Policy;
  browser: BrowserClass;
  reasons: readonly Reason[];
  daysToWarn: number | undefined;
  /** The password, or a passkey in its place, was right, in this epoch and lock round. */
  isProved: boolean;
  /** This browser need not give the code (MFA-13). */
  isTrusted: boolean;
  /** Epoch seconds until which the step `wait` lasts. */
  waitEnds: number;
  step: Step;
}

/** Whether this browser has signed the account in before, where that makes a difference (LCK-7). */
export async function browserClass(
  parts: SignInParts,
  ctx: WebContext,
  account: Account | undefined,
  policy: Policy,
): Promise<BrowserClass> {
  if (!account || !policy.lockout.splitBudgets) return 'stranger';
  return parts.knownBrowsers.classOf(parts.cookies.mark.read(ctx), account);
}

/** The account or the unknown name that this attempt's failures are counted against. */
function subjectOf(
  attempt: Pick<Attempt, 'who' | 'population'>,
  account: Account | undefined,
  browser: BrowserClass,
): Subject | undefined {
  if (account) return { account, browser };
  const shadow = attempt.who?.shadow;
  return shadow ? { shadow, population: attempt.population ?? 'user' } : undefined;
}

/** Where the attempt begins: at the password; for a step-up, at the second factor of the person already signed in. */
async function begin(parts: SignInParts, interaction: EngineInteraction): Promise<StoredAttempt> {
  const { application, uid, expiresAt, sessionAccountId, reasons } = interaction;
  const population = application.population === 'any' ? null : application.population;
  const attempt = freshAttempt({
    uid,
    applicationId: application.id,
    interactionEndsAt: expiresAt,
    population,
  });
  const isStepUp = sessionAccountId !== undefined && reasons.length === 1 && reasons[0] === 'factor_missing';
  const member = isStepUp ? await loadMember(parts, sessionAccountId) : undefined;
  if (!member) return parts.attempts.begin(attempt);
  const { account, tenant, epoch } = member;
  return parts.attempts.begin({
    ...attempt,
    population: account.population,
    who: {
      clientCode: tenant.clientCode,
      userName: account.userName,
      tenantId: account.tenantId,
      accountId: account.id,
      shadow: null,
    },
    firstProof: { by: 'session', at: 0, epoch, lockRound: account.lockRound },
    // The person is in the middle of something: what is not asked for now waits for the next fresh sign-in.
    isWarned: true,
  });
}

/** Asked only where a code would be due, and a browser may carry its trust. */
async function isTrustedHere(
  { trustedBrowsers, cookies }: SignInParts,
  ctx: WebContext,
  member: Member,
): Promise<boolean> {
  if (member.account.secondFactor.status !== 'active') return false;
  const token = cookies.trust.read(ctx);
  return trustedBrowsers.isTrusted(token, member);
}

type Unsituated = Pick<SignInRequest, 'ctx' | 'interaction' | 'stored' | 'attempt'>;

async function situate(parts: SignInParts, request: Unsituated): Promise<SignInRequest> {
  const { ctx, attempt, interaction, stored } = request;
  const accountId = interaction.prompt === 'consent' ? interaction.sessionAccountId : attempt.who?.accountId;
  const member = accountId ? await loadMember(parts, accountId) : undefined;
  const tenantId = attempt.who?.tenantId;
  const tenant = member?.tenant ?? (tenantId ? await parts.tenants.byId(tenantId) : undefined);
  const account = member?.account;
  const policy =
    tenant?.policy ?? parts.strangersPolicy(interaction.linkCode ?? attempt.who?.clientCode ?? '');
  const browser = await browserClass(parts, ctx, account, policy);
  const subject = subjectOf(attempt, account, browser);
  const first = firstOf(attempt);
  const reasons = member ? reasonsFor(first, parts.standings.reasons(member)) : [];
  const daysToWarn = member && first === 'password' ? parts.standings.daysToWarn(member) : undefined;
  const proof = {
    attempt,
    account,
    epoch: member?.epoch ?? 0,
    isOutside: account !== undefined && isOutside(policy, account.population, ctx.state.address),
    reasons,
    policy,
    asked: interaction.asked,
  };
  const isProved = firstIsProved(proof);
  const isTrusted = isProved && member !== undefined && (await isTrustedHere(parts, ctx, member));
  const kind = isProved ? 'second-factor' : 'password';
  const lockState = subject ? await parts.lockout.stateOf(subject, kind, policy) : UNLOCKED;
  const step = nextStep({
    ...proof,
    ...lockState,
    isFinished: stored.isFinished,
    prompt: interaction.prompt,
    population: interaction.application.population,
    daysToWarn,
    isTrusted,
    isAnotherPerson: account !== undefined && interaction.isForAnother(account.id),
    now: parts.clock.now(),
  });
  const { waitEnds } = lockState;
  return {
    ...request,
    member,
    account,
    tenant,
    policy,
    browser,
    reasons,
    daysToWarn,
    isProved,
    isTrusted,
    waitEnds,
    step,
  };
}

const UNLOCKED = { isLocked: false, waitEnds: 0 };

async function requestOf(
  parts: SignInParts,
  ctx: WebContext,
  interaction: EngineInteraction,
): Promise<SignInRequest> {
  const stored = (await parts.attempts.load(interaction.uid)) ?? (await begin(parts, interaction));
  const request = await situate(parts, { ctx, interaction, stored, attempt: stored.attempt });
  if (request.step === 'expired-link') throw new SallyportError('interaction_expired');
  return request;
}

/**
 * Loads the interaction (bound to its cookie), the attempt and the account, and decides the step.
 * @throws SallyportError `interaction_expired` when it is finished, expired, or was begun in another browser
 */
export async function loadRequest(parts: SignInParts, ctx: WebContext): Promise<SignInRequest> {
  const interaction = await parts.interactions.load(ctx, String(ctx.params.uid));
  if (!interaction) throw new SallyportError('interaction_expired');
  return requestOf(parts, ctx, interaction);
}

/** The same request after a change: attempt and account are read again, the interaction is not. */
export function reloadRequest(
  parts: SignInParts,
  { ctx, interaction }: SignInRequest,
): Promise<SignInRequest> {
  return requestOf(parts, ctx, interaction);
}

/** What every audit entry of this request says of where and whom. */
export function trace({
  ctx,
  interaction,
  attempt,
  account,
  tenant,
}: Pick<SignInRequest, 'ctx' | 'interaction' | 'attempt' | 'account' | 'tenant'>): Omit<
  AuditEvent,
  'type' | 'outcome'
> {
  return {
    tenantId: tenant?.id ?? '',
    accountId: account?.id ?? attempt.who?.accountId ?? '',
    applicationId: interaction.application.id,
    ...visitorOf(ctx),
  };
}

/** The address of the one page; every post comes back to it with 303. */
export function back(ctx: WebContext, uid: string): void {
  ctx.status = 303;
  ctx.redirect(`/sign-in/${uid}`);
}
