import type { Account, Population } from '../accounts/index.ts';
import { foldName } from '../accounts/index.ts';
import { MAX_PASSWORD_LENGTH } from '../passwords/index.ts';
import type { Tenant } from '../tenants/index.ts';
import { formFields, type WebContext } from '../web/index.ts';
import type { Attempt, Who } from './attempt.ts';
import { dispatch } from './finish.ts';
import { guess } from './guess.ts';
import type { SignInParts } from './parts.ts';
import { back, loadWalk, subjectOf, trace, type Walk } from './walk.ts';

interface Named {
  who: Who;
  tenant: Tenant | undefined;
  account: Account | undefined;
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
  const account = tenant && (await parts.accounts.byName(tenant.id, population, userName))?.doc;
  const shadow = account
    ? null
    : parts.lockout.shadowOf(tenant?.id ?? foldName(clientCode), population, foldName(userName));
  const who = { clientCode, userName, tenantId: tenant?.id ?? null, accountId: account?.id ?? null, shadow };
  return { who, tenant, account };
}

/** In case-sensitive mode another spelling fails like a wrong password (ACC-2). */
function isSpelledRight(account: Account, userName: string, tenant: Tenant): boolean {
  const caseCounts = tenant.policy.signIn.caseSensitiveNames.includes(account.population);
  return !caseCounts || account.userName === userName.normalize('NFC');
}

/** Keeps the better hash only if the password is still the one that was verified (S9, R9). */
async function rehash(parts: SignInParts, account: Account, password: string): Promise<void> {
  const better = await parts.passwords.rehash(account, password);
  if (!better) return;
  await parts.accounts.update(account.id, (current) =>
    current.password?.hash === account.password?.hash ? { ...current, password: better } : undefined,
  );
}

function proved(attempt: Attempt, who: Who, account: Account, at: number): Attempt {
  return {
    ...attempt,
    who,
    passwordProof: { at, epoch: account.epoch, lockRound: account.lockRound },
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
  if (walk.step !== 'password') return back(ctx, walk.interaction.uid);
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
  const attempt = await tryPassword(parts, { ...walk, ...named }, named, password);
  await parts.attempts.save(walk.stored, attempt);
  return dispatch(parts, walk);
}

async function tryPassword(parts: SignInParts, walk: Walk, named: Named, password: string): Promise<Attempt> {
  const { who, tenant, account } = named;
  const attempt = { ...walk.attempt, who };
  const subject = subjectOf(attempt, account);
  if (!subject) throw new Error('nobody to count against');
  const isRight = await guess(parts, {
    subject,
    policy: tenant?.policy ?? parts.strangersPolicy,
    kind: 'password',
    factor: 'password',
    where: trace({ ...walk, attempt, account, tenant }),
    check: async () => {
      const verdict = await parts.passwords.verify(account, password);
      if (!account || !tenant) return 'unknown name';
      if (verdict !== 'right') return 'wrong';
      if (account.status !== 'enabled') return 'disabled';
      return isSpelledRight(account, who.userName, tenant) ? undefined : 'another spelling';
    },
  });
  if (!isRight || !account) return failed(walk.attempt, who, 'wrong-password');
  await rehash(parts, account, password);
  return proved(walk.attempt, who, account, parts.clock.now());
}
