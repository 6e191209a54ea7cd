import { recoveryCodesLeft, type ShownCodes } from '../../capabilities/second-factor/index.ts';
import { isBegunHere, markHere, sendTextFile } from '../../foundation/web/index.ts';
import type { OwnFactors } from '../../use-cases/credentials/index.ts';
import { type BindingProofParts, proofsOf } from './binding-proof.ts';
import type { FactorOverviewParts } from './factor-overview.ts';
import { go, keepNotice, takeNotice } from './notices.ts';
import { claimantOf, type Person, placeOf, shell } from './person.ts';
import { proofFields } from './proof.ts';

export interface RecoveryCodeParts extends FactorOverviewParts, BindingProofParts {
  ownFactors: OwnFactors;
  shownCodes: ShownCodes;
}

const KIND = 'ShownCodes';
const SHOWN_SECONDS = 600;
export const PAGE = '/account/second-factor/recovery-codes';

interface Kept {
  sealed: string;
  /** Of the browser that made them. */
  mark: string;
}

/** Keeps new codes until the person has read them: sealed, for this session in this browser, ten minutes at most. */
export async function keepShown(
  parts: Pick<RecoveryCodeParts, 'ephemeral' | 'shownCodes' | 'clock' | 'cookies'>,
  person: Person,
  codes: readonly string[],
): Promise<void> {
  const { ephemeral, shownCodes, clock } = parts;
  const now = clock.now();
  const place = placeOf(person, 'codes');
  const record = {
    value: JSON.stringify({
      sealed: shownCodes.seal(place, codes),
      mark: markHere(parts, person.ctx),
    } satisfies Kept),
    expiresAt: now + SHOWN_SECONDS,
    sets: { account: person.account.id },
  };
  await ephemeral.put(KIND, place, record, now);
}

async function shown(parts: RecoveryCodeParts, person: Person) {
  const { ephemeral, shownCodes, clock } = parts;
  const place = placeOf(person, 'codes');
  const record = await ephemeral.get(KIND, place, clock.now());
  const kept = record && (JSON.parse(record.value) as Kept);
  return kept && isBegunHere(parts, person.ctx, kept.mark) ? shownCodes.open(place, kept.sealed) : [];
}

/** Whether the site gives codes, and there is a factor that they could stand for. */
export function hasRecoveryCodes({ account, tenant }: Person): boolean {
  return account.secondFactor.status === 'active' && tenant.policy.secondFactor.recoveryCodes !== null;
}

/** `GET …/recovery-codes`: new codes where there are any to read, else how many are left (MFA-10). */
export async function showRecoveryCodes(parts: RecoveryCodeParts, person: Person): Promise<void> {
  const { account, ctx } = person;
  markHere(parts, person.ctx);
  const codes = await shown(parts, person);
  const { secondFactor } = account;
  parts.pages.render(ctx, 'account/recovery-codes', {
    title: 'recovery-codes.title',
    step: 'account',
    ...shell(person),
    codes,
    notice: await takeNotice(parts, person),
    left: recoveryCodesLeft(secondFactor),
    used: (secondFactor.recoveryCodes?.hashes.length ?? 0) - recoveryCodesLeft(secondFactor),
    ...(codes.length > 0 ? {} : await proofFields(parts, person, PAGE)),
  });
}

/** `POST …/recovery-codes`: new codes; the former ones are void at once. */
export async function submitNewCodes(parts: RecoveryCodeParts, person: Person): Promise<boolean> {
  const proved = await proofsOf(parts, person);
  let isMade = false;
  if ('notice' in proved) await keepNotice(parts, person, proved.notice);
  else {
    const claimant = { ...claimantOf(parts, person), at: 'own-pages', proofs: proved.proofs } as const;
    // Spending a recovery code is no new round; any other change meanwhile is.
    const codes = await parts.ownFactors.newRecoveryCodes(claimant);
    isMade = codes !== undefined;
    if (codes) await keepShown(parts, person, codes);
    else await keepNotice(parts, person, 'factor-changed-elsewhere');
  }
  go(person, PAGE);
  return isMade;
}

/** `POST …/recovery-codes/read`: from now on only their number is shown (D10). */
export async function submitRead({ ephemeral }: RecoveryCodeParts, person: Person): Promise<void> {
  await ephemeral.remove(KIND, placeOf(person, 'codes'));
  go(person, '/account/second-factor');
}

/** `POST …/recovery-codes/file` */
export async function downloadCodes(parts: RecoveryCodeParts, person: Person): Promise<void> {
  const codes = await shown(parts, person);
  if (codes.length === 0) return go(person, PAGE);
  const { account, tenant } = person;
  const text = parts.pages.say('recovery-codes.file', {
    userName: account.userName,
    tenant: tenant.name,
    codes: codes.join('\n'),
  });
  sendTextFile(person.ctx, 'recovery-codes.txt', text);
}
