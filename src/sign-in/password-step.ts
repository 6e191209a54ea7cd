import type { Account, Population } from '../accounts/index.ts';
import { foldName } from '../accounts/index.ts';
import { guess } from '../lockout/index.ts';
import { MAX_PASSWORD_LENGTH } from '../passwords/index.ts';
import { epochOf } from '../sessions/index.ts';
import type { Policy, Tenant } from '../tenants/index.ts';
import { formFields, type WebContext } from '../web/index.ts';
import type { Attempt, Who } from './attempt.ts';
import { dispatch } from './finish.ts';
import type { SignInParts } from './parts.ts';
import { back, browserClass, isOutside, loadWalk, subjectOf, trace, type Walk } from './walk.ts';

interface Named {
  who: Who;
  tenant: Tenant | undefined;
  policy: Policy;
  account: Account | undefined;
  /** The account that was named from outside the networks of its tenant: it is treated like one that is not there (SGN-5). */
  hidden: Account | undefined;
}

/** Whom the typed name means: by its fold, so that every spelling counts on one counter (S19). */
async function findWho(
  parts: SignInParts,
  walk: Walk,
  population: Population,
  clientCode: string,
  userName: string,
): Promise<Named> {
  const fixed = walk.interaction.application.tenantId;
  const tenant = fixed ? await parts.tenants.byId(fixed) : await parts.tenants.byClientCode(clientCode);
  const policy = tenant?.policy ?? parts.strangersPolicy;
  const found =
    tenant && (await parts.accounts.identified(tenant.id, population, userName, policy.signIn.identifiedBy));
  const outside = isOutside(walk.ctx, policy, population);
  const account = outside ? undefined : found;
  const shadow = account
    ? null
    : parts.lockout.shadowOf(tenant?.id ?? fixed ?? foldName(clientCode), population, foldName(userName));
  const who = { clientCode, userName, tenantId: tenant?.id ?? null, accountId: account?.id ?? null, shadow };
  return { who, tenant, policy, account, hidden: outside ? found : undefined };
}

/** In case-sensitive mode another spelling of the name fails like a wrong password; an address has no case (ACC-2, ACC-3). */
function isSpelledRight(account: Account, typed: string, policy: Policy): boolean {
  const { identifiedBy, caseSensitiveNames } = policy.signIn;
  if (!caseSensitiveNames.includes(account.population) || identifiedBy === 'email') return true;
  if (account.userName === typed.normalize('NFC')) return true;
  return identifiedBy === 'either' && account.emailKey !== '' && foldName(typed) === account.emailKey;
}

/** Keeps the better hash only if the password is still the one that was verified (S9, R9). */
async function rehash(parts: SignInParts, account: Account, password: string): Promise<void> {
  const better = await parts.passwords.rehash(account, password);
  if (!better) return;
  await parts.accounts.update(account.id, (current) =>
    current.password?.hash === account.password?.hash ? { ...current, password: better } : undefined,
  );
}

function proved(attempt: Attempt, who: Who, account: Account, tenant: Tenant, at: number): Attempt {
  return {
    ...attempt,
    who,
    passwordProof: { at, epoch: epochOf(account, tenant), lockRound: account.lockRound },
    factorProof: null,
    activation: null,
    notice: null,
    problems: [],
  };
}

function failed(attempt: Attempt, who: Who | null, notice: Attempt['notice']): Attempt {
  return { ...attempt, who, passwordProof: null, factorProof: null, activation: null, notice, problems: [] };
}

/** `POST /sign-in/:uid/password` */
export async function submitPassword(parts: SignInParts, ctx: WebContext): Promise<void> {
  const walk = await loadWalk(parts, ctx);
  // During a wait a try is refused without being checked or counted; it is recorded, and may name somebody else.
  const isDue = walk.step === 'password' || (walk.step === 'wait' && !walk.isProved);
  if (!isDue) return back(ctx, walk.interaction.uid);
  const { clientCode, userName, password } = formFields(ctx.state.form, [
    'clientCode',
    'userName',
    'password',
  ]);
  const population = walk.attempt.population ?? 'user';
  if ([...password].length > MAX_PASSWORD_LENGTH) {
    // Alike for every name, before any look-up, and uncounted (PWD-3, S2).
    const who = { clientCode, userName, tenantId: null, accountId: null, shadow: null };
    await parts.attempts.save(walk.stored, failed(walk.attempt, who, 'password-too-long'));
    return back(ctx, walk.interaction.uid);
  }
  const named = await findWho(parts, walk, population, clientCode, userName);
  const attempt = await tryPassword(parts, walk, named, password);
  await parts.attempts.save(walk.stored, attempt);
  return dispatch(parts, walk);
}

async function tryPassword(parts: SignInParts, walk: Walk, named: Named, password: string): Promise<Attempt> {
  const { who, tenant, policy, account, hidden } = named;
  const attempt = { ...walk.attempt, who };
  const subject = subjectOf(attempt, account, await browserClass(parts, walk.ctx, account, policy));
  if (!subject) throw new Error('nobody to count against');
  const isRight = await guess(parts, {
    subject,
    policy,
    kind: 'password',
    factor: 'password',
    where: trace({ ...walk, attempt, account: account ?? hidden, tenant }),
    check: async () => {
      const verdict = await parts.passwords.verify(account, password);
      if (hidden) return { wrong: 'network' };
      if (!account) return { wrong: 'unknown' };
      if (verdict !== 'right') return { wrong: verdict };
      if (account.status !== 'enabled') return { wrong: 'disabled' };
      return { wrong: isSpelledRight(account, who.userName, policy) ? undefined : 'spelling' };
    },
  });
  if (!isRight || !account || !tenant) return failed(walk.attempt, who, 'wrong-password');
  await rehash(parts, account, password);
  return proved(walk.attempt, who, account, tenant, parts.clock.now());
}
