import QRCode from 'qrcode';
import type { Account } from '../accounts/index.ts';
import { totpUri } from '../second-factor/index.ts';
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

function passwordPage({ attempt, interaction }: Walk): PageData {
  return {
    isAgent: attempt.population === 'agent',
    asksClientCode: interaction.application.tenantId === null,
    clientCode: attempt.who?.clientCode ?? '',
    userName: attempt.who?.userName ?? interaction.loginHint ?? '',
    canPick: interaction.application.population === 'any',
  };
}

function changePage({ attempt, account, policy, tenant }: Walk): PageData {
  return {
    problems: attempt.problems,
    isAgent: account?.population === 'agent',
    userName: account?.userName,
    minimum: policy.password.minLength,
    tenantName: tenant?.name,
  };
}

async function dataOf(parts: SignInParts, walk: Walk): Promise<PageData> {
  switch (walk.step) {
    case 'password':
      return passwordPage(walk);
    case 'activate':
      return activation(parts, walk);
    case 'change-password':
      return changePage(walk);
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
