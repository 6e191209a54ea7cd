import { foldName } from '../../capabilities/accounts/index.ts';
import { type Member, memberOf } from '../../capabilities/credential-events/index.ts';
import { MAX_PASSWORD_LENGTH } from '../../capabilities/passwords/index.ts';
import { formFields, type WebContext } from '../../foundation/web/index.ts';
import type { Named } from '../../use-cases/credentials/index.ts';
import { type Attempt, namedBy, type Who } from './attempt.ts';
import { dispatch } from './finish.ts';
import type { SignInParts } from './parts.ts';
import { back, browserClass, loadRequest, type SignInRequest, trace } from './sign-in-request.ts';

/** Whom the typed name means, at the tenant that the application fixes or the client code names. */
async function findWho(
  parts: SignInParts,
  request: SignInRequest,
  { clientCode, userName }: { clientCode: string; userName: string },
): Promise<{ who: Who; named: Named }> {
  const fixed = request.interaction.application.tenantId;
  const tenant = fixed ? await parts.tenants.byId(fixed) : await parts.tenants.byClientCode(clientCode);
  const strangersPolicy = parts.strangersPolicy(request.interaction.linkCode ?? clientCode);
  const tenantKey = fixed ?? foldName(clientCode);
  const population = request.attempt.population ?? 'user';
  const { address } = request.ctx.state;
  const typed = { tenant, tenantKey, strangersPolicy, population, userName, address };
  const named = await parts.passwordProofs.named(typed);
  const { account, shadow } = named;
  const who = { clientCode, userName, tenantId: tenant?.id ?? null, accountId: account?.id ?? null, shadow };
  return { who, named };
}

function proved(attempt: Attempt, who: Who, { account, epoch }: Member, at: number): Attempt {
  return {
    ...namedBy(attempt, who),
    firstProof: { by: 'password', at, epoch, lockRound: account.lockRound },
    factorProof: null,
    activation: null,
    notice: null,
    problems: [],
  };
}

function failed(attempt: Attempt, who: Who | null, notice: Attempt['notice']): Attempt {
  const named = namedBy(attempt, who);
  return { ...named, firstProof: null, factorProof: null, activation: null, notice, problems: [] };
}

/** `POST /sign-in/:uid/password` */
export async function submitPassword(parts: SignInParts, ctx: WebContext): Promise<void> {
  const request = await loadRequest(parts, ctx);
  // During a wait a try is refused without being checked or counted; it is recorded, and may name someone else.
  const isDue = request.step === 'password' || (request.step === 'wait' && !request.isProved);
  if (!isDue) return back(ctx, request.interaction.uid);
  const { clientCode, userName, password } = formFields(ctx.state.form, [
    'clientCode',
    'userName',
    'password',
  ]);
  if ([...password].length > MAX_PASSWORD_LENGTH) {
    // Alike for every name, before any look-up, and uncounted (PWD-3, S2).
    const who = { clientCode, userName, tenantId: null, accountId: null, shadow: null };
    await parts.attempts.save(request.stored, failed(request.attempt, who, 'password-too-long'));
    return back(ctx, request.interaction.uid);
  }
  const attempt = await tryPassword(parts, request, { clientCode, userName, password });
  await parts.attempts.save(request.stored, attempt);
  return dispatch(parts, request);
}

async function tryPassword(
  parts: SignInParts,
  request: SignInRequest,
  typed: { clientCode: string; userName: string; password: string },
): Promise<Attempt> {
  const { who, named } = await findWho(parts, request, typed);
  const { tenant, account, hidden, policy } = named;
  const attempt = { ...request.attempt, who };
  const browser = await browserClass(parts, request.ctx, account, policy);
  const where = trace({ ...request, attempt, account: account ?? hidden, tenant });
  const isRight = await parts.passwordProofs.tryPassword(named, browser, where, typed.password);
  if (!isRight || !account || !tenant) return failed(request.attempt, who, 'wrong-password');
  return proved(request.attempt, who, memberOf(account, tenant), parts.clock.now());
}
