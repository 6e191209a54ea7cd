import {
  type Method,
  methodOfSlips,
  methodsOf,
  methodsToSetUp,
} from '../../capabilities/second-factor/index.ts';
import type { BindingClaimant } from '../../use-cases/credentials/index.ts';
import { proofsOf } from './next-step.ts';
import type { SignInParts } from './parts.ts';
import { type SignInRequest, trace } from './sign-in-request.ts';

/** Who is signing in, for what proves or changes their credentials; undefined before the account is found. */
export function claimantOf({ cookies }: SignInParts, request: SignInRequest): BindingClaimant | undefined {
  const { member, browser, ctx } = request;
  const trustToken = cookies.trust.read(ctx);
  return (
    member && {
      ...member,
      at: 'sign-in',
      proofs: proofsOf(request),
      browser,
      where: trace(request),
      trustToken,
    }
  );
}

/**
 * What mailed codes and challenges of this attempt are bound to: it, and the person, as another person may start over in it
 * (MFA-9).
 */
export function placeOf({ attempt, account }: Pick<SignInRequest, 'attempt' | 'account'>): string {
  return `${firstPlaceOf({ attempt })}:${account?.id ?? ''}`;
}

/** The same for a passkey that says itself whose it is. */
export function firstPlaceOf({ attempt }: Pick<SignInRequest, 'attempt'>): string {
  return `sign-in:${attempt.uid}`;
}

/** What the code page offers, the chosen one first. */
export function codeMethods({ mail }: SignInParts, { account, attempt }: SignInRequest): Method[] {
  const has = account ? methodsOf(account.secondFactor) : [];
  const usable = has.filter(({ needsMail }) => !needsMail || mail.isConfigured);
  return chosenFirst(usable, attempt.method);
}

/** A method to set up: by itself, or by the secret on a slip. */
export interface SetUpWay {
  /** As pages and texts call it. */
  name: string;
  method: Method;
  from: 'method' | 'slip';
}

/** What the activation offers, the chosen one first: a slip that an administrator printed, then what the tenant allows. */
export function setUpWays(
  { mail, clock }: SignInParts,
  { account, policy, attempt }: SignInRequest,
): SetUpWay[] {
  if (!account) return [];
  const { slip } = account.secondFactor;
  const isSlipLive = slip !== null && clock.now() < slip.expiresAt;
  const bySlip: SetUpWay[] =
    isSlipLive && methodOfSlips ? [{ name: 'slip', method: methodOfSlips, from: 'slip' }] : [];
  const allowed = methodsToSetUp(account, policy, mail.isConfigured).map(
    (method): SetUpWay => ({ name: method.name, method, from: 'method' }),
  );
  return chosenFirst([...bySlip, ...allowed], attempt.method);
}

/** The method that the page of this step is about, and what it is shown for; undefined where there is none. */
export function methodHere(
  parts: SignInParts,
  request: SignInRequest,
): { method: Method; purpose: 'set-up' | 'proof' } | undefined {
  if (request.step === 'activate') {
    const [way] = setUpWays(parts, request);
    return way?.from === 'method' ? { method: way.method, purpose: 'set-up' } : undefined;
  }
  const [method] = request.step === 'second-factor' ? codeMethods(parts, request) : [];
  return method && { method, purpose: 'proof' };
}

function chosenFirst<M extends { name: string }>(methods: readonly M[], chosen: string | null): M[] {
  return [...methods].sort((a, b) => Number(b.name === chosen) - Number(a.name === chosen));
}
