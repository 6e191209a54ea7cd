import type { Audit } from '../../capabilities/audit/index.ts';
import { keptTogether, type Sessions } from '../../capabilities/credential-events/index.ts';
import { mayTurnOff, methodOf, methods } from '../../capabilities/second-factor/index.ts';
import { visitorOf } from '../../foundation/web/index.ts';
import type { OwnFactors } from '../../use-cases/credentials/index.ts';
import type { FactorOverviewParts } from './factor-overview.ts';
import { go, keepNotice, takeNotice } from './notices.ts';
import { claimantOf, type Person, placeOf, shell } from './person.ts';
import { proofFields, proofMissing } from './proof.ts';

export interface FactorChangeParts extends FactorOverviewParts {
  ownFactors: OwnFactors;
  sessions: Sessions;
  audit: Audit;
}

const PAGE = '/account/second-factor';

/** What the address names, where the person may turn it off (MFA-1). */
function doomed({ ctx, account, tenant }: Person) {
  const found = account.secondFactor.authenticators.find(({ id }) => id === ctx.params.id);
  return found && mayTurnOff(account, tenant.policy) ? found : undefined;
}

/** `GET /account/second-factor/turn-off/:id` */
export async function showTurnOff(parts: FactorChangeParts, person: Person): Promise<void> {
  const found = doomed(person);
  if (!found) return go(person, PAGE);
  const { account, ctx } = person;
  const page = `${PAGE}/turn-off/${found.id}`;
  parts.pages.render(ctx, 'account/factor-turn-off', {
    title: 'factor.turnOff.title',
    step: 'account',
    ...shell(person),
    method: methodOf(found.kind)?.name ?? found.kind,
    name: methodOf(found.kind)?.nameOf?.(found) ?? '',
    isLast: account.secondFactor.authenticators.length === 1,
    notice: await takeNotice(parts, person),
    ...(await proofFields(parts, person, page)),
  });
}

/** `POST /account/second-factor/turn-off/:id`: with a code of any active method (MFA-5). */
export async function submitTurnOff(parts: FactorChangeParts, person: Person): Promise<void> {
  const found = doomed(person);
  if (!found) return go(person, PAGE);
  const claimant = claimantOf(parts, person);
  const notice = await proofMissing(parts, person, claimant);
  if (notice) {
    await keepNotice(parts, person, notice);
    return go(person, `${PAGE}/turn-off/${found.id}`);
  }
  // What a code or passkey left behind in the document is not what was asked about: the round is.
  const changed = await parts.ownFactors.turnOff(claimant, found.id);
  await keepNotice(parts, person, changed ? 'factor-removed' : 'factor-changed-elsewhere');
  go(person, PAGE);
}

/** Where a code may be asked for, to come back to; anything else is not followed. */
const PAGES = new RegExp(
  `^/account/(?:password|second-factor/(?:recovery-codes|set-up/(?:${methods.map(({ name }) => name).join('|')})|turn-off/[0-9a-f-]{36}))$`,
);

/** `POST /account/mail-code`: for the form that asks for one, or to set the method up. */
export async function submitMailCode(parts: FactorChangeParts, person: Person): Promise<void> {
  const { form } = person.ctx.state;
  const wanted = form.get('page') ?? '';
  const page = PAGES.test(wanted) ? wanted : PAGE;
  const purpose = form.get('purpose') === 'set-up' ? 'set-up' : 'proof';
  const at = { place: placeOf(person, purpose), account: person.account };
  const sent = await methods.find(({ send }) => send)?.send?.(parts, at, purpose);
  if (sent) await keepNotice(parts, person, sent === 'sent' ? 'code-sent' : `code-${sent}`);
  go(person, page);
}

/** `POST /account/trusted-browsers`: ends one, or all (MFA-13). */
export async function submitEndTrust(parts: FactorChangeParts, person: Person): Promise<void> {
  const { ctx, account, tenant } = person;
  const ended = await parts.trustedBrowsers.end(account, ctx.state.form.get('id') ?? '');
  if (ended > 0) {
    await parts.audit.write({
      type: 'trust.ended',
      outcome: 'success',
      actor: account.id,
      tenantId: tenant.id,
      accountId: account.id,
      ...visitorOf(ctx),
      detail: { ended },
    });
    await keepNotice(parts, person, 'trust-ended');
  }
  go(person, PAGE);
}

/** `POST /account/other-sessions`: ends everything that the account is signed in with elsewhere (S35). */
export async function submitEndOthers(parts: FactorChangeParts, person: Person): Promise<void> {
  const { ctx, account, session } = person;
  const token = parts.cookies.trust.read(ctx);
  const trust = parts.trustedBrowsers.keeping(token, person);
  const changed = await parts.sessions.credentialEvent({
    accountId: account.id,
    kind: 'other-sessions-ended',
    change: (current) => current,
    context: { actor: account.id, ...visitorOf(ctx) },
    keep: { member: person, session: keptTogether([session.kept, trust]) },
  });
  await keepNotice(parts, person, changed ? 'others-ended' : 'factor-changed-elsewhere');
  go(person, ctx.state.form.get('page') === 'sessions' ? '/account/sessions' : PAGE);
}
