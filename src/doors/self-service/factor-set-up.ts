import {
  type Method,
  maskedAddress,
  type ShownCodes,
  secretToAdd,
  type TotpSecrets,
} from '../../capabilities/second-factor/index.ts';
import { typedName } from '../../foundation/base/index.ts';
import { formFields, isBegunHere, markHere, qrCode } from '../../foundation/web/index.ts';
import type { Binding, OwnFactors, Proofs } from '../../use-cases/credentials/index.ts';
import { type BindingProofParts, proofsOf } from './binding-proof.ts';
import { allowed, type FactorOverviewParts } from './factor-overview.ts';
import { type AccountNotice, go, keepNotice, takeNotice } from './notices.ts';
import { doorOf, type Person, placeOf, shell } from './person.ts';
import { proofFields } from './proof.ts';
import { PAGE as CODES_PAGE, keepShown } from './recovery-codes.ts';

export interface FactorSetUpParts extends FactorOverviewParts, BindingProofParts {
  ownFactors: OwnFactors;
  totp: TotpSecrets;
  shownCodes: ShownCodes;
}

/** A set-up that was allowed by password and code, and waits for the new method to be shown (S33). */
interface SetUp {
  method: Method;
  round: number;
  sealedSecret: string;
  /** What was proved when it was begun. */
  proofs: Proofs;
  /** Of the browser that began it. */
  mark: string;
}

const KIND = 'FactorSetUp';
const LIFE_SECONDS = 900;

/** The method of the address, where this person may set it up. */
export function methodOfPage(parts: FactorSetUpParts, person: Person): Method | undefined {
  return allowed(parts, person).find((method) => method === person.ctx.params.method);
}

async function setUpOf(parts: FactorSetUpParts, person: Person, method: Method) {
  const { ephemeral, clock } = parts;
  const stored = await ephemeral.get(KIND, placeOf(person, 'set-up'), clock.now());
  const found = stored && (JSON.parse(stored.value) as SetUp);
  // Begun for another method, or for what the account held before: it is over.
  const isLive = found?.method === method && found.round === person.account.secondFactor.round;
  return isLive && isBegunHere(parts, person.ctx, found.mark) ? found : undefined;
}

async function beginSetUp(
  parts: FactorSetUpParts,
  person: Person,
  method: Method,
  proofs: Proofs,
): Promise<void> {
  const { ephemeral, clock, totp } = parts;
  const { account } = person;
  const setUp: SetUp = {
    method,
    proofs,
    mark: markHere(parts, person.ctx),
    round: account.secondFactor.round,
    sealedSecret: method === 'app' ? totp.make(account).sealed : '',
  };
  const now = clock.now();
  const record = {
    value: JSON.stringify(setUp),
    expiresAt: now + LIFE_SECONDS,
    sets: { account: account.id },
  };
  await ephemeral.put(KIND, placeOf(person, 'set-up'), record, now);
}

async function appData({ totp }: FactorSetUpParts, { account, tenant }: Person, sealed: string) {
  const shown = secretToAdd(totp.reveal(account, sealed), tenant, account.userName);
  return { ...shown, qr: await qrCode(shown.uri) };
}

async function dataOf(parts: FactorSetUpParts, person: Person, setUp: SetUp) {
  const { account, tenant } = person;
  const place = placeOf(person, 'set-up');
  if (setUp.method === 'app') return appData(parts, person, setUp.sealedSecret);
  if (setUp.method === 'mail') {
    const { sentAt, isLive } = await parts.mailedCodes.state(place);
    return {
      mailedTo: maskedAddress(account.email ?? ''),
      isMailed: sentAt > 0,
      isMailLive: isLive,
      isMailDelayed: await parts.mail.isDelayed(),
    };
  }
  const challenge = await parts.challenges.of(place);
  return { options: JSON.stringify(await parts.passkeys.creationOptions(account, tenant.name, challenge)) };
}

/** `GET /account/second-factor/set-up/:method`: who it is first, then the method itself. */
export async function showSetUp(parts: FactorSetUpParts, person: Person, method: Method): Promise<void> {
  const { ctx } = person;
  const setUp = await setUpOf(parts, person, method);
  const page = `/account/second-factor/set-up/${method}`;
  markHere(parts, person.ctx);
  parts.pages.render(ctx, 'account/factor-set-up', {
    title: `factor.setUp.${method}`,
    step: 'account',
    ...shell(person),
    method,
    isBegun: setUp !== undefined,
    notice: await takeNotice(parts, person),
    ...(setUp ? await dataOf(parts, person, setUp) : await proofFields(parts, person, page)),
    page,
  });
}

/** `POST /account/second-factor/set-up/:method` */
export async function submitStart(parts: FactorSetUpParts, person: Person, method: Method): Promise<boolean> {
  const proved = await proofsOf(parts, person);
  if ('notice' in proved) await keepNotice(parts, person, proved.notice);
  else {
    await beginSetUp(parts, person, method, proved.proofs);
    const { email } = person.account;
    if (method === 'mail' && email !== null)
      await parts.mailedCodes.send(placeOf(person, 'set-up'), person.account, email);
  }
  go(person, `/account/second-factor/set-up/${method}`);
  // Without a code nothing was spent: it may be begun again as it was.
  return !('notice' in proved) && proved.proofs.hasFactor;
}

async function bind(
  parts: FactorSetUpParts,
  person: Person,
  setUp: SetUp,
): Promise<Binding | { notice: AccountNotice }> {
  const { form } = person.ctx.state;
  const { code, name } = formFields(form, ['code', 'name']);
  const door = { ...doorOf(parts, person), at: 'own-pages', proofs: setUp.proofs } as const;
  const place = placeOf(person, 'set-up');
  if (setUp.method === 'passkey') {
    const challenge = await parts.challenges.spend(place);
    if (challenge === undefined) return { notice: 'passkey-refused' };
    const binding = await parts.ownFactors.bindPasskey(door, form.get('passkey') ?? '', challenge, name);
    return 'refused' in binding && binding.refused === 'wrong' ? { notice: 'passkey-refused' } : binding;
  }
  if (typedName(code) === '') return { notice: 'no-code' };
  return setUp.method === 'mail'
    ? parts.ownFactors.bindMail(door, place, code)
    : parts.ownFactors.bindApp(door, setUp.sealedSecret, code, 'app');
}

/** `POST /account/second-factor/set-up/:method/finish` */
export async function submitFinish(
  parts: FactorSetUpParts,
  person: Person,
  method: Method,
): Promise<boolean> {
  const page = `/account/second-factor/set-up/${method}`;
  const setUp = await setUpOf(parts, person, method);
  const open = () => {
    go(person, page);
    return false;
  };
  if (!setUp) return open();
  const outcome = await bind(parts, person, setUp);
  if ('notice' in outcome) await keepNotice(parts, person, outcome.notice);
  else if ('refused' in outcome)
    await keepNotice(parts, person, outcome.refused === 'wrong' ? 'wrong-code' : 'factor-changed-elsewhere');
  if (!('bound' in outcome)) return open();
  await parts.ephemeral.remove(KIND, placeOf(person, 'set-up'));
  if (method === 'passkey') parts.cookies.passkey.set(person.ctx, '1');
  const { recoveryCodes } = outcome.bound;
  if (recoveryCodes) {
    await keepShown(parts, person, recoveryCodes);
    go(person, CODES_PAGE);
    return true;
  }
  await keepNotice(parts, person, 'factor-bound');
  go(person, '/account/second-factor');
  return true;
}
