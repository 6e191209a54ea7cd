import type { Account } from '../accounts/index.ts';
import type { AuditEvent } from '../audit/index.ts';
import { SallyportError } from '../base/index.ts';
import type { Subject } from '../lockout/index.ts';
import type { EngineInteraction } from '../oidc/index.ts';
import type { Policy, Tenant } from '../tenants/index.ts';
import type { WebContext } from '../web/index.ts';
import { type Attempt, freshAttempt, type StoredAttempt } from './attempt.ts';
import { nextStep, type Step } from './next-step.ts';
import type { SignInParts } from './parts.ts';

/** One request's view of a sign-in: everything loaded, and the step decided from it. */
export interface Walk {
  ctx: WebContext;
  interaction: EngineInteraction;
  stored: StoredAttempt;
  attempt: Attempt;
  tenant: Tenant | undefined;
  policy: Policy;
  account: Account | undefined;
  step: Step;
}

/** Whoever this attempt's failures are counted against. */
export function subjectOf(attempt: Attempt, account: Account | undefined): Subject | undefined {
  if (account) return { account };
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
  const account = isStepUp ? (await parts.accounts.byId(sessionAccountId))?.doc : undefined;
  if (!account) return parts.attempts.begin(attempt);
  const tenant = await parts.tenants.byId(account.tenantId);
  return parts.attempts.begin({
    ...attempt,
    population: account.population,
    who: {
      clientCode: tenant?.clientCode ?? '',
      userName: account.userName,
      tenantId: account.tenantId,
      accountId: account.id,
      shadow: null,
    },
    passwordProof: { at: parts.clock.now(), epoch: account.epoch, lockRound: account.lockRound },
  });
}

async function situate(
  parts: SignInParts,
  walk: Omit<Walk, 'step' | 'tenant' | 'policy' | 'account'>,
): Promise<Walk> {
  const { attempt, interaction, stored } = walk;
  const accountId = interaction.prompt === 'consent' ? interaction.sessionAccountId : attempt.who?.accountId;
  const account = accountId ? (await parts.accounts.byId(accountId))?.doc : undefined;
  const tenantId = account?.tenantId ?? attempt.who?.tenantId;
  const tenant = tenantId ? await parts.tenants.byId(tenantId) : undefined;
  const policy = tenant?.policy ?? parts.strangersPolicy;
  const subject = subjectOf(attempt, account);
  const step = nextStep({
    isFinished: stored.isFinished,
    prompt: interaction.prompt,
    population: interaction.application.population,
    attempt,
    account,
    isLocked: subject ? await parts.lockout.isLocked(subject, policy) : false,
    policy,
    asked: interaction.asked,
  });
  return { ...walk, account, tenant, policy, step };
}

async function walkThrough(
  parts: SignInParts,
  ctx: WebContext,
  interaction: EngineInteraction,
): Promise<Walk> {
  const stored = (await parts.attempts.load(interaction.uid)) ?? (await begin(parts, interaction));
  const walk = await situate(parts, { ctx, interaction, stored, attempt: stored.attempt });
  if (walk.step === 'expired-link') throw new SallyportError('interaction_expired');
  return walk;
}

/**
 * Loads the interaction (bound to its cookie), the attempt and the account, and decides the step.
 * @throws SallyportError `interaction_expired` when it is finished, expired, or was begun in another browser
 */
export async function loadWalk(parts: SignInParts, ctx: WebContext): Promise<Walk> {
  const interaction = await parts.interactions.load(ctx, String(ctx.params.uid));
  if (!interaction) throw new SallyportError('interaction_expired');
  return walkThrough(parts, ctx, interaction);
}

/** The same walk after a change: attempt and account are read again, the interaction of this request is not. */
export function reloadWalk(parts: SignInParts, { ctx, interaction }: Walk): Promise<Walk> {
  return walkThrough(parts, ctx, interaction);
}

/** What every audit entry of this walk says of where and whom. */
export function trace({
  ctx,
  interaction,
  attempt,
  account,
  tenant,
}: Walk): Omit<AuditEvent, 'type' | 'outcome'> {
  return {
    tenantId: tenant?.id ?? '',
    accountId: account?.id ?? attempt.who?.accountId ?? '',
    applicationId: interaction.application.id,
    address: ctx.state.address,
    browser: ctx.get('user-agent'),
  };
}

/** The address of the one page; every post comes back to it with 303. */
export function back(ctx: WebContext, uid: string): void {
  ctx.status = 303;
  ctx.redirect(`/sign-in/${uid}`);
}
