import { type Method, methodsOf, methodsToSetUp } from '../../capabilities/second-factor/index.ts';
import type { BindingPlace } from '../../use-cases/credentials/index.ts';
import { proofsOf } from './next-step.ts';
import type { SignInParts } from './parts.ts';
import { trace, type Walk } from './walk.ts';

/** The walk as a door to the person's own credentials; no one stands there before the account is found. */
export function doorOf({ cookies }: SignInParts, walk: Walk): BindingPlace | undefined {
  const { account, tenant, browser, ctx } = walk;
  const trustToken = cookies.trust.read(ctx);
  if (!account || !tenant) return undefined;
  return { at: 'sign-in', proofs: proofsOf(walk), account, tenant, browser, where: trace(walk), trustToken };
}

/**
 * What mailed codes and challenges of this attempt are bound to: it, and the person, as another person may start over in it
 * (MFA-9).
 */
export function placeOf({ attempt, account }: Pick<Walk, 'attempt' | 'account'>): string {
  return `${firstPlaceOf({ attempt })}:${account?.id ?? ''}`;
}

/** The same for a passkey that says itself whose it is. */
export function firstPlaceOf({ attempt }: Pick<Walk, 'attempt'>): string {
  return `sign-in:${attempt.uid}`;
}

/** What the code page offers, the chosen one first. */
export function codeMethods({ mail }: SignInParts, { account, attempt }: Walk): Method[] {
  const has = account ? methodsOf(account.secondFactor) : [];
  const usable = has.filter((method) => method !== 'mail' || mail.isConfigured);
  return chosenFirst(usable, attempt.method);
}

/** What the activation offers, the chosen one first: a slip that an administrator printed, then what the tenant allows. */
export function activationMethods(
  { mail, clock }: SignInParts,
  { account, policy, attempt }: Walk,
): (Method | 'slip')[] {
  if (!account) return [];
  const { slip } = account.secondFactor;
  const isSlipLive = slip !== null && clock.now() < slip.expiresAt;
  const allowed = methodsToSetUp(account, policy, mail.isConfigured);
  return chosenFirst([...(isSlipLive ? ['slip' as const] : []), ...allowed], attempt.method);
}

function chosenFirst<M extends string>(methods: readonly M[], chosen: string | null): M[] {
  return [...methods].sort((a, b) => Number(b === chosen) - Number(a === chosen));
}
