import type { Account, Authenticator } from '../../accounts/index.ts';
import type { AnswerMethod } from './method.ts';

/** A WebAuthn credential (MFA-16). */
export interface PasskeyAuthenticator extends Authenticator {
  kind: 'passkey';
  /** base64url, as in WebAuthn. */
  credentialId: string;
  /** COSE key, base64url. */
  publicKey: string;
  /** The signature counter as last seen; 0 from authenticators that have none. */
  counter: number;
  transports: readonly string[];
  /** It may be on several devices of the person (RFC 8176: `swk`), or is only on one (`hwk`). */
  isSynced: boolean;
  /** What the person calls it. */
  name: string;
}

function isPasskey(one: Authenticator): one is PasskeyAuthenticator {
  return one.kind === passkey.kind;
}

export function passkeysOf({ secondFactor }: Pick<Account, 'secondFactor'>): PasskeyAuthenticator[] {
  return secondFactor.authenticators.filter(isPasskey);
}

export const passkey: AnswerMethod = {
  name: 'passkey',
  kind: 'passkey',
  said: 'passkey',
  // As many as anybody has devices.
  most: 10,
  isReplaceable: false,
  needsMail: false,
  takesSlips: false,
  proof: 'answer',
  field: 'passkey',
  refusal: 'passkey-refused',
  amr: ({ isSynced }) => (isSynced ? 'swk' : 'hwk'),
  traits: (one) => (isPasskey(one) ? { isSynced: one.isSynced } : {}),
  nameOf: (one) => (isPasskey(one) ? one.name : ''),
  async setUpPage(tools, { account, tenant, place }) {
    const challenge = await tools.challenges.of(place);
    return { options: JSON.stringify(await tools.passkeys.creationOptions(account, tenant.name, challenge)) };
  },
  async proofPage(tools, { account, place }) {
    const challenge = await tools.challenges.of(place);
    return { options: JSON.stringify(await tools.passkeys.requestOptions(account, challenge)) };
  },
  async created(tools, account, { text, name, challenge }) {
    const made = await tools.passkeys.created(text, challenge, name);
    const isKnown = passkeysOf(account).some(({ credentialId }) => credentialId === made?.credentialId);
    return isKnown ? undefined : made;
  },
  async judge(tools, account, { text, challenge }, mustVerifyPerson) {
    const { verdict, passkey: held } = await tools.passkeys.verify(
      account,
      text,
      challenge,
      mustVerifyPerson,
    );
    return { verdict, held };
  },
};
