import { reasonTo } from '../../capabilities/account-state/index.ts';
import { ADMIN_SCOPE } from '../../capabilities/applications/index.ts';
import { mayComeFirst, type PageData } from '../../capabilities/second-factor/index.ts';
import type { Tenant } from '../../capabilities/tenants/index.ts';
import type { ToGrant } from '../oidc/index.ts';
import { mayChangeHere } from './change-step.ts';
import { firstPlaceOf } from './claimant.ts';
import { activationPage, codePage, recoveryPage } from './factor-pages.ts';
import type { SignInParts } from './parts.ts';
import type { SignInRequest } from './sign-in-request.ts';

/**
 * Where a person may ask for a link, or empty. If the person types the client code, the link is shown even if the
 * site does not allow it: the page tells nothing of a site to those who only know its code (S17, TEN-1).
 */
function forgottenLink(
  { mail }: SignInParts,
  population: string,
  client: string | undefined,
  fixed: Tenant | undefined,
): string {
  if (!mail.isConfigured || fixed?.policy.password.forgottenByMail === false) return '';
  const query = new URLSearchParams({ population, ...(client ? { client } : {}) });
  return `/recover?${query}`;
}

/** Where the site of the application lets people in by it, or one was used in this browser: it is no use to others. */
async function passkeyPage(
  parts: SignInParts,
  request: SignInRequest,
  fixed: Tenant | undefined,
): Promise<PageData> {
  const isOffered =
    (fixed && mayComeFirst(fixed.policy)) ?? parts.cookies.passkey.read(request.ctx) !== undefined;
  if (!isOffered) return {};
  const options = await parts.passkeys.requestOptions(
    undefined,
    await parts.challenges.of(firstPlaceOf(request)),
  );
  return { options: JSON.stringify(options) };
}

async function passwordPage(parts: SignInParts, request: SignInRequest): Promise<PageData> {
  const { attempt, interaction } = request;
  const population = attempt.population ?? 'user';
  const { tenantId } = interaction.application;
  // Anybody may try codes at an agent link: its page knows no more of a site than the code (TEN-1).
  const { linkCode } = interaction;
  const isKnown = tenantId !== null && linkCode === undefined;
  const fixed = isKnown ? await parts.tenants.byId(tenantId) : undefined;
  return {
    isAgent: attempt.population === 'agent',
    isByEmail: fixed?.policy.signIn.identifiedBy === 'email',
    forgotten: forgottenLink(parts, population, fixed?.clientCode ?? linkCode, fixed),
    asksClientCode: interaction.application.tenantId === null,
    clientCode: attempt.who?.clientCode ?? '',
    userName: attempt.who?.userName ?? interaction.loginHint ?? '',
    canPick: interaction.application.population === 'any',
    ...(await passkeyPage(parts, request, fixed)),
  };
}

/** The forced change says first why it is due (PWD-9); the warned one how many days are left (PWD-14). */
function changePage(request: SignInRequest): PageData {
  const { attempt, account, reasons, daysToWarn, policy } = request;
  return {
    mayChangeHere: mayChangeHere(request),
    problems: attempt.problems,
    isAgent: account?.population === 'agent',
    userName: account?.userName,
    because: reasonTo('change-password', reasons),
    days: daysToWarn,
    expireAfterDays: policy.password.expireAfterDays,
  };
}

const TEN_SECONDS = 10;
const MINUTE = 60;

/** How long to wait in words, rounded up: seconds by tens, then whole minutes. */
function duration({ pages }: SignInParts, seconds: number): string {
  const left = Math.max(1, seconds);
  if (left <= MINUTE)
    return pages.say('time.seconds', { count: Math.ceil(left / TEN_SECONDS) * TEN_SECONDS });
  const minutes = Math.ceil(left / MINUTE);
  return minutes <= TEN_SECONDS
    ? pages.say(`time.minutes.${minutes}`)
    : pages.say('time.minutes.more', { minutes });
}

/** Every part of what a consent grants as a sentence, each once. */
function grantedInWords({ pages }: SignInParts, { scopes, claims, resources }: ToGrant): string[] {
  const ofResources = Object.entries(resources).flatMap(([resource, names]) =>
    names.map((scope) =>
      scope === ADMIN_SCOPE
        ? pages.say('consent.admin')
        : pages.say('consent.resourceScope', { resource, scope }),
    ),
  );
  return [
    ...scopes.map((scope) => pages.say(`consent.scope.${scope}`)),
    ...claims.map((claim) => pages.say(`consent.claim.${claim}`)),
    ...ofResources,
  ];
}

async function dataOf(parts: SignInParts, request: SignInRequest): Promise<PageData> {
  switch (request.step) {
    case 'password':
      return passwordPage(parts, request);
    case 'second-factor':
      return codePage(parts, request);
    case 'activate':
      return activationPage(parts, request);
    case 'recovery-codes':
      return recoveryPage(parts, request);
    case 'change-password':
    case 'expires-soon':
      return changePage(request);
    case 'wait':
      return { time: duration(parts, request.waitEnds - parts.clock.now()) };
    case 'locked':
      return { contactLine: request.policy.lockout.contactLine };
    case 'consent':
      return { granted: grantedInWords(parts, request.interaction.toGrant) };
    default:
      return {};
  }
}

/** Renders the step that the sign-in is at. */
export async function renderStep(parts: SignInParts, request: SignInRequest): Promise<void> {
  const { step, interaction, attempt, account, ctx } = request;
  parts.pages.render(ctx, `sign-in/${step}`, {
    title: `${step}.title`,
    step,
    base: `/sign-in/${interaction.uid}`,
    application: interaction.application.name,
    person: account?.userName ?? '',
    notice: attempt.notice,
    ...(await dataOf(parts, request)),
  });
}
