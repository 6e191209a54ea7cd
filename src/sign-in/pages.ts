import QRCode from 'qrcode';
import type { Account } from '../accounts/index.ts';
import { totpUri } from '../second-factor/index.ts';
import { reasonTo } from '../sessions/index.ts';
import type { Tenant } from '../tenants/index.ts';
import type { SignInParts } from './parts.ts';
import type { Walk } from './walk.ts';

type PageData = Record<string, unknown>;

/** The secret of this attempt: made at its first page, kept through reloads and wrong codes, void once a newer attempt makes one. */
async function secretOf(parts: SignInParts, walk: Walk, account: Account): Promise<string> {
  const { attempt, stored } = walk;
  if (attempt.activation) return parts.secondFactor.reveal(account, attempt.activation.sealedSecret);
  const { sealed, text } = parts.secondFactor.newSecret(account);
  await parts.attempts.claimActivation(account.id, attempt.uid);
  if (await parts.attempts.save(stored, { ...attempt, activation: { sealedSecret: sealed } })) return text;
  // Another tab of this attempt was first: show the one that counts.
  const other = (await parts.attempts.load(attempt.uid))?.attempt.activation;
  if (!other) throw new Error('the activation went away');
  return parts.secondFactor.reveal(account, other.sealedSecret);
}

async function activation(parts: SignInParts, walk: Walk): Promise<PageData> {
  const { account, tenant } = walk;
  if (!account || !tenant) throw new Error('nobody to activate for');
  const secret = await secretOf(parts, walk, account);
  const uri = totpUri(secret, tenant.name, account.userName);
  return {
    uri,
    secret: secret.replace(/(.{4})(?=.)/g, '$1 '),
    qr: `data:image/svg+xml;base64,${Buffer.from(await QRCode.toString(uri, { type: 'svg', margin: 2 })).toString('base64')}`,
  };
}

/**
 * Where a person may ask for a link, or empty. Where the client code is typed it is shown whatever the site allows: the page
 * tells nothing of a site to those who only know its code (S17, TEN-1).
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

async function passwordPage(parts: SignInParts, { attempt, interaction }: Walk): Promise<PageData> {
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
  };
}

/** The forced change says first why it is due (PWD-9); the warned one how many days are left (PWD-14). */
function changePage({ attempt, account, reasons, daysToWarn, policy }: Walk): PageData {
  return {
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

async function dataOf(parts: SignInParts, walk: Walk): Promise<PageData> {
  switch (walk.step) {
    case 'password':
      return passwordPage(parts, walk);
    case 'activate':
      return activation(parts, walk);
    case 'change-password':
    case 'expires-soon':
      return changePage(walk);
    case 'wait':
      return { time: duration(parts, walk.waitEnds - parts.clock.now()) };
    case 'locked':
      return { contactLine: walk.policy.lockout.contactLine };
    case 'consent':
      return { scopes: walk.interaction.scopes };
    default:
      return {};
  }
}

/** Renders the step that the walk is at. */
export async function renderStep(parts: SignInParts, walk: Walk): Promise<void> {
  const { step, interaction, attempt, account, ctx } = walk;
  // What is left when a connection broke between the last proof and the way back: one more button.
  const template = step === 'unmet' ? 'continue' : step;
  parts.pages.render(ctx, `sign-in/${template}`, {
    title: `${template}.title`,
    step: template,
    base: `/sign-in/${interaction.uid}`,
    application: interaction.application.name,
    person: account?.userName ?? '',
    notice: attempt.notice,
    ...(await dataOf(parts, walk)),
  });
}
