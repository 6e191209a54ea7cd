import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { type Clock, newId, typedName } from '../../foundation/base/index.ts';
import type { Account, Accounts } from '../accounts/index.ts';
import { type PasskeyAuthenticator, passkeysOf } from './methods/passkey.ts';
import type { CodeVerdict } from './totp-secrets.ts';

/** What a browser is asked for, as WebAuthn has it in JSON (Web Authentication, section 5.1.10). */
export type PasskeyOptions = object;

export interface PasskeyProof {
  verdict: CodeVerdict;
  passkey: PasskeyAuthenticator | undefined;
}

/** Passkeys (WebAuthn): challenges are the caller's, who spends each before its answer is judged (MFA-16). */
export interface Passkeys {
  /** @param challenge 256 random bits as base64url */
  creationOptions(account: Account, siteName: string, challenge: string): Promise<PasskeyOptions>;
  /** @returns the new passkey, or undefined for an answer that is not to this challenge, from this origin, or sound */
  created(answer: string, challenge: string, name: string): Promise<PasskeyAuthenticator | undefined>;
  /** @param account whose passkeys will do; undefined: the browser says whose it is, and verifies the person */
  requestOptions(account: Account | undefined, challenge: string): Promise<PasskeyOptions>;
  /** The account that an answer names by its user handle, and the credential; nothing of it is verified yet. */
  claimOf(answer: string): { accountId: string; credentialId: string } | undefined;
  /** Judges an answer, and keeps the counter that it rose to. @param mustVerifyPerson by PIN or finger: without a password */
  verify(
    account: Account,
    answer: string,
    challenge: string,
    mustVerifyPerson: boolean,
  ): Promise<PasskeyProof>;
}

/** EdDSA, ES256, RS256. */
const ALGORITHMS = [-8, -7, -257];
const ACCOUNT_ID = /^[0-9a-f-]{36}$/;
const MAX_NAME = 40;
const MAX_ANSWER = 16_384;

/** Loaded when first needed: few people sign in with one, and its certificates weigh on every start. */
const library = () => import('@simplewebauthn/server');

function parsed<T>(answer: string): T | undefined {
  try {
    return answer.length > MAX_ANSWER ? undefined : (JSON.parse(answer) as T);
  } catch {
    return undefined;
  }
}

const NONE: PasskeyProof = { verdict: 'wrong', passkey: undefined };

function descriptors(account: Account) {
  return passkeysOf(account).map(({ credentialId, transports }) => ({
    id: credentialId,
    transports: [...transports],
  }));
}

export function createPasskeys(parts: { accounts: Accounts; clock: Clock; issuer: string }): Passkeys {
  const { accounts, clock, issuer } = parts;
  const { hostname: rpID, origin: expectedOrigin } = new URL(issuer);
  const expected = { expectedOrigin, expectedRPID: rpID };
  const bytes = (challenge: string) => Buffer.from(challenge, 'base64url');

  /** The counter only rises: two answers with one value are of a copied authenticator, or a replay. */
  const rise = async (account: Account, id: string, counter: number): Promise<boolean> => {
    let rose = false;
    await accounts.update(account.id, (current) => {
      const { authenticators } = current.secondFactor;
      const known = passkeysOf(current).find((one) => one.id === id);
      rose = known !== undefined && (counter > known.counter || (counter === 0 && known.counter === 0));
      if (!rose || counter === known?.counter) return undefined;
      const next = authenticators.map((one) => (one.id === id ? { ...one, counter } : one));
      return { ...current, secondFactor: { ...current.secondFactor, authenticators: next } };
    });
    return rose;
  };

  return {
    async creationOptions(account, siteName, challenge) {
      const { generateRegistrationOptions } = await library();
      return generateRegistrationOptions({
        rpName: siteName,
        rpID,
        userName: account.userName,
        userDisplayName: account.name ?? account.userName,
        userID: Buffer.from(account.id),
        challenge: bytes(challenge),
        excludeCredentials: descriptors(account),
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
        supportedAlgorithmIDs: ALGORITHMS,
      });
    },

    async created(answer, challenge, name) {
      const response = parsed<RegistrationResponseJSON>(answer);
      if (!response) return undefined;
      const { verifyRegistrationResponse } = await library();
      // The library throws on any answer that is not sound: the reasons are not worth telling apart.
      const result = await verifyRegistrationResponse({
        ...expected,
        response,
        expectedChallenge: challenge,
        requireUserVerification: false,
        supportedAlgorithmIDs: ALGORITHMS,
      }).catch(() => undefined);
      if (!result?.verified) return undefined;
      const { credential, credentialDeviceType } = result.registrationInfo;
      return {
        id: newId(),
        kind: 'passkey',
        credentialId: credential.id,
        publicKey: Buffer.from(credential.publicKey).toString('base64url'),
        counter: credential.counter,
        transports: (credential.transports ?? []).slice(0, 8),
        isSynced: credentialDeviceType === 'multiDevice',
        name: typedName(name).slice(0, MAX_NAME),
        boundAt: clock.now(),
      };
    },

    async requestOptions(account, challenge) {
      const { generateAuthenticationOptions } = await library();
      return generateAuthenticationOptions({
        rpID,
        challenge: bytes(challenge),
        ...(account
          ? { allowCredentials: descriptors(account), userVerification: 'preferred' }
          : { userVerification: 'required' }),
      });
    },

    claimOf(answer) {
      const response = parsed<AuthenticationResponseJSON>(answer);
      const handle = response?.response?.userHandle;
      const id = typeof handle === 'string' ? Buffer.from(handle, 'base64url').toString('utf8') : '';
      const isWhole = ACCOUNT_ID.test(id) && typeof response?.id === 'string';
      return isWhole ? { accountId: id, credentialId: response.id } : undefined;
    },

    async verify(account, answer, challenge, mustVerifyPerson) {
      const response = parsed<AuthenticationResponseJSON>(answer);
      const passkey = passkeysOf(account).find(({ credentialId }) => credentialId === response?.id);
      if (!response || !passkey) return NONE;
      const { verifyAuthenticationResponse } = await library();
      const result = await verifyAuthenticationResponse({
        ...expected,
        response,
        expectedChallenge: challenge,
        requireUserVerification: mustVerifyPerson,
        credential: {
          id: passkey.credentialId,
          publicKey: Buffer.from(passkey.publicKey, 'base64url'),
          // Held against the newest one below: this document may be older.
          counter: 0,
          transports: [...passkey.transports],
        },
      }).catch(() => undefined);
      if (!result?.verified) return NONE;
      const rose = await rise(account, passkey.id, result.authenticationInfo.newCounter);
      return { verdict: rose ? 'accepted' : 'replayed', passkey };
    },
  };
}
