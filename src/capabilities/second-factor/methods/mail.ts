import type { Account, Authenticator } from '../../accounts/index.ts';
import { maskedAddress } from '../codes.ts';
import type { CodeMethod, MethodTools, PageData } from './method.ts';

/**
 * A mailbox that was shown to be the person's own: codes go there, no matter what address the account has later
 * (MFA-9).
 */
export interface MailAuthenticator extends Authenticator {
  kind: 'mail';
  email: string;
}

function isMailbox(one: Authenticator): one is MailAuthenticator {
  return one.kind === mail.kind;
}

function addressOf({ email, secondFactor }: Account, purpose: 'set-up' | 'proof'): string | undefined {
  return purpose === 'set-up' ? (email ?? undefined) : secondFactor.authenticators.find(isMailbox)?.email;
}

async function page(tools: MethodTools, address: string | undefined, place: string): Promise<PageData> {
  if (address === undefined) return {};
  const { sentAt, isLive, isUsedUp } = await tools.mailedCodes.state(place);
  const isMailed = sentAt > 0;
  return {
    lead: isMailed ? mail.name : 'mailFirst',
    mailedTo: maskedAddress(address),
    isMailed,
    isMailLive: isLive,
    isMailUsedUp: isUsedUp,
    isMailDelayed: await tools.mail.isDelayed(),
  };
}

export const mail: CodeMethod = {
  name: 'mail',
  kind: 'mail',
  said: 'mailed-code',
  most: 1,
  isReplaceable: false,
  needsMail: true,
  takesSlips: false,
  proof: 'code',
  refusal: 'wrong-code',
  amr: () => 'otp',
  setUpPage: (tools, { account, place }) => page(tools, addressOf(account, 'set-up'), place),
  proofPage: (tools, { account, place }) => page(tools, addressOf(account, 'proof'), place),
  async send(tools, { place, account }, purpose) {
    const address = addressOf(account, purpose);
    return address === undefined ? undefined : tools.mailedCodes.send(place, account, address);
  },
  wasSent: async (tools, place) => (await tools.mailedCodes.state(place)).sentAt > 0,
  spendNew: (tools, { account, place }, digits) => tools.mailedCodes.spend(place, account, digits),
  authenticator: (tools, { account }) => tools.mailedCodes.authenticator(account.email ?? ''),
  async spend(tools, account, digits, { mailed }) {
    const has = account.secondFactor.authenticators.some(isMailbox);
    return has && mailed !== undefined ? tools.mailedCodes.spend(mailed, account, digits) : undefined;
  },
};
