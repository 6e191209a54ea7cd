import type { Authenticator } from '../../accounts/index.ts';
import { secretToAdd } from '../totp.ts';
import type { CodeMethod } from './method.ts';

/** An authenticator app: its secret, sealed only for this account (MFA-2). */
export interface TotpAuthenticator extends Authenticator {
  kind: 'totp';
  sealedSecret: string;
}

function isTotp(one: Authenticator): one is TotpAuthenticator {
  return one.kind === totp.kind;
}

export const totp: CodeMethod = {
  name: 'app',
  kind: 'totp',
  said: 'totp',
  most: 1,
  isReplaceable: true,
  needsMail: false,
  takesSlips: true,
  proof: 'code',
  refusal: 'wrong-code',
  amr: () => 'otp',
  begin: (tools, account) => tools.totp.make(account).sealed,
  async setUpPage(tools, { account, tenant, secret }) {
    const shown = secretToAdd(tools.totp.reveal(account, secret), tenant, account.userName);
    // Loaded when a page needs it: the commands draw none.
    const { qrCode } = await import('../../../foundation/web/index.ts');
    return { ...shown, qr: await qrCode(shown.uri) };
  },
  proofPage: async () => ({ codeLabel: 'account.code', help: 'second-factor.helpClock' }),
  spendNew: (tools, { account, tenant, secret }, digits) =>
    tools.totp.spend(account, secret, digits, tenant.policy),
  authenticator: (tools, { secret }) => tools.totp.authenticator(secret),
  async spend(tools, account, digits, { policy }) {
    const app = account.secondFactor.authenticators.find(isTotp);
    return app && tools.totp.spend(account, app.sealedSecret, digits, policy);
  },
  reseal(tools, account, one) {
    const again = isTotp(one) ? tools.totp.reseal(account, one.sealedSecret) : undefined;
    return again === undefined ? undefined : ({ ...one, sealedSecret: again } as TotpAuthenticator);
  },
};
