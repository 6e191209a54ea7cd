// second-factor: who must have one, what may be set up, judging codes and passkeys, and browsers that need no code for some days.
// Not here: how many tries are left (lockout), changes and who is told (credentials, administration), which page comes next (sign-in).

export { type Challenges, createChallenges } from './challenges.ts';
export { revoked, withAuthenticator, withoutAuthenticator } from './changes.ts';
export { grouped, readTyped } from './codes.ts';
export { createKeptCodes, type KeptCodes, recoveryCodesLeft } from './kept-codes.ts';
export { createMailedCodes, type MailedCodes, type MailedState } from './mailed-codes.ts';
export {
  type Answer,
  amrOf,
  answerIn,
  mayComeFirst,
  maySlipBeMade,
  methodOf,
  methodOfSlips,
  methodSaid,
  methods,
  standsForPassword,
} from './methods/index.ts';
export type { Method, MethodTools, PageData, Traits } from './methods/method.ts';
export { passkeysOf } from './methods/passkey.ts';
export { createPasskeys, type PasskeyOptions, type Passkeys } from './passkeys.ts';
export {
  type FactorDuty,
  factorDuty,
  maySetUp,
  mayTurnOff,
  methodsOf,
  methodsToSetUp,
  modeFor,
  mustHaveFactor,
  statusWithout,
} from './policy.ts';
export {
  createSecondFactors,
  type JudgedCode,
  type SecondFactors,
} from './second-factor.ts';
export { createShownCodes, type ShownCodes } from './shown-codes.ts';
export { judgeCode, newTotpSecret, secretToAdd, timeStepAt, totpUri } from './totp.ts';
export { type CodeVerdict, createTotpSecrets, isTotpSecret, type TotpSecrets } from './totp-secrets.ts';
export {
  createTrustedBrowsers,
  type TrustedBrowser,
  type TrustedBrowsers,
  trustEndsAt,
} from './trusted-browsers.ts';
