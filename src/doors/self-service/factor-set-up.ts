import { type Method, type ShownCodes, standsForPassword } from '../../capabilities/second-factor/index.ts';
import { isBegunHere, markHere } from '../../foundation/web/index.ts';
import { type OwnFactors, type Proofs, typedFactor } from '../../use-cases/credentials/index.ts';
import { type BindingProofParts, proofsOf } from './binding-proof.ts';
import { allowed, type FactorOverviewParts } from './factor-overview.ts';
import { go, keepNotice, takeNotice } from './notices.ts';
import { claimantOf, type Person, placeOf, shell } from './person.ts';
import { proofFields } from './proof.ts';
import { PAGE as CODES_PAGE, keepShown } from './recovery-codes.ts';

export interface FactorSetUpParts extends FactorOverviewParts, BindingProofParts {
  ownFactors: OwnFactors;
  shownCodes: ShownCodes;
}

/** A set-up that was allowed by password and code, and waits for the new method to be shown (S33). */
interface SetUp {
  /** The name of the method. */
  method: string;
  round: number;
  sealedSecret: string;
  /** What was proved when it was begun. */
  proofs: Proofs;
  /** Of the browser that began it. */
  mark: string;
}

const KIND = 'FactorSetUp';
const LIFE_SECONDS = 900;

function pageOf({ name }: Method): string {
  return `/account/second-factor/set-up/${name}`;
}

/** The method of the address, where this person may set it up. */
export function methodOfPage(parts: FactorSetUpParts, person: Person): Method | undefined {
  return allowed(parts, person).find(({ name }) => name === person.ctx.params.method);
}

async function setUpOf(parts: FactorSetUpParts, person: Person, method: Method) {
  const { ephemeral, clock } = parts;
  const stored = await ephemeral.get(KIND, placeOf(person, 'set-up'), clock.now());
  const found = stored && (JSON.parse(stored.value) as SetUp);
  // Begun for another method, or for what the account held before: it is over.
  const isLive = found?.method === method.name && found.round === person.account.secondFactor.round;
  return isLive && isBegunHere(parts, person.ctx, found.mark) ? found : undefined;
}

async function beginSetUp(
  parts: FactorSetUpParts,
  person: Person,
  method: Method,
  proofs: Proofs,
): Promise<void> {
  const { ephemeral, clock } = parts;
  const { account } = person;
  const setUp: SetUp = {
    method: method.name,
    proofs,
    mark: markHere(parts, person.ctx),
    round: account.secondFactor.round,
    sealedSecret: method.begin?.(parts, account) ?? '',
  };
  const now = clock.now();
  const record = {
    value: JSON.stringify(setUp),
    expiresAt: now + LIFE_SECONDS,
    sets: { account: account.id },
  };
  await ephemeral.put(KIND, placeOf(person, 'set-up'), record, now);
}

/** What the page of a set-up shows that was begun: the same as at the sign-in. */
function dataOf(parts: FactorSetUpParts, person: Person, method: Method, { sealedSecret }: SetUp) {
  const { account, tenant } = person;
  const at = { place: placeOf(person, 'set-up'), account, tenant, secret: sealedSecret };
  return method.setUpPage(parts, at);
}

/** `GET /account/second-factor/set-up/:method`: who it is first, then the method itself. */
export async function showSetUp(parts: FactorSetUpParts, person: Person, method: Method): Promise<void> {
  const { ctx } = person;
  const setUp = await setUpOf(parts, person, method);
  const page = pageOf(method);
  markHere(parts, person.ctx);
  parts.pages.render(ctx, 'account/factor-set-up', {
    title: `factor.setUp.${method.name}`,
    step: 'account',
    ...shell(person),
    method: method.name,
    finish: `${page}/finish`,
    send: '/account/mail-code',
    isBegun: setUp !== undefined,
    notice: await takeNotice(parts, person),
    ...(setUp ? await dataOf(parts, person, method, setUp) : await proofFields(parts, person, page)),
    page,
  });
}

/** `POST /account/second-factor/set-up/:method` */
export async function submitStart(parts: FactorSetUpParts, person: Person, method: Method): Promise<boolean> {
  const proved = await proofsOf(parts, person);
  if ('notice' in proved) await keepNotice(parts, person, proved.notice);
  else {
    await beginSetUp(parts, person, method, proved.proofs);
    const at = { place: placeOf(person, 'set-up'), account: person.account };
    await method.send?.(parts, at, 'set-up');
  }
  go(person, pageOf(method));
  // Without a code nothing was spent: it may be begun again as it was.
  return !('notice' in proved) && proved.proofs.hasFactor;
}

/** `POST /account/second-factor/set-up/:method/finish` */
export async function submitFinish(
  parts: FactorSetUpParts,
  person: Person,
  method: Method,
): Promise<boolean> {
  const page = pageOf(method);
  const setUp = await setUpOf(parts, person, method);
  const open = () => {
    go(person, page);
    return false;
  };
  if (!setUp) return open();
  const { proofs, sealedSecret } = setUp;
  const outcome = await parts.ownFactors.bind(
    { ...claimantOf(parts, person), at: 'own-pages', proofs },
    { method, from: 'method', place: placeOf(person, 'set-up'), secret: sealedSecret },
    typedFactor(person.ctx.state.form),
  );
  if ('refused' in outcome) {
    const { refused } = outcome;
    await keepNotice(parts, person, refused === 'elsewhere' ? 'factor-changed-elsewhere' : refused);
    return open();
  }
  await parts.ephemeral.remove(KIND, placeOf(person, 'set-up'));
  const { proved, recoveryCodes } = outcome.bound;
  if (standsForPassword(proved.by)) parts.cookies.passkey.set(person.ctx, '1');
  if (recoveryCodes) {
    await keepShown(parts, person, recoveryCodes);
    go(person, CODES_PAGE);
    return true;
  }
  await keepNotice(parts, person, 'factor-bound');
  go(person, '/account/second-factor');
  return true;
}
